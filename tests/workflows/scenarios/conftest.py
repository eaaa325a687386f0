"""A team whose two stacks are up, whose app is in its repository, and whose pushes and dispatches start act."""

import fcntl
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from components.workflow_files import read_files
from sandbox.accounts import load_accounts
from sandbox.actions import npm, pip
from sandbox.actions.runner import actions_runner
from sandbox.paths import PROJECT
from sandbox.providers.provider import Pace
from sandbox.world.edge import environment
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.server import running
from sandbox.world.state import State
from tests.engine.conftest import prepared, serve_copy
from tests.workflows.scenarios.team import APP, STACKS, Team

__all__ = ["prepared"]

QUICK = Path(__file__).parent / "quick"
"""What makes the steps' pauses short."""


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> Path:
    """A home in which both stacks are up and the app is committed: made once, to copy."""
    shared = tmp_path_factory.getbasetemp().parent
    ready = shared / "team"
    # The processes that run tests in parallel share it: the first one makes it, the others wait.
    with (shared / "team.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            npm.prepare(PROJECT / "app_repository/.github/deploy/vercel-cli")
            pip.prepare(PROJECT / "app_repository/.github/deploy/requirements-migrate.txt")
            folder = tmp_path_factory.mktemp("team")
            delivered = list(read_files(PROJECT / "app_repository"))
            with serve_copy(folder, prepared, {}, delivered) as sandbox:
                sandbox.pace = Pace()
                for stack in STACKS:
                    sandbox.succeed("up", stack)
                _commit_the_app(sandbox.state)
            shutil.move(folder / "home", ready)
    return ready


@pytest.fixture
def team(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Team]:
    """The team, on a copy of the world that a test may change."""
    world = tmp_path / "world.db"
    shutil.copy(home / "world.db", world)
    authority = tmp_path / "authority.pem"
    with running(world, certificate_authority=authority) as (state, urls):
        team = Team(state, urls, load_accounts(home), STACKS)
        for name, value in environment(urls, authority).items():
            monkeypatch.setenv(name, value)
        with (
            team.http,
            actions_runner(
                state,
                environ={**environment(urls, authority), "PYTHONPATH": str(QUICK)},
                folder=tmp_path / "actions",
                on_waiting=team.review,
                on_step=team.watch,
            ) as runner,
        ):
            team.runner = runner
            team.settle_in()
            yield team


def _commit_the_app(state: State) -> None:
    repository = find_repository(state, *STACKS["production"].repository.split("/"))
    assert repository is not None
    files: dict[str, bytes | None] = {
        path.relative_to(APP).as_posix(): path.read_bytes() for path in APP.rglob("*") if path.is_file()
    }
    author = {"name": "Octo Cat", "email": "octocat@example.com", "login": "octocat"}
    for stack in STACKS.values():
        history.add_commit(
            state,
            repository,
            f"refs/heads/{stack.branch}",
            files,
            message="Add the app [skip ci]",
            author=author,
            committer=author,
        )
