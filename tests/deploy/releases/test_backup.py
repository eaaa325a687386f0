import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.world.exchanges import Exchange
from sandbox.world.webhooks import Outcome, arrange_backup
from tests.deploy.ended import Ended
from tests.deploy.releases.listener import Answer, answer, listening
from tests.deploy.releases.production import WEBHOOK_TOKEN, Production

FOR_GOOD = 1000
DONE = {"backup_id": "b-1", "status": "completed"}
PENDING = {"backup_id": "b-1", "status": "pending"}


def _back_up(production: Production, *argv: str, **environ: str) -> Ended:
    address = environ.pop("BACKUP_WEBHOOK", f"{production.urls['webhooks']}/backup")
    settings = {"BACKUP_WEBHOOK": address, "BACKUP_TOKEN": WEBHOOK_TOKEN, **environ}
    return production.run("backup", *argv, timeout_seconds=5, **settings)


def _calls(production: Production) -> list[Exchange]:
    return [exchange for _, exchange in production.exchanges() if exchange.service == "webhooks"]


def _made(production: Production) -> dict[str, Any]:
    return dict(production.state.collection("webhooks.backups"))


@pytest.mark.parametrize(("looks", "calls"), [(0, ["POST"]), (2, ["POST", "GET", "GET", "GET"])])
def test_a_backup_that_completes_is_named_and_followed_where_its_location_says(
    production: Production, tmp_path: Path, looks: int, calls: list[str]
) -> None:
    arrange_backup(production.state, "completed", looks=looks)
    outputs = tmp_path / "outputs"
    ended = _back_up(production, GITHUB_OUTPUT=str(outputs))
    assert ended.code == 0, ended
    (name,) = _made(production)
    named, handed_over = outputs.read_text().splitlines()
    assert named == f"backup_id={name}"
    assert json.loads(handed_over.removeprefix("restore_point="))["id"] == name
    assert [call.method for call in _calls(production)] == calls
    assert {call.path for call in _calls(production) if call.method == "GET"} <= {f"/backup/{name}"}
    assert _made(production)[name]["environment"] == "production"


@pytest.mark.parametrize(
    ("outcome", "looks", "said"),
    [
        ("failed", 0, "ended as 'failed'"),
        ("failed", 2, "ended as 'failed'"),
        ("never", 0, "has not ended after 60 s"),
        ("nameless", 0, "The webhook answered, but named no"),
    ],
)
def test_without_a_backup_that_is_done_and_named_nothing_is_released(
    production: Production, tmp_path: Path, outcome: Outcome, looks: int, said: str
) -> None:
    arrange_backup(production.state, outcome, looks=looks)
    outputs = tmp_path / "outputs"
    ended = _back_up(production, "--wait=60", GITHUB_OUTPUT=str(outputs))
    assert ended.code == 1, ended
    assert said in ended.err
    assert "Nothing was released" in ended.err
    assert not outputs.exists()
    assert len(_calls(production)) < 20


@pytest.mark.parametrize("wait", ["nan", "inf", "-1", "soon"])
def test_a_wait_that_could_not_end_is_refused_before_anything_is_called(production: Production, wait: str) -> None:
    assert _back_up(production, f"--wait={wait}").code == 2
    assert _calls(production) == []


@pytest.mark.parametrize("missing", ["BACKUP_WEBHOOK", "BACKUP_TOKEN", "ENVIRONMENT"])
def test_a_missing_setting_is_named(production: Production, missing: str) -> None:
    ended = _back_up(production, **{missing: ""})
    assert ended.code == 2, ended
    assert missing in ended.err
    assert _calls(production) == []


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        ({"status": 401}, 1),
        ({"status": 404}, 1),
        ({"status": 500}, 4),
        ({"status": 500, "applied": True}, 4),
        ({"kind": "broken"}, 4),
        ({"kind": "reset"}, 4),
        ({"status": 302, "headers": {"Location": "/backup/1"}}, 1),
    ],
)
def test_a_webhook_that_goes_wrong_for_good_is_no_backup(
    production: Production, fault: dict[str, Any], calls: int
) -> None:
    production.arm(service="webhooks", times=FOR_GOOD, **fault)
    ended = _back_up(production)
    assert ended.code == 1, ended
    assert "There is no" in ended.err
    assert len(_calls(production)) == calls
    assert len(_made(production)) <= 1


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 500, "applied": True}, {"kind": "broken"}])
@pytest.mark.parametrize("method", ["POST", "GET"])
def test_an_answer_that_is_lost_once_starts_no_second_backup(
    production: Production, fault: dict[str, Any], method: str
) -> None:
    arrange_backup(production.state, "completed", looks=1)
    production.arm(service="webhooks", method=method, **fault)
    ended = _back_up(production)
    assert ended.code == 0, ended
    assert len(_made(production)) == 1


def test_an_unknown_token_is_refused_and_not_sent_again(production: Production) -> None:
    ended = _back_up(production, BACKUP_TOKEN="token-that-nobody-knows")
    assert ended.code == 1, ended
    assert "401" in ended.err
    assert [call.status for call in _calls(production)] == [401]


