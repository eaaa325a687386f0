"""`deploy command --answer`: the jobs of commands.yml that carry out what a comment asks for."""

from collections.abc import Mapping
from typing import Any

import pytest

from deploy.comments.markup import facts_of
from deploy.release import lock
from sandbox.world.github.pulls import merge_pull_request
from tests.deploy.comments.hostile import BRANCHES, TEXTS
from tests.deploy.comments.team import FOR_GOOD, PEOPLE, WINDOW, Said, Team
from tests.deploy.comments.test_answering import assert_harmless
from tests.deploy.comments.test_command import CLOSED, dispatches
from tests.deploy.comments.test_lock import WANTED


def assert_refused(team: Team, said: Said, answer: int, what: str) -> None:
    """The answer says why, and nothing was started."""
    assert "⛔ Nothing was started." in team.body(answer)
    assert what in team.body(answer)
    assert "\n\nNext: " in team.body(answer)
    assert team.reactions(said.comment) == ["eyes", "-1"]
    assert team.dispatched == []
    assert "run" not in facts_of(team.body(answer))


def test_a_release_starts_with_its_answers_number(team: Team) -> None:
    said = team.say("@workflow:deploy the page")
    ended, answer = team.carry_out(said)
    assert ended.code == 0, ended
    inputs = {
        "deployment_type": "standard",
        "reason": "the page",
        "commit": team.head("main"),
        "answer": str(answer),
        "asked_by": "octocat",
    }
    assert dispatches(team) == [("production.yml", {"ref": "main", "inputs": inputs, "return_run_details": True})]
    (run,) = team.dispatched
    assert run["display_title"] == f"Deploy to production (answer {answer})"
    assert facts_of(team.body(answer)) == {
        "command": "deploy",
        "done": True,
        "run": run["id"],
        "commit": team.head("main"),
    }
    assert team.body(answer).startswith("⏳ **Release** of production")
    assert "Reason: `the page`." in team.body(answer)
    assert team.reactions(said.comment) == ["eyes", "rocket"]


@pytest.mark.parametrize("text", ["rollback previous slow", "deploy hotfix slow"])
def test_getting_back_passes_the_window(team: Team, text: str) -> None:
    ended, answer = team.carry_out(team.say(f"@workflow:{text}"), **CLOSED)
    assert ended.code == 0, ended
    (run,) = team.dispatched
    assert run["display_title"].endswith(f"(answer {answer})")
    assert run["inputs"]["reason"] == "slow"


@pytest.mark.parametrize("name", BRANCHES)
def test_a_preview_is_of_exactly_the_pull_requests_commit(team: Team, name: str) -> None:
    number = team.pull_request(name)
    commit = team.head(name)
    ended, answer = team.carry_out(team.say("@workflow:preview", login="mona", issue=number))
    assert ended.code == 0, ended
    inputs = {"pull_request": str(number), "commit": commit, "answer": str(answer), "asked_by": "mona"}
    assert dispatches(team) == [("preview.yml", {"ref": "develop", "inputs": inputs, "return_run_details": True})]
    assert facts_of(team.body(answer))["commit"] == commit


def test_what_is_pushed_after_the_comment_is_not_previewed(team: Team) -> None:
    number = team.pull_request()
    commit = team.head("feature/x")
    said = team.say("@workflow:preview", login="mona", issue=number)
    later = team.push("feature/x", {"change.txt": "evil"}, login="hubot", ago=0)
    ended, answer = team.carry_out(said)
    assert ended.code == 0, ended
    assert team.dispatched[0]["inputs"]["commit"] == commit
    assert f"The pull request is at {later[:12]} by now" in team.body(answer)


def test_what_comes_in_after_the_comment_is_not_released(team: Team) -> None:
    commit = team.head("main")
    said = team.say("@workflow:deploy")
    later = team.push("main", {"app.txt": "1", "evil.txt": "x"}, login="mona", ago=0)
    ended, answer = team.carry_out(said)
    assert ended.code == 0, ended
    assert_refused(
        team, said, answer, f"main was at {commit[:12]} when this was written, and is at {later[:12]} by now."
    )


