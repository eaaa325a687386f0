"""The team's own webhooks, as the pipeline calls them: the backup service and the database's rollback."""

from collections.abc import Mapping
from typing import Any

from sandbox.world.service import Request, Response, Routes, Service, ServiceError

routes = Routes()


@routes.add("POST", "/backup")
def start_backup(request: Request) -> Response:
    """Start a backup and name it. The same Idempotency-Key names the same backup."""
    wanted = request.json()
    backups = request.state.collection("webhooks.backups")
    key = request.headers.get("idempotency-key")
    if key is not None:
        for name in backups:
            if backups[name]["idempotency_key"] == key:
                return Response(200, {"backup_id": name, "status": backups[name]["status"]})
    name = backups.add({"environment": wanted.get("environment"), "status": "completed", "idempotency_key": key})
    return Response(201, {"backup_id": name, "status": "completed"})


@routes.add("GET", "/backup/{name}")
def show_backup(request: Request) -> Response:
    """A backup's status."""
    backups = request.state.collection("webhooks.backups")
    name = request.parameters["name"]
    if name not in backups:
        raise ServiceError(404, {"message": f"no backup {name}"})
    return Response(200, {"backup_id": name, "status": backups[name]["status"]})


@routes.add("POST", "/database-rollback")
def roll_back_database(request: Request) -> Response:
    """Record that the database's rollback was asked for."""
    key = request.state.collection("webhooks.database_rollbacks").add(request.json())
    return Response(202, {"rollback_id": key})


def _authenticate(request: Request) -> Mapping[str, Any]:
    tokens = request.state.collection("webhooks.tokens")
    token = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token not in tokens:
        raise ServiceError(401, {"message": "unknown token"})
    return tokens[token]


WEBHOOKS = Service(name="webhooks", subjects=(routes,), authenticate=_authenticate)
