from typing import Any

import httpx2
import pytest

from sandbox.world.webhooks import Outcome, arrange_backup
from tests.sandbox.world.conftest import Served


@pytest.fixture
def webhooks(served: Served) -> httpx2.Client:
    served.state.collection("webhooks.tokens")["pipeline"] = {"name": "pipeline"}
    served.visitor.headers["Authorization"] = "Bearer pipeline"
    served.visitor.base_url = httpx2.URL(served.urls["webhooks"])
    return served.visitor


def _start(webhooks: httpx2.Client, key: str | None = None) -> httpx2.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return webhooks.post("/backup", json={"environment": "production"}, headers=headers)


def _look(webhooks: httpx2.Client, started: httpx2.Response, times: int) -> list[str]:
    return [webhooks.get(f"/backup/{started.json()['backup_id']}").json()["status"] for _ in range(times)]


def test_a_backup_is_complete_at_once_unless_arranged_otherwise(webhooks: httpx2.Client) -> None:
    started = _start(webhooks)
    assert (started.status_code, started.json()["status"]) == (201, "completed")
    assert _look(webhooks, started, 2) == ["completed"] * 2


@pytest.mark.parametrize(
    ("arranged", "start", "then"),
    [
        (("completed", 2), 202, ["pending", "pending", "completed", "completed"]),
        (("completed", 1), 202, ["pending", "completed", "completed"]),
        (("completed", 0), 201, ["completed"]),
        (("failed", 1), 202, ["pending", "failed", "failed"]),
        (("failed", 0), 201, ["failed"]),
        (("never", 0), 202, ["pending"] * 6),
        (("never", 2), 202, ["pending"] * 6),
    ],
)
def test_a_backup_goes_as_arranged(
    served: Served, webhooks: httpx2.Client, arranged: tuple[Outcome, int], start: int, then: list[str]
) -> None:
    outcome, looks = arranged
    arrange_backup(served.state, outcome, looks=looks)
    started = _start(webhooks)
    assert started.status_code == start
    location = f"/backup/{started.json()['backup_id']}" if start == 202 else None
    assert started.headers.get("location") == location
    assert _look(webhooks, started, len(then)) == then
    assert _start(webhooks).json()["status"] == "completed"


def test_an_arranged_answer_names_no_backup(served: Served, webhooks: httpx2.Client) -> None:
    arrange_backup(served.state, "nameless", times=2)
    assert [_start(webhooks).json() for _ in range(2)] == [{"status": "completed"}] * 2
    assert "backup_id" in _start(webhooks).json()


def test_the_same_key_starts_one_backup_and_no_look_is_taken_by_asking_again(
    served: Served, webhooks: httpx2.Client
) -> None:
    arrange_backup(served.state, "completed", looks=1)
    first, second, other = (_start(webhooks, key) for key in ("one", "one", "two"))
    assert (second.status_code, second.json(), second.headers["location"]) == (
        202,
        first.json(),
        first.headers["location"],
    )
    assert other.json()["backup_id"] != first.json()["backup_id"]
    assert _look(webhooks, first, 2) == ["pending", "completed"]
    again = _start(webhooks, "one")
    assert again.status_code == 200
    assert again.json() == {
        **first.json(),
        "status": "completed",
        "created_at": again.json()["created_at"],
        "verified": True,
    }
    assert len(served.state.collection("webhooks.backups")) == 2


def test_the_same_key_asks_for_one_rollback_of_the_database(served: Served, webhooks: httpx2.Client) -> None:
    def ask(key: str | None, body: Any) -> str:
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = webhooks.post("/database-rollback", json=body, headers=headers)
        assert answer.status_code == 202
        return answer.json()["rollback_id"]

    names = [ask(key, {"to": "41"}) for key in ("one", "one", "two", None, None)]
    assert [names[0] == name for name in names] == [True, True, False, False, False]
    rollbacks = served.state.collection("webhooks.database_rollbacks")
    assert list(rollbacks.values()) == [{"to": "41"}] * 4


def test_a_key_for_a_backup_says_nothing_of_the_database(served: Served, webhooks: httpx2.Client) -> None:
    _start(webhooks, "one")
    webhooks.post("/database-rollback", json={}, headers={"Idempotency-Key": "one"})
    assert len(served.state.collection("webhooks.database_rollbacks")) == 1
