import base64
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.seed import seed
from sandbox.world.server import running
from sandbox.world.state import Document, State
from tests.sandbox.world.github.clones import Clone

REPOSITORY = "/repos/acme/ai-tools"
SCOPES = ("repo", "workflow", "read:org")
PEOPLE = {"octocat": "maintain", "mona": "write", "hubot": "read", "stranger": None}


@dataclass(frozen=True, slots=True)
class World:
    """A served world with the repository acme/ai-tools, and clients to it by token."""

    state: State
    url: str
    clients: ExitStack

    def client(self, token: str) -> httpx2.Client:
        """A client that sends the token, rooted at the repository's API."""
        headers = {"Authorization": f"Bearer {token}"}
        return self.clients.enter_context(httpx2.Client(base_url=self.url, headers=headers))

    def user(self, login: str, *, scopes: tuple[str, ...] = SCOPES) -> httpx2.Client:
        """A client of a user's token with these scopes."""
        token = f"ghp_{login}_{'_'.join(scopes)}"
        grant_token(self.state, token, login=login, scopes=scopes)
        return self.client(token)

    def app(self, *permissions: str, login: str = "deliverer[bot]", app_id: int = 77) -> httpx2.Client:
        """A client of an app's token with these permissions."""
        token = f"ghs_{login}_{'_'.join(permissions)}"
        grant_token(self.state, token, login=login, scopes=permissions, kind="App", app_id=app_id)
        return self.client(token)

    @property
    def repository(self) -> Document:
        """The repository as the world keeps it."""
        found = find_repository(self.state, "acme", "ai-tools")
        assert found is not None
        return found

    def runs(self) -> list[dict[str, Any]]:
        """The workflow runs that were started, oldest first."""
        return list(self.state.collection("github.workflow_runs").values())


@pytest.fixture
def world() -> Iterator[World]:
    with running() as (state, urls), ExitStack() as clients:
        seed(
            state,
            owner="acme",
            repository="ai-tools",
            branches=["develop", "main"],
            users={login: role for login, role in PEOPLE.items() if role},
            teams={"release-managers": ["octocat"]},
        )
        yield World(state, urls["github"], clients)


@pytest.fixture
def operator(world: World) -> httpx2.Client:
    """The organization's owner, with every scope the program needs."""
    return world.user("operator")


Put = Callable[..., httpx2.Response]


@pytest.fixture
def put(operator: httpx2.Client) -> Put:
    """Commit a file as the operator: `put(path, content, branch=…, message=…, sha=…)`."""

    def commit(path: str, content: str, **more: Any) -> httpx2.Response:
        body = {"message": f"Write {path}", "content": base64.b64encode(content.encode()).decode(), **more}
        return operator.put(f"{REPOSITORY}/contents/{path}", json=body)

    return commit


Cloned = Callable[..., Clone]


@pytest.fixture
def cloned(world: World, tmp_path: Path) -> Cloned:
    """Clone the repository as somebody: `cloned("mona", "develop")`."""

    def clone(
        login: str, branch: str = "develop", scopes: tuple[str, ...] = SCOPES, options: tuple[str, ...] = ()
    ) -> Clone:
        token = f"ghp_{login}_{len(scopes)}"
        grant_token(world.state, token, login=login, scopes=scopes)
        folder = tmp_path / login
        folder.mkdir()
        made = Clone(folder, f"{world.url}/acme/ai-tools.git", token)
        made.git("clone", "--quiet", *options, "--branch", branch, made.url, ".")
        return made

    return clone


def tip(world: World, branch: str = "develop") -> str | None:
    """Where a branch points in the world."""
    return history.find_ref(world.state, world.repository, f"refs/heads/{branch}")
