"""The one comment and the one issue, written into the sandbox's GitHub."""

from collections.abc import Iterator
from contextlib import ExitStack

import httpx2
import pytest

from operations.github import BOT, GitHub, GitHubError
from sandbox.world.github.access import find_repository
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.issues import add_comment, open_issue
from sandbox.world.github.seed import seed
from sandbox.world.server import running
from sandbox.world.state import Document, State


class World:
    """A served world with the repository acme/ai-tools-deployment."""

    def __init__(self, state: State, url: str, clients: ExitStack) -> None:
        self.state, self.url, self.clients = state, url, clients
        seed(state, owner="acme", repository="ai-tools-deployment", branches=["main"], users=["mona"])

    @property
    def repository(self) -> Document:
        found = find_repository(self.state, "acme", "ai-tools-deployment")
        assert found is not None
        return found

    def job(self, *permissions: str) -> GitHub:
        """What a job with these permissions has."""
        grant_token(self.state, "ghs_job", login=BOT, scopes=permissions, kind="App", app_id=15368)
        headers = {"Authorization": "Bearer ghs_job"}
        http = self.clients.enter_context(httpx2.Client(base_url=self.url, headers=headers, trust_env=False))
        return GitHub(http, "acme/ai-tools-deployment")

    def comments(self, issue: int) -> list[tuple[str, str]]:
        known = self.state.collection("github.comments").values()
        return [(entry["login"], entry["body"]) for entry in known if entry["issue"] == issue]

    def issues(self) -> list[tuple[str, str, list[str]]]:
        known = self.state.collection("github.issues").values()
        return [(entry["title"], entry["state"], entry["labels"]) for entry in known]


@pytest.fixture
def world() -> Iterator[World]:
    with running() as (state, urls), ExitStack() as clients:
        yield World(state, urls["github"], clients)


def test_a_comment_is_written_once_and_then_brought_up_to_date(world: World) -> None:
    number = open_issue(world.state, world.repository, login="mona", title="Change", pull_request=True)
    imitated = "<!-- ai-tools-deployment: preview -->\nmine"
    add_comment(world.state, world.repository, number, login="mona", body=imitated)
    # More than the first page holds.
    for _ in range(100):
        add_comment(world.state, world.repository, number, login="mona", body="why?")
    github = world.job("pull_requests:write")
    assert github.comment(number, "preview", "first").what == "created"
    assert github.comment(number, "other", "beside it").what == "created"
    assert github.comment(number, "preview", "second").what == "updated"
    written = [body.splitlines()[1:] for login, body in world.comments(number) if login == BOT]
    assert written == [["second"], ["beside it"]]
    assert ("mona", imitated) in world.comments(number)


def test_drift_opens_one_issue_updates_it_and_closes_it(world: World) -> None:
    github = world.job("issues:write")
    # Somebody's own issue about drift is theirs.
    open_issue(world.state, world.repository, login="mona", title="Drift again?")
    assert github.end_drift("gone") is None
    assert github.report_drift("Drift in staging", "one").what == "created"
    assert github.report_drift("Drift in staging, production", "two").what == "updated"
    theirs: tuple[str, str, list[str]] = ("Drift again?", "open", [])
    assert world.issues() == [theirs, ("Drift in staging, production", "open", ["drift"])]
    ended = github.end_drift("gone")
    assert ended is not None
    assert ended.what == "closed"
    assert world.issues() == [theirs, ("Drift in staging, production", "closed", ["drift"])]
    assert world.comments(2) == [(BOT, "gone")]
    # What comes back later is another story.
    assert github.report_drift("Drift in staging", "three").what == "created"
    assert [state for _, state, _ in world.issues()] == ["open", "closed", "open"]


def test_a_token_that_may_not_write_is_told_in_a_sentence(world: World) -> None:
    number = open_issue(world.state, world.repository, login="mona", title="Change", pull_request=True)
    with pytest.raises(GitHubError, match=r"GitHub answered POST /issues/1/comments with 403 .*Run the job again"):
        world.job("contents:read", "issues:read").comment(number, "preview", "text")
    assert world.comments(number) == []


def test_what_a_step_lacks_is_named() -> None:
    with pytest.raises(GitHubError, match="GITHUB_API_URL, GITHUB_TOKEN must be set"):
        GitHub.from_environment({"GITHUB_REPOSITORY": "acme/ai-tools-deployment", "GITHUB_TOKEN": ""})
