import json
from collections.abc import Mapping
from typing import Any

import pytest

from deploy.comments.catalogue import CATALOGUE, PREFIX, table
from deploy.comments.markup import facts_of
from tests.deploy.comments.hostile import LOGINS, TEXTS, UNSEEN
from tests.deploy.comments.team import BOT, FOR_GOOD, TOKENS, Said, Team
from tests.deploy.comments.test_answering import assert_harmless


@pytest.mark.parametrize(
    ("login", "text"),
    [
        ("octocat", "deploy the page"),
        ("octocat", "rollback slow"),
        ("octocat", "lock mine"),
        ("octocat", "unlock"),
        ("mona", "status"),
        ("mona", "preview"),
        # What the command itself needs is asked by the job that carries it out, which knows the stack's settings.
        ("mona", "deploy"),
    ],
)
def test_a_command_is_taken_up_and_handed_on(team: Team, login: str, text: str) -> None:
    said = team.say(f"@workflow:{text}", login=login)
    ended, outputs = team.hear(said)
    assert ended.code == 0, ended
    name = text.partition(" ")[0]
    (answer,) = team.answers()
    assert answer.startswith(f"👀 `@workflow:{name}")
    assert facts_of(answer) == {"command": name}
    assert outputs == {"command": name, "answer": outputs["answer"]}
    assert team.body(int(outputs["answer"])) == answer
    assert team.reactions(said.comment) == ["eyes"]
    assert team.dispatched == []


def test_help_is_answered_at_once_to_everybody(team: Team) -> None:
    team.add_people("stranger")
    said = team.say("@workflow:help", login="stranger")
    ended, outputs = team.hear(said)
    assert ended.code == 0, ended
    (answer,) = team.answers()
    assert answer.startswith(table())
    assert (outputs["command"], team.reactions(said.comment)) == ("", ["eyes"])


@pytest.mark.parametrize(
    "text", ["Looks good.", "> @workflow:deploy", "```\n@workflow:deploy\n```", "    @workflow:deploy"]
)
def test_what_is_no_command_is_left_alone(team: Team, text: str) -> None:
    said = team.say(text)
    ended, outputs = team.hear(said)
    assert (ended.code, outputs) == (0, {"command": "", "answer": ""}), ended
    assert team.changes == []


@pytest.mark.parametrize(
    "change",
    [
        {"action": "edited"},
        {"action": "deleted"},
        {"comment": {"user": {"login": "renovate[bot]", "type": "Bot"}}},
        {"comment": {"user": {"login": BOT, "type": "Bot"}}},
        {"comment": {"user": {"login": "acme", "type": "Organization"}}},
    ],
)
def test_what_no_person_writes_anew_is_left_alone(team: Team, change: Mapping[str, Any]) -> None:
    said = team.say("@workflow:deploy")
    action = change.get("action", "created")
    event = {**said.event, "action": action, "comment": {**said.event["comment"], **change.get("comment", {})}}
    ended, outputs = team.hear(Said(comment=said.comment, event=event))
    assert (ended.code, outputs) == (0, {"command": "", "answer": ""}), ended
    assert team.changes == []


def test_an_apps_comment_is_left_alone(team: Team) -> None:
    _, outputs = team.hear(team.say("@workflow:deploy", login="renovate[bot]"))
    assert outputs == {"command": "", "answer": ""}
    assert team.changes == []


@pytest.mark.parametrize("login", ["hubot", "stranger"])
@pytest.mark.parametrize("text", ["deploy", "status", "rollback slow"])
def test_who_may_do_nothing_here_is_refused(team: Team, login: str, text: str) -> None:
    said = team.say(f"@workflow:{text}", login=login)
    ended, outputs = team.hear(said)
    assert (ended.code, outputs["command"]) == (0, ""), ended
    (answer,) = team.answers()
    assert "⛔ Nothing was started." in answer
    assert "needs the role write in this repository" in answer
    assert team.reactions(said.comment) == ["eyes", "-1"]


def test_what_cannot_be_meant_is_answered_with_what_to_write(team: Team) -> None:
    said = team.say("@workflow:rollback DPL_x slow")
    ended, outputs = team.hear(said)
    assert (ended.code, outputs["command"]) == (0, ""), ended
    (answer,) = team.answers()
    assert "Next: write dpl" in answer
    assert team.reactions(said.comment) == ["-1"]


