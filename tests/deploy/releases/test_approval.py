from dataclasses import dataclass
from typing import Any, Literal

import pytest

from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.seed import seed
from sandbox.world.github.workflow_runs import record_review, record_run
from sandbox.world.github.workflows import Workflow
from tests.deploy.ended import Ended
from tests.deploy.releases.listener import answer, listening
from tests.deploy.releases.production import Production

APPROVAL = "production-approval"
OTHER = "production"
TOKEN = "ghs_token_of_the_run"
FOR_GOOD = 1000


@dataclass(frozen=True, slots=True)
class Release:
    """A run of the team's repository."""

    production: Production
    run: int

    def review(self, login: str, verdict: Literal["approved", "rejected"], environment: str = APPROVAL) -> None:
        """Let somebody decide."""
        record_review(self.production.state, self.run, environment=environment, login=login, verdict=verdict)

    def ask(self, *argv: str, timeout_seconds: float = 5, **environ: str) -> Ended:
        """Run the command."""
        settings = {
            "GITHUB_API_URL": self.production.urls["github"],
            "GITHUB_TOKEN": TOKEN,
            "GITHUB_RUN_ID": str(self.run),
        }
        ended = self.production.run(
            "approval",
            *(argv or (f"--environment={APPROVAL}", "--json")),
            timeout_seconds=timeout_seconds,
            **{**settings, **environ},
        )
        assert TOKEN not in ended.out + ended.err, ended
        return ended

    @property
    def calls(self) -> int:
        """How often GitHub was asked for approvals."""
        return sum(exchange.path.endswith("/approvals") for _, exchange in self.production.exchanges())


@pytest.fixture
def release(production: Production) -> Release:
    state = production.state
    people = {"mona": "write", "octocat": "maintain"}
    seed(state, owner="acme", repository="ai-tools", branches=["main"], users=people)
    repository = find_repository(state, "acme", "ai-tools")
    assert repository is not None
    commit = history.resolve(state, repository, "main")
    assert commit is not None
    workflow = Workflow(".github/workflows/production.yml", "Production", {})
    run = record_run(state, repository, workflow, commit, event="push", branch="main", actor="mona")
    grant_token(state, TOKEN, login="github-actions[bot]", scopes=["actions:read"], kind="App", app_id=15368)
    grant_token(state, "operator", login="operator", scopes=["repo"])
    for name in (APPROVAL, OTHER):
        url = f"{production.urls['github']}/repos/acme/ai-tools/environments/{name}"
        production.http.put(url, headers={"authorization": "Bearer operator"}, json={}).raise_for_status()
    return Release(production, run["id"])


def test_who_approved_is_read_back(release: Release) -> None:
    release.review("octocat", "approved")
    release.review("mona", "approved")
    release.review("mona", "approved")
    ended = release.ask()
    assert ended.code == 0, ended
    assert ended.document["approvers"] == ["mona", "octocat"]
    assert ended.document["message"] == "Approved by mona, octocat."
    assert release.calls == 1


def test_an_approval_after_a_refusal_counts(release: Release) -> None:
    release.review("mona", "rejected")
    release.review("octocat", "approved")
    ended = release.ask()
    assert (ended.code, ended.document["approvers"]) == (0, ["octocat"]), ended


@pytest.mark.parametrize(
    "reviews",
    [
        [],
        [("octocat", "rejected", APPROVAL)],
        [("octocat", "approved", OTHER)],
        [("octocat", "rejected", APPROVAL), ("octocat", "approved", OTHER)],
        [("octocat", "approved", "an-environment-that-is-gone")],
    ],
    ids=["nobody asked", "rejected", "another environment", "both", "no environment"],
)
def test_without_an_approval_for_this_environment_nothing_goes_on(
    release: Release, reviews: list[tuple[str, Literal["approved", "rejected"], str]]
) -> None:
    for review in reviews:
        release.review(*review)
    ended = release.ask()
    assert ended.code == 1, ended
    for part in (APPROVAL, "Nothing was promoted.", "pulumi up"):
        assert part in ended.err


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ({"status": 403}, 1),
        ({"status": 404}, 1),
        ({"status": 500}, 4),
        ({"kind": "reset"}, 4),
        ({"kind": "timeout"}, 4),
        ({"kind": "broken"}, 4),
    ],
)
def test_what_github_does_not_say_is_no_approval(release: Release, fault: dict[str, Any], calls: int) -> None:
    release.review("octocat", "approved")
    release.production.arm(service="github", path="/approvals$", times=FOR_GOOD, **fault)
    ended = release.ask(timeout_seconds=0.1)
    assert ended.code == 1, ended
    assert "GitHub does not say who approved" in ended.err
    assert release.calls == calls


def test_a_failure_that_passes_is_asked_through(release: Release) -> None:
    release.review("octocat", "approved")
    release.production.arm(service="github", path="/approvals$", times=2, status=502)
    assert release.ask().code == 0
    assert release.calls == 3


@pytest.mark.parametrize(
    "document",
    [
        {},
        None,
        "approved",
        ["approved"],
        [None],
        [{"state": "approved"}],
        [{"state": "approved", "environments": [{"name": APPROVAL}], "user": None}],
        [{"state": "approved", "environments": None, "user": {"login": "octocat"}}],
    ],
    ids=repr,
)
def test_an_answer_of_another_shape_is_no_approval(release: Release, document: Any) -> None:
    with listening([answer(document)]) as github:
        ended = release.ask(GITHUB_API_URL=github.url)
    assert ended.code == 1, ended
    assert "GitHub does not say who approved" in ended.err


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"GITHUB_TOKEN": "ghp_unknown"}, "401"),
        ({"GITHUB_RUN_ID": "99999999"}, "404"),
        ({"GITHUB_REPOSITORY": "acme/nothing"}, "404"),
    ],
)
def test_a_run_that_cannot_be_seen_is_not_approved(release: Release, environ: dict[str, str], said: str) -> None:
    release.review("octocat", "approved")
    ended = release.ask(timeout_seconds=5, **environ)
    assert ended.code == 1, ended
    assert said in ended.err


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN"),
        ({"GITHUB_RUN_ID": ""}, "GITHUB_RUN_ID"),
        ({"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY"),
        ({"GITHUB_API_URL": "http://api.github.com"}, "GITHUB_API_URL"),
    ],
)
def test_a_setting_that_is_missing_or_would_leak_the_token_is_named(
    release: Release, environ: dict[str, str], said: str
) -> None:
    ended = release.ask(timeout_seconds=5, **environ)
    assert ended.code == 2, ended
    assert said in ended.err
    assert release.calls == 0


def test_the_environment_has_to_be_named(release: Release) -> None:
    assert release.ask("--json").code == 2
    assert release.calls == 0


def test_who_asked_in_a_comment_does_not_approve_alone(release: Release) -> None:
    release.review("octocat", "approved")
    asked = {"GITHUB_ACTOR": "github-actions[bot]", "ASKED_BY": "octocat", "PREVENT_SELF_REVIEW": "true"}
    ended = release.ask(**asked)
    assert ended.code == 1, ended
    assert "Only octocat approved this run, who asked for it." in ended.err
    release.review("mona", "approved")
    assert release.ask(**asked).code == 0
    assert release.ask(**{**asked, "PREVENT_SELF_REVIEW": ""}).code == 0