@pytest.mark.parametrize("text", ["deploy", "deploy hotfix now", "rollback slow", "lock mine", "unlock"])
def test_who_may_not_is_refused_by_the_second_job(team: Team, text: str) -> None:
    said = team.say(f"@workflow:{text}", login="mona")
    ended, answer = team.carry_out(said)
    assert ended.code == 0, ended
    assert_refused(team, said, answer, f"needs the role maintain in this repository, and yours is {PEOPLE['mona']}.")
    assert lock.read(team.github(), "production") is None


@pytest.mark.parametrize(("roles", "starts"), [('{"deploy": "write"}', 1), ('{"deploy": "admin"}', 0)])
def test_a_variable_says_who_may(team: Team, roles: str, starts: int) -> None:
    login = "mona" if starts else "octocat"
    ended, _ = team.carry_out(team.say("@workflow:deploy", login=login), COMMAND_ROLES=roles)
    assert (ended.code, len(team.dispatched)) == (0, starts), ended


def test_a_variable_that_cannot_be_meant_fails_and_is_said(team: Team) -> None:
    said = team.say("@workflow:deploy")
    ended, answer = team.carry_out(said, COMMAND_ROLES='{"deploy": "everybody"}', GITHUB_RUN_ID="99")
    assert (ended.code, team.dispatched) == (2, []), ended
    assert "COMMAND\\_ROLES says deploy: everybody." in team.body(answer)
    assert "[What happened](https://github.com/acme/ai-tools/actions/runs/99)" in team.body(answer)
    assert team.reactions(said.comment) == ["eyes", "-1"]


def test_what_is_locked_is_not_released(team: Team) -> None:
    lock.take(team.github(), WANTED)
    said = team.say("@workflow:deploy")
    _, answer = team.carry_out(said)
    assert_refused(team, said, answer, "production is locked by octocat")


def test_outside_the_window_nothing_is_released(team: Team) -> None:
    said = team.say("@workflow:deploy")
    _, answer = team.carry_out(said, **CLOSED)
    assert_refused(team, said, answer, "It opens at Sat 2026-11-28 01:00 UTC.")


def test_a_forks_pull_request_has_no_preview(team: Team) -> None:
    number = team.pull_request("main", fork="hubot", login="hubot")
    said = team.say("@workflow:preview", issue=number)
    _, answer = team.carry_out(said)
    assert_refused(team, said, answer, "comes from a fork")


def test_a_preview_of_an_issue_is_refused(team: Team) -> None:
    said = team.say("@workflow:preview")
    _, answer = team.carry_out(said)
    assert_refused(team, said, answer, "A preview is of a pull request, and this is none.")


def test_a_pull_request_is_released_from_its_page_once_it_is_merged(team: Team) -> None:
    number = team.pull_request(base="main")
    said = team.say("@workflow:deploy", issue=number)
    _, answer = team.carry_out(said, REQUIRE_STAGING="false")
    assert_refused(team, said, answer, "is not merged")
    merge_pull_request(team.production.state, team.repository, number, login="octocat")
    team.age(3600)
    _, answer = team.carry_out(team.say("@workflow:deploy", issue=number), REQUIRE_STAGING="false")
    assert team.dispatched[0]["inputs"]["commit"] == team.head("main")
    assert "this stack does not ask for it" in team.body(answer)


def test_lock_and_unlock_answer_where_they_were_asked(team: Team) -> None:
    said = team.say("@workflow:lock an audit")
    ended, answer = team.carry_out(said)
    assert ended.code == 0, ended
    held = lock.read(team.github(), "production")
    assert held is not None
    assert (held.by, held.since) == ("octocat", said.event["comment"]["created_at"])
    assert held.link == said.event["comment"]["html_url"]
    assert "🔒 **production is locked** by octocat" in team.body(answer)
    _, answer = team.carry_out(team.say("@workflow:unlock"))
    assert "🔓 **production is unlocked.**" in team.body(answer)
    assert lock.read(team.github(), "production") is None


def test_a_comment_that_was_edited_meanwhile_starts_nothing(team: Team) -> None:
    said = team.say("@workflow:deploy")
    _, outputs = team.hear(said)
    event = {**said.event, "action": "edited"}
    ended = team.act("command", f"--answer={outputs['answer']}", event=event, job="start", **WINDOW)
    assert (ended.code, team.dispatched) == (0, []), ended
    assert "Only what a person writes is carried out." in team.body(int(outputs["answer"]))


