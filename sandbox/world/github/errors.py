"""GitHub's error bodies: https://docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api."""

import json
from collections.abc import Sequence
from typing import Any

from sandbox.world.service import Request, ServiceError
from sandbox.world.state import Document

DOCUMENTATION = "https://docs.github.com/rest"


def error(status: int, message: str, documentation: str = "") -> ServiceError:
    """An error to raise. `documentation` is the page and anchor below https://docs.github.com/rest."""
    return _error(status, {"message": message}, documentation)


def validation_failed(resource: str, problems: Sequence[str], documentation: str) -> ServiceError:
    """422 listing everything wrong with what was to be created or changed (schema `validation-error`)."""
    errors = [{"resource": resource, "code": "custom", "message": problem} for problem in problems]
    return _error(422, {"message": "Validation Failed", "errors": errors}, documentation)


def _error(status: int, body: Document, documentation: str) -> ServiceError:
    body["documentation_url"] = f"{DOCUMENTATION}/{documentation}" if documentation else DOCUMENTATION
    body["status"] = str(status)
    return ServiceError(status, body)


def not_found(documentation: str = "") -> ServiceError:
    """404, which GitHub also answers for what the caller may not know of."""
    return error(404, "Not Found", documentation)


def invalid_request(reason: str, documentation: str) -> ServiceError:
    """422 for a body that does not have the documented form."""
    return error(422, f"Invalid request.\n\n{reason}", documentation)


def json_body(request: Request, documentation: str) -> Document:
    """The body as a JSON object; 400 for anything else."""
    try:
        body = json.loads(request.body or b"{}")
    except ValueError as problem:
        raise error(400, "Problems parsing JSON", documentation) from problem
    if not isinstance(body, dict):
        raise error(400, "Body should be a JSON object", documentation)
    return body


KINDS: dict[type, str] = {str: "a string", int: "an integer", bool: "a boolean", list: "an array", dict: "an object"}


def required(body: Document, name: str, kind: type, documentation: str) -> Any:
    """A field that must be there and be of the kind; 422 naming it otherwise."""
    if body.get(name) is None:
        raise invalid_request(f'"{name}" wasn\'t supplied.', documentation)
    return optional(body, name, kind, documentation)


def optional(body: Document, name: str, kind: type, documentation: str) -> Any:
    """A field that may be missing or null (None) but is of the kind when it is there; 422 naming it otherwise."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise invalid_request(f"For 'properties/{name}', {json.dumps(value)} is not {KINDS[kind]}.", documentation)
    return value
