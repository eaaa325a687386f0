from collections.abc import Mapping
from typing import Any

import pytest

from deploy.http_client import CallFailedError
from deploy.release.review import faults
from sandbox.world.github.check_runs import add_check_run
from sandbox.world.github.pulls import Verdict, merge_pull_request, open_pull_request, submit_review
from sandbox.world.github.pushes import push_files
from tests.deploy.comments.team import FOR_GOOD, Team

CHECKS = ("Style", "Units")


@pytest.fixture(autouse=True)
def rules(team: Team) -> None:
    """What main asks for: two checks and one approval."""
    reviews = {
        "required_approving_review_count": 1,
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": False,
        "required_review_thread_resolution": False,
    }
    checks = {
        "required_status_checks": [{"context": name} for name in CHECKS],
        "strict_required_status_checks_policy": False,
    }
    team.ask(
        "POST",
        "/rulesets",
        name="main",
        target="branch",
        enforcement="active",
        conditions={"ref_name": {"include": ["refs/heads/main"], "exclude": []}},
        rules=[
            {"type": "pull_request", "parameters": reviews},
            {"type": "required_status_checks", "parameters": checks},
        ],
    )


def merged(team: Team, *reviews: tuple[str, Verdict], **checks: str | None) -> str:
    """Merge a pull request with these reviews and checks of its head; the merge's commit."""
    state, repository = team.production.state, team.repository
    commit = push_files(state, repository, "feature/x", {"change.txt": "x"}, login="mona")
    number = open_pull_request(state, repository, login="mona", title="A change", head="feature/x", base="main")
    for name, conclusion in ({"Style": "success", "Units": "success"} | checks).items():
        if conclusion != "missing":
            add_check_run(state, repository, commit["sha"], name, conclusion=conclusion)
    for login, verdict in reviews:
        submit_review(state, repository, number, login, verdict)
    return merge_pull_request(state, repository, number, login="octocat")


def of(team: Team, commit: str) -> list[str]:
    """What is missing, as the job that starts workflows is told."""
    return faults(team.github(team.token_of("start")), "main", commit)


@pytest.mark.parametrize("conclusion", ["success", "neutral", "skipped"])
def test_green_checks_and_an_approval_are_enough(team: Team, conclusion: str) -> None:
    assert of(team, merged(team, ("octocat", "APPROVED"), Style=conclusion)) == []


@pytest.mark.parametrize("conclusion", ["failure", "cancelled", "timed_out", "action_required", None, "missing"])
def test_a_check_that_is_not_green_or_not_there_is_missing(team: Team, conclusion: str | None) -> None:
    commit = merged(team, ("octocat", "APPROVED"), Units=conclusion)
    assert of(team, commit) == ["the check Units of #2 is not green"]


def test_a_check_that_nobody_asks_for_does_not_matter(team: Team) -> None:
    commit = merged(team, ("octocat", "APPROVED"), Spelling="failure")
    add_check_run(team.production.state, team.repository, commit, "Spelling", conclusion="failure")
    assert of(team, commit) == []


def test_a_check_of_the_merge_itself_counts_more_than_that_of_its_head(team: Team) -> None:
    commit = merged(team, ("octocat", "APPROVED"), Style="failure")
    add_check_run(team.production.state, team.repository, commit, "Style")
    assert of(team, commit) == []
    add_check_run(team.production.state, team.repository, commit, "Units", conclusion="failure")
    assert of(team, commit) == [f"the check Units failed on {commit[:12]}"]


def test_a_check_of_the_merge_that_has_not_ended_leaves_that_of_its_head(team: Team) -> None:
    commit = merged(team, ("octocat", "APPROVED"))
    add_check_run(team.production.state, team.repository, commit, "Units", conclusion=None)
    assert of(team, commit) == []


