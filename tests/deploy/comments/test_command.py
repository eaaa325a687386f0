import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from deploy.comments.catalogue import CATALOGUE, table
from deploy.release import lock
from sandbox.world.exchanges import Exchange
from sandbox.world.github.pulls import close_pull_request, merge_pull_request
from tests.deploy.comments.hostile import TEXTS
from tests.deploy.comments.team import FOR_GOOD, PEOPLE, TOKENS, WINDOW, Team
from tests.deploy.comments.test_lock import WANTED

CLOSED = {"DEPLOY_WINDOW": "Sat 01:00-02:00 UTC"}
FROZEN = {"DEPLOY_FREEZES": '["2026-11-20/2026-11-25"]'}


def dispatches(team: Team) -> list[tuple[str, dict[str, Any]]]:
    """What GitHub was asked to start: the workflow, and the body as it was sent."""
    return [(_workflow(sent), json.loads(sent.request_body)) for sent in team.changes if "/dispatches" in sent.path]


def _workflow(sent: Exchange) -> str:
    return sent.path.removeprefix("/repos/acme/ai-tools/actions/workflows/").removesuffix("/dispatches")


def started(team: Team, ref: str, **inputs: str) -> dict[str, Any]:
    """The body that starts a workflow."""
    assert team.dispatched[-1]["inputs"] == {**team.dispatched[-1]["inputs"], **inputs}
    return {"ref": ref, "inputs": inputs, "return_run_details": True}


def test_deploy_starts_production_on_mains_commit(team: Team) -> None:
    ended = team.type("@workflow:deploy the new page")
    assert ended.code == 0, ended
    inputs = {"deployment_type": "standard", "reason": "the new page", "commit": team.head("main")}
    assert dispatches(team) == [("production.yml", started(team, "main", **inputs))]
    (run,) = team.dispatched
    assert (run["ref"], run["sha"], run["actor"]) == ("refs/heads/main", team.head("main"), "octocat")
    assert (ended.document["run"], ended.document["url"].endswith(f"/runs/{run['id']}")) == (run["id"], True)
    assert f"commit `{team.head('main')[:12]}`: [queued](" in ended.document["message"]
    assert "Staging verified the same tree" in ended.document["message"]


@pytest.mark.parametrize("environ", [{}, CLOSED, FROZEN, {"DEPLOY_WINDOW": ""}])
def test_a_hotfix_passes_the_window_and_staging(team: Team, environ: Mapping[str, str]) -> None:
    commit = team.push("main", {"app.txt": "hotfix"}, login="octocat")
    ended = team.type("@workflow:deploy hotfix checkout fails", **environ)
    assert ended.code == 0, ended
    inputs = {"deployment_type": "hotfix", "reason": "checkout fails", "commit": commit}
    assert dispatches(team) == [("production.yml", started(team, "main", **inputs))]
    assert "a hotfix goes on without" in ended.document["message"]


def test_preview_starts_on_develop_with_the_pull_requests_commit(team: Team) -> None:
    number = team.pull_request()
    ended = team.type("@workflow:preview", f"--pull-request={number}", login="mona")
    assert ended.code == 0, ended
    inputs = {"pull_request": str(number), "commit": team.head("feature/x")}
    assert dispatches(team) == [("preview.yml", started(team, "develop", **inputs))]


@pytest.mark.parametrize("target", ["previous", "dpl_Abc123", "ai-tools-abc-acme.vercel.app"])
def test_rollback_starts_whatever_is_locked_or_closed(team: Team, target: str) -> None:
    lock.take(team.github(), WANTED)
    ended = team.type(f"@workflow:rollback {target} slow", **CLOSED)
    assert ended.code == 0, ended
    inputs = {"target_deployment": target, "reason": "slow"}
    assert dispatches(team) == [("rollback.yml", started(team, "main", **inputs))]


@pytest.mark.parametrize("path", ["/activity", "/git/", "/contents/", "/pulls", "/runs$", "/check-runs", "/rules/"])
def test_rollback_waits_for_nothing_that_github_knows_of_commits(team: Team, path: str) -> None:
    team.production.arm(service="github", path=path, times=FOR_GOOD, status=500)
    assert team.type("@workflow:rollback slow").code == 0
    assert len(team.dispatched) == 1


