"""Commands from comments, as act runs them: from the comment to the answer that says how it ended."""

import pytest

from sandbox.actions.moments import StartingStep
from sandbox.actions.team import closed_window
from sandbox.world.github.pulls import add_fork, open_pull_request
from sandbox.world.github.pushes import push_files
from tests.workflows.scenarios.team import Team


@pytest.fixture(autouse=True)
def roles(team: Team) -> None:
    for login, role in (("morgan", "maintain"), ("mona", "write"), ("hubot", "read")):
        team.grant(login, role)


def pull_request(team: Team) -> tuple[int, str]:
    """A pull request of a branch of the repository: its number and its commit."""
    commit = push_files(team.state, team.repository, "feature/page", {"page.txt": b"New"}, login="mona")["sha"]
    number = open_pull_request(
        team.state, team.repository, login="mona", title="New page", head="feature/page", base="develop"
    )
    return number, commit


def forks_pull_request(team: Team) -> int:
    """The number of a pull request of a stranger's fork."""
    fork = add_fork(team.state, team.repository, "stranger")
    push_files(team.state, fork, "mine", {"page.txt": b"Mine"}, login="stranger")
    return open_pull_request(
        team.state,
        team.repository,
        login="stranger",
        title="Mine",
        head="mine",
        base="develop",
        head_repository=fork["full_name"],
    )


def test_a_rollback_moves_traffic_locks_production_and_is_answered(team: Team) -> None:
    good, bad = team.serving(), team.deploy("production", "bad")
    team.serve("production", bad)

    said = team.comment("@workflow:rollback previous checkout is failing")

    assert [run.conclusion for run in said.started] == ["success"], said
    assert team.serving() == good
    assert said.reactions == ["eyes", "rocket"]
    assert len(said.answers) == 1
    assert "✅ **Rollback**" in said.answer
    assert f"Serves production now: [{good}]" in said.answer

    status = team.comment("@workflow:status", login="mona").answer
    assert good in status
    assert "rolled back: checkout is failing" in status

    locked = team.comment("@workflow:deploy hotfix mend the checkout")
    assert locked.started == []
    assert "production is locked by" in locked.answer
    assert locked.reactions == ["eyes", "-1"]
    push = team.push("production")
    assert (push.conclusion, push.results["admission"]) == ("failure", "failure"), push.log

    assert "is unlocked" in team.comment("@workflow:unlock").answer
    assert team.push("production").conclusion == "success"
    assert team.serving() != good


def test_a_deploy_takes_what_staging_verified_and_nothing_else(team: Team) -> None:
    team.set_variable("REQUIRE_STAGING", "true")
    files = {"page.txt": b"All is well, again"}
    push_files(team.state, team.repository, "main", files, login="operator", message="Page [skip ci]")

    refused = team.comment("@workflow:deploy")
    assert refused.started == []
    assert "Staging has not verified the tree" in refused.answer

    before = team.runs
    push_files(team.state, team.repository, "develop", files, login="operator", message="Page")
    assert team.ended_since(before).conclusion == "success"

    said = team.comment("@workflow:deploy standard as planned")
    assert [run.conclusion for run in said.started] == ["success"], said.started[0].log
    assert "✅ **Deploy**, commit" in said.answer
    assert team.serving() == team.deployments()[-1]
    assert team.serving() in said.answer


def test_outside_the_window_a_deploy_is_refused_and_a_hotfix_goes(team: Team) -> None:
    team.set_window(closed_window())
    refused = team.comment("@workflow:deploy")
    assert refused.started == []
    assert "outside production&#39;s window" in refused.answer or "outside production's window" in refused.answer
    assert "It opens at" in refused.answer

    said = team.comment("@workflow:deploy hotfix the checkout is down")
    assert [run.conclusion for run in said.started] == ["success"], said.started[0].log


def test_a_failed_release_is_answered_with_the_reason_and_what_serves(team: Team) -> None:
    team.push("production")
    good = team.serving()
    team.verdict = "rejected"
    said = team.comment("@workflow:deploy")
    assert [run.conclusion for run in said.started] == ["failure"]
    assert "❌ **Deploy**" in said.answer
    assert "`Approval and migrations`" in said.answer
    assert f"Serves production now: [{good}]" in said.answer
    assert "@workflow:status" in said.answer