@pytest.mark.parametrize(
    ("second", "backups"),
    [
        ({"GITHUB_RUN_ATTEMPT": "1"}, 1),
        ({"GITHUB_RUN_ATTEMPT": "2"}, 2),
        ({"GITHUB_RUN_ID": "4712"}, 2),
        ({"GITHUB_RUN_ID": ""}, 2),
    ],
)
def test_one_attempt_of_one_run_makes_one_backup(production: Production, second: dict[str, str], backups: int) -> None:
    arrange_backup(production.state, "completed", looks=1, times=2)
    assert [_back_up(production).code, _back_up(production, **second).code] == [0, 0]
    assert len(_made(production)) == backups


@pytest.mark.parametrize(
    "answers",
    [
        [answer(PENDING, status=202), answer(PENDING), answer(DONE)],
        [answer({"backup_id": "b-1"}, status=202), answer(DONE)],
        [answer({"backup_id": "b-1", "status": "QUEUED"}), answer({**DONE, "status": "Succeeded"})],
        [answer(PENDING, status=202, location="http://[broken"), answer(DONE)],
        [answer(PENDING, status=202, location="/bäckup"), answer(DONE)],
        [answer(PENDING, status=202, location="ftp:///backup"), answer(DONE)],
    ],
    ids=["without Location", "without a status", "other words", "broken Location", "odd Location", "odd scheme"],
)
def test_a_backup_without_a_location_to_follow_is_asked_for_with_the_same_key(
    production: Production, answers: list[Answer]
) -> None:
    with listening(answers) as server:
        ended = _back_up(production, "--json", BACKUP_WEBHOOK=f"{server.url}/snapshots")
    assert ended.code == 0, ended
    assert ended.document["backup_id"] == "b-1"
    assert [(asked.method, asked.path) for asked in server.asked] == [("POST", "/snapshots")] * len(answers)
    assert {asked.headers["idempotency-key"] for asked in server.asked} == {"backup-4711-1"}
    assert {asked.headers["authorization"] for asked in server.asked} == {f"Bearer {WEBHOOK_TOKEN}"}


def test_a_backup_that_was_named_at_its_start_need_not_be_named_at_its_end(production: Production) -> None:
    answers = [answer(PENDING, status=202, location="status"), answer({"status": "completed"})]
    with listening(answers) as server:
        ended = _back_up(production, "--json", BACKUP_WEBHOOK=f"{server.url}/hooks/snapshots")
    assert ended.code == 0, ended
    assert ended.document["backup_id"] == "b-1"
    assert [asked.path for asked in server.asked] == ["/hooks/snapshots", "/hooks/status"]


def test_a_location_on_another_host_never_sees_the_token(production: Production) -> None:
    with listening([answer(DONE)]) as other:
        location = f"{other.elsewhere}/backup/1"
        with listening([answer(PENDING, status=202, location=location), answer(DONE)]) as server:
            ended = _back_up(production, BACKUP_WEBHOOK=f"{server.url}/snapshots")
    assert ended.code == 0, ended
    assert other.asked == []
    assert [asked.method for asked in server.asked] == ["POST", "POST"]


@pytest.mark.parametrize(
    "document",
    [
        {"backup_id": "  ", "status": "completed"},
        {"backup_id": None, "status": "completed"},
        {"backup_id": ["b-1"], "status": "completed"},
        {"backup_id": "b-1", "status": "exploded"},
        {"backup_id": "b-1", "status": False},
        ["b-1"],
        "b-1",
        None,
    ],
    ids=repr,
)
def test_an_answer_that_does_not_say_which_backup_is_done_is_none(production: Production, document: Any) -> None:
    with listening([answer(document)]) as server:
        ended = _back_up(production, "--wait=5", BACKUP_WEBHOOK=f"{server.url}/snapshots")
    assert ended.code == 1, ended


@pytest.mark.parametrize(
    ("said", "handed_over"),
    [
        ({}, {"created_at": "", "verified": False}),
        (
            {"created_at": "2026-11-23T11:59:00Z", "verified": True},
            {"created_at": "2026-11-23T11:59:00Z", "verified": True},
        ),
        ({"created_at": 7, "verified": "yes"}, {"created_at": "", "verified": False}),
    ],
)
def test_what_the_service_says_of_its_backup_is_handed_over_as_it_is(
    production: Production, said: dict[str, Any], handed_over: dict[str, Any]
) -> None:
    with listening([answer({**DONE, **said})]) as listener:
        ended = _back_up(production, "--json", BACKUP_WEBHOOK=f"http://127.0.0.1:{listener.port}/backup")
    assert ended.document["restore_point"] == {"id": "b-1", **handed_over}


@pytest.mark.parametrize(
    ("created", "warns"),
    [
        ("2026-11-23T11:30:00Z", False),
        ("2026-11-23T13:30:00+01:00", False),
        ("2026-11-23T10:30:00Z", True),
        ("2026-11-22T12:00:00+00:00", True),
        ("2020-01-01T00:00:00", False),
        ("yesterday", False),
    ],
)
def test_an_old_backup_for_a_new_one_is_warned_of(production: Production, created: str, *, warns: bool) -> None:
    with listening([answer({**DONE, "created_at": created, "verified": True})]) as server:
        ended = _back_up(production, "--json", BACKUP_WEBHOOK=f"{server.url}/snapshots")
    assert ended.code == 0, ended
    assert ["The backup b-1 is" in warning for warning in ended.document["warnings"]] == [True] * warns