def test_lock_and_unlock_hold_and_let_go(team: Team) -> None:
    ended = team.type("@workflow:lock staging a load test")
    assert ended.code == 0, ended
    held = lock.read(team.github(), "staging")
    assert held is not None
    assert (held.by, held.reason, held.since) == ("octocat", "a load test", "2026-11-23T12:00:00Z")
    again = team.type("@workflow:lock staging mine", login="operator")
    assert again.code == 2
    assert "staging is locked by octocat" in again.err
    assert team.type("@workflow:unlock staging").code == 0
    assert lock.read(team.github(), "staging") is None
    assert team.dispatched == []


def test_help_is_the_table_for_everybody_and_asks_nobody(team: Team) -> None:
    ended = team.run("command", "@workflow:help", "--json", GITHUB_TOKEN="")
    assert (ended.code, ended.document["message"]) == (0, table()), ended
    assert [exchange for _, exchange in team.production.exchanges() if exchange.service == "github"] == []


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
@pytest.mark.parametrize(
    ("login", "text", "needs"),
    [
        *(("mona", text, "maintain") for text in ("deploy", "deploy hotfix now", "rollback slow", "lock x", "unlock")),
        *(("hubot", text, "write") for text in ("preview", "status")),
        ("hubot", "deploy", "maintain"),
    ],
)
def test_who_may_not_is_refused_and_told_who_may(
    team: Team, login: str, text: str, needs: str, dry: tuple[str, ...]
) -> None:
    ended = team.type(f"@workflow:{text}", *dry, login=login)
    assert ended.code == 2, ended
    said = f"needs the role {needs} in this repository, and yours is {PEOPLE[login]}."
    assert said in ended.document["message"]
    assert ended.document["next"] == f"ask somebody with the role {needs}."
    assert team.changes == []


def test_a_stranger_is_told_nothing(team: Team) -> None:
    ended = team.type("@workflow:status", login="stranger")
    assert ended.code != 0, ended
    assert team.changes == []


@pytest.mark.parametrize(
    ("roles", "login", "code"),
    [
        ('{"deploy": "write"}', "mona", 0),
        ('{"deploy": "admin"}', "octocat", 2),
        ('{"deploy": "admin"}', "operator", 0),
        ('{"lock": "admin"}', "octocat", 0),
        ('{"deploy": "read"}', "operator", 2),
        ("nonsense", "operator", 2),
    ],
)
def test_a_variable_says_who_may(team: Team, roles: str, login: str, code: int) -> None:
    ended = team.type("@workflow:deploy", login=login, COMMAND_ROLES=roles)
    assert ended.code == code, ended
    assert len(team.dispatched) == (code == 0)


@pytest.mark.parametrize(
    ("environment", "text"), [("production", "deploy"), ("production", "deploy hotfix now"), ("staging", "preview")]
)
def test_what_is_locked_is_refused_with_who_holds_it(team: Team, environment: str, text: str) -> None:
    number = team.pull_request()
    lock.take(team.github(), replace(WANTED, environment=environment))
    arguments = [f"--pull-request={number}"] if text == "preview" else []
    ended = team.type(f"@workflow:{text}", *arguments)
    assert ended.code == 2, ended
    assert f"{environment} is locked by octocat since 2026-11-23T12:00:00Z: an audit." in ended.document["message"]
    assert f"`@workflow:unlock {environment}`" in ended.document["next"]
    assert team.dispatched == []


def test_the_lock_of_one_environment_does_not_hold_the_other(team: Team) -> None:
    number = team.pull_request()
    lock.take(team.github(), WANTED)
    assert team.type("@workflow:preview", f"--pull-request={number}").code == 0


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (CLOSED, "outside production's window Sat 01:00-02:00 UTC. It opens at Sat 2026-11-28 01:00 UTC."),
        (FROZEN, "outside production's window"),
        ({"DEPLOY_WINDOW": "sometimes"}, "The window"),
        ({"DEPLOY_WINDOW": ""}, "There is no window"),
    ],
)
def test_outside_the_window_it_is_refused(team: Team, environ: Mapping[str, str], said: str) -> None:
    ended = team.type("@workflow:deploy", **environ)
    assert ended.code == 2, ended
    assert said in ended.document["message"]
    assert team.dispatched == []


def test_what_staging_has_not_verified_is_refused_unless_the_stack_does_not_ask(team: Team) -> None:
    team.push("main", {"app.txt": "2"}, login="octocat")
    ended = team.type("@workflow:deploy")
    assert ended.code == 2, ended
    assert "Staging has not verified the tree" in ended.document["message"]
    assert team.dispatched == []
    assert team.type("@workflow:deploy", REQUIRE_STAGING="false").code == 0


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("rollback https://evil.example/x slow", "no deployment's ID or address"),
        ("rollback dpl_$(id) slow", "no deployment's ID or address"),
        ("unlock everything", "There is no environment 'everything'"),
        ("deploy staging", "is about production, not staging"),
        ("preview", "A preview is of a pull request, and this is none."),
        ("deplyo", "There is no command 'deplyo'"),
    ],
)
def test_what_it_cannot_be_about_is_refused(team: Team, text: str, what: str) -> None:
    ended = team.type(f"@workflow:{text}")
    assert ended.code == 2, ended
    assert what in ended.document["message"]
    assert team.changes == []