def test_an_unknown_target_is_answered_with_what_vercel_says_of_it(team: Team) -> None:
    before = team.serving()
    said = team.comment("@workflow:rollback dpl_nowhere checkout is failing")
    assert [run.conclusion for run in said.started] == ["failure"]
    assert "Vercel does not know dpl\\_nowhere" in said.answer
    assert team.serving() == before


@pytest.mark.parametrize(
    ("text", "login"),
    [
        ("@workflow:deploy", "mona"),
        ("@workflow:rollback previous it broke", "mona"),
        ("@workflow:lock it is mine", "mona"),
        ("@workflow:unlock", "mona"),
        ("@workflow:preview", "hubot"),
        ("@workflow:status", "hubot"),
        ("@workflow:rollback previous it broke", "stranger"),
    ],
)
def test_who_may_not_starts_nothing_and_is_told_what_it_needs(team: Team, text: str, login: str) -> None:
    said = team.comment(text, login=login)
    assert said.started == []
    assert len(said.answers) == 1
    assert "needs the role" in said.answer
    assert said.reactions[-1] == "-1"
    assert team.github("GET", "/git/matching-refs/heads/deploy-lock/") == []


@pytest.mark.parametrize(
    "text", ["> @workflow:deploy", "```\n@workflow:deploy\n```", "Say @workflow:deploy", "Thanks!"]
)
def test_what_is_no_command_is_not_answered(team: Team, text: str) -> None:
    said = team.comment(text)
    assert (said.answers, said.reactions, said.started) == ([], [], [])


def test_a_preview_shows_the_pull_requests_commit_and_turns_stale_with_a_new_push(team: Team) -> None:
    serving = team.serving("staging")
    number, commit = pull_request(team)

    said = team.comment("@workflow:preview", login="mona", issue=number)

    assert [run.conclusion for run in said.started] == ["success"], said.started[0].log
    preview = team.deployment(team.deployments("staging")[-1])
    assert preview["target"] != "production"
    assert preview["meta"]["commit"] == commit
    assert f"<https://{preview['url']}> shows commit {commit[:12]}" in said.answer
    assert team.serving("staging") == serving

    before = team.runs
    push_files(team.state, team.repository, "feature/page", {"page.txt": b"Newer"}, login="mona")
    team.ended_since(before, event="pull_request_target")
    assert "**Stale**" in team.answers(number)[0]


def test_a_forks_pull_request_is_never_built_and_an_unmerged_one_never_deployed(team: Team) -> None:
    number = forks_pull_request(team)
    for text, told in (("@workflow:preview", "comes from a fork"), ("@workflow:deploy", "not merged")):
        said = team.comment(text, issue=number)
        assert said.started == []
        assert told in said.answer


def test_a_commit_that_comes_after_the_comment_is_not_deployed(team: Team) -> None:
    def push_meanwhile(step: StartingStep) -> None:
        if step.step == "Decide, start, and answer":
            push_files(
                team.state, team.repository, "main", {"page.txt": b"Late"}, login="operator", message="[skip ci]"
            )

    team.on_step = push_meanwhile
    said = team.comment("@workflow:deploy")
    assert said.started == []
    assert "is at" in said.answer
    assert "by now" in said.answer


def test_what_is_locked_takes_neither_a_preview_nor_another_lock(team: Team) -> None:
    number, _ = pull_request(team)
    assert "is locked" in team.comment("@workflow:lock staging the database moves", issue=number).answer
    for text in ("@workflow:preview", "@workflow:lock staging it is mine"):
        said = team.comment(text, issue=number)
        assert said.started == []
        assert "staging is locked by morgan" in said.answer
    assert "is unlocked" in team.comment("@workflow:unlock staging", issue=number).answer
    assert "was not locked" in team.comment("@workflow:unlock staging", issue=number).answer


def test_neither_the_window_nor_a_forks_pull_request_holds_up_what_is_not_a_release(team: Team) -> None:
    team.set_window(closed_window())
    good, bad = team.serving(), team.deploy("production", "bad")
    team.serve("production", bad)
    number = forks_pull_request(team)
    assert "@workflow:help" in team.comment("@workflow:help", login="stranger", issue=number).answer
    assert "opens at" in team.comment("@workflow:status", issue=number).answer
    assert "is locked" in team.comment("@workflow:lock staging an audit", issue=number).answer
    assert "is unlocked" in team.comment("@workflow:unlock staging", issue=number).answer
    said = team.comment("@workflow:rollback previous checkout is failing", issue=number)
    assert [run.conclusion for run in said.started] == ["success"]
    assert team.serving() == good
