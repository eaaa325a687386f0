"""What a team says when what it waits for was not started."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.accounts import load_accounts
from sandbox.actions.team import Team
from sandbox.world.state import State


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    """A team whose world knows no run."""
    state = State()
    yield Team(state, {}, load_accounts(tmp_path), {})
    state.close()


@pytest.mark.parametrize("started", [0, 2])
def test_an_event_that_did_not_start_one_run_is_said_with_how_many_it_did_start(team: Team, started: int) -> None:
    runs = team.state.collection("github.workflow_runs")
    before = team.runs
    for number in range(started):
        runs[str(number)] = {"id": number, "event": "push"}
    runs["9"] = {"id": 9, "event": "workflow_dispatch"}
    with pytest.raises(LookupError, match=f"^one run of push should have started, and {started} did$"):
        team.ended_since(before)