@pytest.mark.parametrize(
    "text", ["", "deploy", "> @workflow:deploy", "    @workflow:deploy", "```\n@workflow:deploy\n```"]
)
def test_what_is_no_command_is_wrong_usage(team: Team, text: str) -> None:
    ended = team.type(text)
    assert ended.code == 2, ended
    assert "is no command" in ended.document["message"]


@pytest.mark.parametrize("argv", [(), ("@workflow:status", "--answer=1")])
def test_either_words_or_a_comment_are_carried_out(team: Team, argv: tuple[str, ...]) -> None:
    assert team.type(*argv).code == 2
    assert team.changes == []


def test_a_fork_has_no_preview_and_is_not_released(team: Team) -> None:
    number = team.pull_request("main", fork="hubot", login="hubot")
    preview = team.type("@workflow:preview", f"--pull-request={number}")
    assert preview.code == 2, preview
    assert "comes from a fork" in preview.document["message"]
    deploy = team.type("@workflow:deploy", f"--pull-request={number}")
    assert deploy.code == 2, deploy
    assert "a pull request of a fork, and is not merged" in deploy.document["message"]
    assert team.dispatched == []


def test_a_pull_request_is_released_only_once_it_is_merged(team: Team) -> None:
    number = team.pull_request(base="main")
    ended = team.type("@workflow:deploy", f"--pull-request={number}")
    assert ended.code == 2, ended
    assert "this is a pull request which is not merged" in ended.document["message"]
    merge_pull_request(team.production.state, team.repository, number, login="octocat")
    ended = team.type("@workflow:deploy", f"--pull-request={number}", REQUIRE_STAGING="false")
    assert ended.code == 0, ended
    assert team.dispatched[0]["inputs"]["commit"] == team.head("main")


def test_a_closed_pull_request_has_no_preview(team: Team) -> None:
    number = team.pull_request()
    close_pull_request(team.production.state, team.repository, number, login="mona")
    ended = team.type("@workflow:preview", f"--pull-request={number}")
    assert ended.code == 2, ended
    assert "is closed" in ended.document["message"]


def test_a_pull_request_that_is_not_there_has_no_preview(team: Team) -> None:
    ended = team.type("@workflow:preview", "--pull-request=4711")
    assert ended.code == 1, ended
    assert team.dispatched == []