@pytest.mark.parametrize("reason", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["deploy", "deploy hotfix", "rollback", "rollback dpl_1"])
def test_a_hostile_reason_is_sent_and_shown_as_it_is(team: Team, name: str, reason: str) -> None:
    ended, answer = team.carry_out(team.say(f"@workflow:{name} {reason}"))
    assert ended.code == 0, ended
    ((workflow, body),) = dispatches(team)
    rollback = {"target_deployment": name.partition(" ")[2] or "previous"}
    release = {"deployment_type": name.partition(" ")[2] or "standard", "commit": team.head("main")}
    own = rollback if workflow == "rollback.yml" else release
    inputs = {
        **own,
        "reason": " ".join(reason.replace("\u200d", "").split()),
        "answer": str(answer),
        "asked_by": "octocat",
    }
    assert body == {"ref": "main", "inputs": inputs, "return_run_details": True}
    assert set(facts_of(team.body(answer))) <= {"command", "run", "commit", "done"}
    shown = team.body(answer).partition("Reason: ")[2].partition("\n\n")[0]
    assert_harmless(shown)


@pytest.mark.parametrize("path", ["/permission$", "/contents/", "/activity", "/git/commits/", "/rules/"])
def test_where_github_does_not_tell_the_answer_says_so_and_the_job_fails(team: Team, path: str) -> None:
    said = team.say("@workflow:deploy")
    _, outputs = team.hear(said)
    team.production.arm(service="github", path=path, times=FOR_GOOD, status=503)
    ended = team.act("command", f"--answer={outputs['answer']}", event=said.event, job="start", **WINDOW)
    assert (ended.code, team.dispatched) == (1, []), ended
    answer = team.body(int(outputs["answer"]))
    assert answer.startswith("❌ ")
    assert "Nothing was started. [What happened](" in answer


@pytest.mark.parametrize(
    "way", [{"kind": "reset", "applied": True}, {"status": 502, "applied": True}, {"kind": "broken"}]
)
def test_a_start_whose_answer_is_lost_is_said_to_be_doubtful(team: Team, way: Mapping[str, Any]) -> None:
    said = team.say("@workflow:deploy")
    _, outputs = team.hear(said)
    team.production.arm(service="github", method="POST", path="/dispatches$", times=FOR_GOOD, **way)
    ended = team.act("command", f"--answer={outputs['answer']}", event=said.event, job="start", **WINDOW)
    assert (ended.code, len(team.dispatched)) == (1, 1), ended
    assert "It may have been started all the same" in team.body(int(outputs["answer"]))


@pytest.mark.parametrize("path", ["/issues/comments/[0-9]+$", "/reactions$"])
def test_an_answer_that_cannot_be_written_is_a_warning(team: Team, path: str) -> None:
    said = team.say("@workflow:deploy")
    _, outputs = team.hear(said)
    team.production.arm(service="github", path=path, times=FOR_GOOD, status=503)
    ended = team.act("command", f"--answer={outputs['answer']}", event=said.event, job="start", **WINDOW)
    assert (ended.code, len(team.dispatched)) == (0, 1), ended
    assert "The answer was not written" in ended.err


def test_a_command_is_carried_out_once_however_often_its_job_runs(team: Team) -> None:
    said = team.say("@workflow:lock production it is mine")
    _, outputs = team.hear(said)
    argument = f"--answer={outputs['answer']}"
    assert team.act("command", argument, event=said.event, job="lock").code == 0
    lock.let_go(team.github(), "production")
    again = {"GITHUB_RUN_ATTEMPT": "2", "GITHUB_TRIGGERING_ACTOR": "octocat"}
    team.act("command", argument, event=said.event, job="lock", **again)
    assert lock.read(team.github(), "production") is None
    assert "carried out already" in team.body(int(outputs["answer"]))


def test_nobody_else_has_a_command_run_again(team: Team) -> None:
    said = team.say("@workflow:lock production it is mine")
    _, outputs = team.hear(said)
    again = {"GITHUB_RUN_ATTEMPT": "2", "GITHUB_TRIGGERING_ACTOR": "mona"}
    team.act("command", f"--answer={outputs['answer']}", event=said.event, job="lock", **again)
    assert lock.read(team.github(), "production") is None