@pytest.mark.parametrize(("first", "then"), [("failure", "success"), ("success", "failure")])
def test_of_two_checks_of_one_name_the_newest_counts(team: Team, first: str, then: str) -> None:
    commit = merged(team, ("octocat", "APPROVED"))
    checks = team.production.state.collection("github.check_runs")
    for number, (conclusion, moment) in enumerate([(then, "12:00:01"), (first, "12:00:00")]):
        # Two runs of a workflow are two suites; here, two apps'.
        key = str(
            add_check_run(
                team.production.state, team.repository, commit, "Style", conclusion=conclusion, app_id=100 + number
            )
        )
        checks[key] = {**checks[key], "started_at": f"2026-11-23T{moment}Z"}
    expected = [f"the check Style failed on {commit[:12]}"] if then == "failure" else []
    assert of(team, commit) == expected


@pytest.mark.parametrize(
    ("state", "missing"),
    [
        ("success", []),
        ("pending", []),
        ("failure", ["the check Style failed on {}"]),
        ("error", ["the check Style failed on {}"]),
    ],
)
def test_a_status_counts_as_a_check(team: Team, state: str, missing: list[str]) -> None:
    commit = merged(team, ("octocat", "APPROVED"))
    team.ask("POST", f"/statuses/{commit}", state=state, context="Style")
    assert of(team, commit) == [text.format(commit[:12]) for text in missing]


@pytest.mark.parametrize(
    ("reviews", "missing"),
    [
        ([], ["#2 has 0 of the 1 approvals that main asks for"]),
        ([("octocat", "COMMENTED")], ["#2 has 0 of the 1 approvals that main asks for"]),
        ([("octocat", "APPROVED"), ("octocat", "COMMENTED")], []),
        ([("octocat", "CHANGES_REQUESTED"), ("octocat", "APPROVED")], []),
        ([("octocat", "CHANGES_REQUESTED"), ("hubot", "APPROVED")], ["octocat asked for changes in #2"]),
        (
            [("octocat", "APPROVED"), ("octocat", "CHANGES_REQUESTED")],
            ["octocat asked for changes in #2", "#2 has 0 of the 1 approvals that main asks for"],
        ),
        ([("octocat", "APPROVED"), ("octocat", "DISMISSED")], ["#2 has 0 of the 1 approvals that main asks for"]),
        ([("hubot", "CHANGES_REQUESTED"), ("hubot", "DISMISSED"), ("octocat", "APPROVED")], []),
    ],
)
def test_the_last_word_of_each_reviewer_counts(
    team: Team, reviews: list[tuple[str, Verdict]], missing: list[str]
) -> None:
    assert of(team, merged(team, *reviews)) == missing


def test_a_commit_without_a_pull_request_has_only_to_be_without_a_failed_check(team: Team) -> None:
    commit = team.push("main", {"app.txt": "2"}, login="operator")
    assert of(team, commit) == []
    add_check_run(team.production.state, team.repository, commit, "Units", conclusion="failure")
    assert of(team, commit) == [f"the check Units failed on {commit[:12]}"]


def test_a_pull_request_into_another_branch_is_not_this_commits(team: Team) -> None:
    state, repository = team.production.state, team.repository
    commit = team.push("main", {"app.txt": "2"}, login="operator")
    open_pull_request(state, repository, login="mona", title="Back", head="main", base="develop")
    assert of(team, commit) == []


def test_without_rules_nothing_is_missing(team: Team) -> None:
    commit = merged(team, Units="failure")
    team.production.state.collection("github.rulesets").clear()
    assert of(team, commit) == []


@pytest.mark.parametrize("path", ["/rules/", "/pulls$", "/check-runs", "/status", "/reviews"])
@pytest.mark.parametrize("way", [{"status": 403}, {"status": 500}, {"kind": "broken"}])
def test_where_github_does_not_tell_nobody_knows(team: Team, path: str, way: Mapping[str, Any]) -> None:
    commit = merged(team, ("octocat", "APPROVED"))
    team.production.arm(service="github", path=path, times=FOR_GOOD, **way)
    with pytest.raises(CallFailedError):
        of(team, commit)
