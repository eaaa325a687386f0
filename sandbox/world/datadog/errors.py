"""Errors in Datadog's shape: `{"errors": ["…"]}` (https://docs.datadoghq.com/api/latest/)."""

from typing import Any

from sandbox.world.service import Request, ServiceError


def error(status: int, *messages: str) -> ServiceError:
    """An error to raise."""
    return ServiceError(status, {"errors": list(messages)})


def body_of(request: Request) -> dict[str, Any]:
    """The request's JSON object; anything else is answered 400."""
    try:
        value = request.json()
    except ServiceError as problem:
        raise error(400, "Payload is not in the expected format: invalid JSON") from problem
    if not isinstance(value, dict):
        raise error(400, "Payload is not in the expected format: an object is expected")
    return value