@pytest.mark.parametrize("text", [*TEXTS.values(), *UNSEEN.values()], ids=[*TEXTS, *UNSEEN])
@pytest.mark.parametrize(
    "name", ["", "deploy ", "deploy hotfix ", "rollback ", "lock ", "unlock ", "preview ", "rollback dpl_"]
)
def test_a_hostile_comment_is_only_shown(team: Team, name: str, text: str) -> None:
    said = team.say(f"{PREFIX}{name}{text}")
    ended, outputs = team.hear(said)
    assert ended.code == 0, ended
    assert set(outputs) == {"command", "answer"}
    assert outputs["command"] in ("", *CATALOGUE)
    assert outputs["answer"].isdecimal()
    (answer,) = team.answers()
    shown, _, marker = answer.rpartition("\n\n<!-- deploy ")
    assert json.loads(marker.removesuffix(" -->")) == ({"command": outputs["command"]} if outputs["command"] else {})
    for paragraph in shown.split("\n\n"):
        assert_harmless(paragraph)
    assert not [line for line in ended.err.splitlines() if line.startswith("::")]
    assert "##[" not in ended.err


@pytest.mark.parametrize(
    "text", [f"@workflow:lock {'x' * 65_000}", f"@workflow:{'x' * 65_000}", f"@workflow:status\n{'@' * 65_000}"]
)
def test_a_huge_comment_is_answered_in_a_few_words(team: Team, text: str) -> None:
    ended, _ = team.hear(team.say(text))
    assert ended.code == 0, ended
    (answer,) = team.answers()
    assert len(answer) < 1000


@pytest.mark.parametrize("login", LOGINS)
def test_an_odd_login_is_nobody(team: Team, login: str) -> None:
    said = team.say("@workflow:deploy")
    user = {"login": login, "type": "User"}
    _, outputs = team.hear(
        Said(comment=said.comment, event={**said.event, "comment": {**said.event["comment"], "user": user}})
    )
    assert outputs["command"] == ("deploy" if login == "mona" else "")


@pytest.mark.parametrize("way", [{"status": 503}, {"status": 403}, {"kind": "reset"}])
def test_where_github_is_down_nothing_is_started(team: Team, way: Mapping[str, Any]) -> None:
    said = team.say("@workflow:deploy")
    team.production.arm(service="github", times=FOR_GOOD, **way)
    ended, outputs = team.hear(said)
    assert (ended.code, outputs) == (1, {}), ended
    assert "Nothing was started. Next: re-run this job" in ended.err


@pytest.mark.parametrize("path", ["/reactions$", "/permission$", "/issues/1/comments$"])
@pytest.mark.parametrize("way", [{"status": 503}, {"kind": "reset", "applied": True}, {"kind": "broken"}])
def test_where_github_fails_half_way_nothing_is_handed_on(team: Team, path: str, way: Mapping[str, Any]) -> None:
    said = team.say("@workflow:deploy")
    team.production.arm(service="github", path=path, times=FOR_GOOD, **way)
    ended, outputs = team.hear(said)
    assert (ended.code, outputs) == (1, {}), ended


@pytest.mark.parametrize(
    "event",
    [
        {},
        [],
        None,
        {"comment": {}, "issue": {}},
        {
            "action": "created",
            "issue": {"number": 1},
            "comment": {"body": "x", "user": None, "created_at": "now", "id": 1},
        },
        {"workflow_run": {"id": 1}},
    ],
)
def test_another_event_is_wrong_usage(team: Team, event: Any) -> None:
    ended = team.act("hear", event=event, job="hear")
    assert ended.code == 2, ended
    assert "is no file with an event of issue_comment" in ended.err


@pytest.mark.parametrize("missing", ["GITHUB_TOKEN", "GITHUB_REPOSITORY", "GITHUB_EVENT_PATH"])
def test_what_is_not_set_is_wrong_usage(team: Team, missing: str) -> None:
    path = str(team.write(team.say("@workflow:deploy").event))
    environ = {"GITHUB_EVENT_PATH": path, "GITHUB_TOKEN": TOKENS.format("octocat"), missing: ""}
    ended = team.run("hear", **environ)
    assert ended.code == 2, ended
    assert missing in ended.err


def test_a_comment_without_a_text_is_no_command(team: Team) -> None:
    said = team.say("@workflow:deploy")
    _, outputs = team.hear(
        Said(comment=said.comment, event={**said.event, "comment": {**said.event["comment"], "body": None}})
    )
    assert outputs == {"command": "", "answer": ""}
