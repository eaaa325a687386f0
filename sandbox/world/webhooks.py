"""The team's own webhooks, as the pipeline calls them: the backup service and the database's rollback.

Both honour an Idempotency-Key: a call that is made again with the same one starts nothing and names what was started.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from sandbox.world.service import Request, Response, Routes, Service, ServiceError
from sandbox.world.state import Document, State

routes = Routes()

Outcome = Literal["completed", "failed", "never", "nameless"]
_OUTCOMES = "webhooks.backup_outcomes"
_BACKUPS = "webhooks.backups"
_ROLLBACKS = "webhooks.database_rollbacks"
_STARTED = "webhooks.started"
"""What an Idempotency-Key has started: by path and key, `{"name": KEY}`."""


def arrange_backup(state: State, outcome: Outcome, *, looks: int = 0, times: int = 1) -> None:
    """Say what becomes of the next backups that are started. What nothing is arranged for is complete at once.

    Args:
        state: the world.
        outcome: `completed` or `failed`, after it was `pending`; `never` stays pending; `nameless` is complete at once,
            and the answer does not say which backup it is about.
        looks: how many times a look at the backup finds it pending first.
        times: for how many backups.
    """
    for _ in range(times):
        state.collection(_OUTCOMES).add({"outcome": outcome, "looks": looks})


@routes.add("POST", "/backup")
def start_backup(request: Request) -> Response:
    """Start a backup and name it: 201 when it is over at once, 202 with its address when it is pending."""
    wanted = request.json()
    backups = request.state.collection(_BACKUPS)
    started = _started(request)
    if started is not None:
        return _start_answer(started, backups[started], 200)
    arranged = _next_outcome(request.state)
    pending = arranged["outcome"] == "never" or arranged["looks"] > 0
    backup: Document = {
        "environment": wanted.get("environment"),
        "status": "pending" if pending else "failed" if arranged["outcome"] == "failed" else "completed",
        "idempotency_key": request.headers.get("idempotency-key"),
        "created_at": datetime.now(UTC).isoformat(),
        **arranged,
    }
    name = backups.add(backup)
    _remember(request, name)
    return _start_answer(name, backup, 201)


@routes.add("GET", "/backup/{name}")
def show_backup(request: Request) -> Response:
    """A backup's status. Each look is a step, so that no test depends on a clock."""
    backups = request.state.collection(_BACKUPS)
    name = request.parameters["name"]
    if name not in backups:
        raise ServiceError(404, {"message": f"no backup {name}"})
    backup = backups[name]
    if backup["status"] == "pending" and backup["outcome"] != "never":
        if backup["looks"] == 0:
            backup["status"] = backup["outcome"]
        else:
            backup["looks"] -= 1
        backups[name] = backup
    return Response(200, _shown(name, backup))


@routes.add("POST", "/database-rollback")
def roll_back_database(request: Request) -> Response:
    """Record that the database's rollback was asked for."""
    wanted = request.json()
    name = _started(request)
    if name is None:
        name = request.state.collection(_ROLLBACKS).add(wanted)
        _remember(request, name)
    return Response(202, {"rollback_id": name})


def _start_answer(name: str, backup: Document, status_when_over: int) -> Response:
    if backup["outcome"] == "nameless":
        return Response(status_when_over, {"status": backup["status"]})
    shown = _shown(name, backup)
    if backup["status"] == "pending":
        return Response(202, shown, {"Location": f"/backup/{name}"})
    return Response(status_when_over, shown)


def _shown(name: str, backup: Document) -> dict[str, Any]:
    """A backup as it is answered; one that is completed was read in full, as the service says itself."""
    shown = {"backup_id": name, "status": backup["status"]}
    if backup["status"] == "completed":
        shown |= {"created_at": backup["created_at"], "verified": True}
    return shown


def _next_outcome(state: State) -> Document:
    outcomes = state.collection(_OUTCOMES)
    first = next(iter(outcomes), None)
    return {"outcome": "completed", "looks": 0} if first is None else outcomes.pop(first)


def _started(request: Request) -> str | None:
    """The name of what a call with the same Idempotency-Key started before."""
    key = request.headers.get("idempotency-key")
    return request.state.collection(_STARTED).get(f"{request.path} {key}", {}).get("name") if key else None


def _remember(request: Request, name: str) -> None:
    key = request.headers.get("idempotency-key")
    if key:
        request.state.collection(_STARTED)[f"{request.path} {key}"] = {"name": name}


def _authenticate(request: Request) -> Mapping[str, Any]:
    tokens = request.state.collection("webhooks.tokens")
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in tokens:
        raise ServiceError(401, {"message": "unknown token"})
    return tokens[token]


WEBHOOKS = Service(name="webhooks", subjects=(routes,), authenticate=_authenticate)