@pytest.mark.parametrize("reason", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("name", ["deploy", "rollback"])
def test_a_hostile_reason_is_sent_as_it_is_and_nothing_else(team: Team, name: str, reason: str) -> None:
    ended = team.type(f"@workflow:{name} {reason}")
    assert ended.code == 0, ended
    ((_, body),) = dispatches(team)
    kept = " ".join(reason.replace("\u200d", "").split())
    wanted: dict[str, str] = (
        {"deployment_type": "standard", "reason": kept, "commit": team.head("main")}
        if name == "deploy"
        else {"target_deployment": "previous", "reason": kept}
    )
    assert body == {"ref": "main", "inputs": wanted, "return_run_details": True}
    assert "##[" not in ended.err
    assert not [line for line in ended.err.splitlines() if line.startswith("::")]


DRY = {
    "deploy the page": {"environment": "production", "type": "standard", "target": "", "reason": "the page"},
    "deploy hotfix now": {"environment": "production", "type": "hotfix", "target": "", "reason": "now"},
    "preview": {"environment": "staging", "type": "", "target": "", "reason": ""},
    "rollback dpl_1 slow": {"environment": "production", "type": "", "target": "dpl_1", "reason": "slow"},
    "lock staging mine": {"environment": "staging", "type": "", "target": "", "reason": "mine"},
    "unlock": {"environment": "production", "type": "", "target": "", "reason": ""},
    "status": {"environment": "", "type": "", "target": "", "reason": ""},
    "help": {"environment": "", "type": "", "target": "", "reason": ""},
}
"""Commands, and what a dry run says of them."""


@pytest.mark.parametrize("text", DRY)
@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_dry_run_says_what_it_would_do_and_changes_nothing(team: Team, text: str, as_json: tuple[str, ...]) -> None:
    argv = ("command", f"@workflow:{text}", "--dry-run", f"--pull-request={team.pull_request()}", *as_json)
    if text.startswith("deploy"):
        argv = argv[:3] + as_json
    without = team.run(*argv, GITHUB_TOKEN="", **WINDOW)
    assert [exchange for _, exchange in team.production.exchanges() if exchange.service == "github"] == []
    checked = team.run(*argv, GITHUB_TOKEN=TOKENS.format("octocat"), **WINDOW)
    assert team.changes == []
    assert (without.code, checked.code) == (0, 0), (without, checked)
    wanted = {"command": text.partition(" ")[0], **DRY[text]}
    assert without.document == {**without.document, **wanted, "checked": False}
    assert checked.document == {**checked.document, **wanted, "checked": True, "by": "octocat"}


@pytest.mark.parametrize(
    ("text", "workflow", "inputs"),
    [
        ("deploy now", "production.yml", {"deployment_type": "standard", "reason": "now"}),
        ("rollback slow", "rollback.yml", {"target_deployment": "previous", "reason": "slow"}),
    ],
)
def test_a_dry_run_has_what_would_be_started(team: Team, text: str, workflow: str, inputs: Mapping[str, str]) -> None:
    document = team.type(f"@workflow:{text}", "--dry-run").document
    assert (document["workflow"], document["ref"]) == (workflow, "main")
    assert document["inputs"] == {**document["inputs"], **inputs}


@pytest.mark.parametrize("token", ["", TOKENS.format("octocat")])
@pytest.mark.parametrize("text", ["deploy staging", "rollback", "lock", "deplyo", "status now", "nothing"])
def test_a_dry_run_refuses_what_is_refused(team: Team, text: str, token: str) -> None:
    ended = team.run("command", f"@workflow:{text}", "--dry-run", "--json", GITHUB_TOKEN=token)
    assert ended.code == 2, ended
    assert ended.document["done"] is False
    assert team.changes == []


@pytest.mark.parametrize("environ", [CLOSED, FROZEN])
def test_a_dry_run_with_a_token_refuses_what_the_stack_refuses(team: Team, environ: Mapping[str, str]) -> None:
    ended = team.type("@workflow:deploy", "--dry-run", **environ)
    assert ended.code == 2, ended
    assert team.type("@workflow:deploy", "--dry-run", GITHUB_TOKEN="", **environ).code == 0
    assert team.changes == []


@pytest.mark.parametrize("text", [name for name in DRY if name != "help"])
@pytest.mark.parametrize("way", [{"status": 503}, {"status": 401}, {"kind": "reset"}, {"kind": "broken"}])
def test_where_github_is_down_nothing_is_started(team: Team, text: str, way: Mapping[str, Any]) -> None:
    team.production.arm(service="github", times=FOR_GOOD, **way)
    ended = team.type(f"@workflow:{text}")
    assert ended.code == 1, ended
    assert ended.document["state"] == "Nothing was started."
    assert team.changes == []


@pytest.mark.parametrize(
    "path", ["/permission$", "/contents/", "/git/ref/", "/git/commits/", "/runs$", "/rules/", "/check-runs"]
)
@pytest.mark.parametrize("status", [403, 503])
def test_where_github_does_not_tell_what_has_to_be_known_nothing_is_started(team: Team, path: str, status: int) -> None:
    team.production.arm(
        service="github", path=path.replace("/runs$", "/staging.yml/runs"), times=FOR_GOOD, status=status
    )
    ended = team.type("@workflow:deploy")
    assert (ended.code, team.changes) == (1, []), ended


@pytest.mark.parametrize(
    "way", [{"kind": "reset", "applied": True}, {"status": 502, "applied": True}, {"kind": "broken"}]
)
@pytest.mark.parametrize("text", ["deploy", "rollback slow"])
def test_a_start_whose_answer_is_lost_is_not_asked_for_twice(team: Team, text: str, way: Mapping[str, Any]) -> None:
    team.production.arm(service="github", method="POST", path="/dispatches$", times=FOR_GOOD, **way)
    ended = team.type(f"@workflow:{text}")
    assert ended.code == 1, ended
    assert ended.document["state"] == "It may have been started all the same."
    assert "`@workflow:status`" in ended.document["next"]
    assert len(team.dispatched) == len(dispatches(team)) == 1


def test_every_command_is_tried_here() -> None:
    assert {text.partition(" ")[0] for text in DRY} == set(CATALOGUE)
