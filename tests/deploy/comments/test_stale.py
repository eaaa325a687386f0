from collections.abc import Mapping
from typing import Any

import pytest

from deploy.comments.markup import facts_of, marked
from sandbox.world.github.issues import add_comment
from tests.deploy.comments.team import FOR_GOOD, Team
from tests.deploy.ended import Ended

OLD = "0123456789" * 4


@pytest.fixture
def number(team: Team) -> int:
    return team.pull_request()


def push(team: Team) -> dict[str, Any]:
    """Push to the pull request; the event that comes of it."""
    team.push("feature/x", {"more.txt": str(team.counts)}, login="mona")
    runs = team.production.state.collection("github.workflow_runs").values()
    return [run for run in runs if run["event"] == "pull_request_target"][-1]["payload"]


def stale(team: Team, event: Mapping[str, Any] | None = None) -> Ended:
    """Do what the workflow does then."""
    return team.act("stale", "--json", event=push(team) if event is None else event, job="stale")


def test_the_answer_with_an_older_preview_says_so_once(team: Team, number: int) -> None:
    facts = {"command": "preview", "commit": OLD, "run": 7, "conclusion": "success"}
    answer = team.answer(number, marked("✅ **Preview**: <https://x.vercel.app>", facts))
    ended = stale(team)
    assert (ended.code, ended.document["answers"]) == (0, [answer]), ended
    body, head = team.body(answer), team.head("feature/x")
    told = f"⚠️ **Stale**: this shows commit `{OLD[:12]}`, and the pull request is at `{head[:12]}`."
    assert body.startswith(f"{told} `@workflow:preview` shows that.\n\n✅ **Preview**: <https://x.vercel.app>\n\n<!--")
    assert facts_of(body) == {**facts, "stale": True}
    ended = stale(team)
    assert (ended.code, ended.document["answers"], team.body(answer)) == (0, [], body), ended


def test_the_answer_with_this_very_commit_is_left_alone(team: Team, number: int) -> None:
    event = push(team)
    team.answer(number, marked("✅", {"command": "preview", "commit": team.head("feature/x")}))
    ended = stale(team, event)
    assert (ended.code, ended.document["answers"], team.changes) == (0, [], []), ended


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"command": "preview"},
        {"command": "deploy", "commit": OLD},
        {"command": "preview", "commit": OLD, "stale": True},
    ],
)
def test_other_answers_are_left_alone(team: Team, number: int, facts: dict[str, Any]) -> None:
    team.answer(number, marked("✅", facts))
    ended = stale(team)
    assert (ended.code, ended.document["answers"], team.changes) == (0, [], []), ended


@pytest.mark.parametrize("login", ["mona", "renovate[bot]"])
def test_what_others_forge_is_left_alone(team: Team, number: int, login: str) -> None:
    forged = marked("✅", {"command": "preview", "commit": OLD})
    add_comment(team.production.state, team.repository, number, login=login, body=forged)
    team.answer(number, f"{forged}\n\nand more")
    ended = stale(team)
    assert (ended.code, ended.document["answers"], team.changes) == (0, [], []), ended


def test_an_answer_behind_a_hundred_comments_is_found(team: Team, number: int) -> None:
    comments = team.production.state.collection("github.comments")
    first = add_comment(team.production.state, team.repository, number, login="mona", body="x")
    for other in range(1, 100):
        comments[f"{first}{other}"] = {**comments[str(first)], "id": int(f"{first}{other}")}
    answer = team.answer(number, marked("✅", {"command": "preview", "commit": OLD}))
    ended = stale(team)
    assert (ended.code, ended.document["answers"]) == (0, [answer]), ended


@pytest.mark.parametrize("way", [{"status": 503}, {"kind": "reset"}, {"kind": "broken"}])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_where_github_is_down_the_job_fails(team: Team, number: int, method: str, way: Mapping[str, Any]) -> None:
    team.answer(number, marked("✅", {"command": "preview", "commit": OLD}))
    event = push(team)
    team.production.arm(service="github", method=method, times=FOR_GOOD, **way)
    ended = stale(team, event)
    assert ended.code == 1, ended
    assert ended.document["next"] == "re-run this job."


@pytest.mark.parametrize(
    "event", [{}, [], {"pull_request": {"number": "x", "head": {"sha": "y"}}}, {"pull_request": None}]
)
def test_another_event_is_wrong_usage(team: Team, event: Any) -> None:
    ended = team.act("stale", event=event, job="stale")
    assert ended.code == 2, ended
    assert "is no file with an event of pull_request_target" in ended.err
