"""Whether an exchange is one that the service's own OpenAPI document allows.

Held to the document are: the path and the method, the path and query parameters, the bodies and their types of content,
and the status. Not held are other headers, and what a document says in prose only.
"""

import json
import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from sandbox.openapi.corrections import UNDOCUMENTED, documented_path
from sandbox.openapi.documents import SOURCES
from sandbox.openapi.operations import Operation, documents_of
from sandbox.openapi.parameters import parameter_violations
from sandbox.world.exchanges import Exchange

SUCCESS = range(200, 300)
REFUSALS = frozenset(range(400, 500)) - {429}
"""Answers that blame the request. Tests send wrong ones on purpose, so such a request is not held to the document."""
UNLISTED = frozenset({401, 403, 404, 409, 422, 429, *range(500, 600)})
"""Errors that an operation need not list, as long as they have their service's general shape: the documents leave them
out almost everywhere, though every operation can be answered with them."""
GENERAL_ERRORS: Mapping[str, Mapping[str, Any]] = {
    "github": {"$ref": "#/components/schemas/basic-error"},
    "datadog": {"$ref": "#/components/schemas/APIErrorResponse"},
}
"""The shape of an error that an operation does not list, or lists without its shape."""
RAW = re.compile(r"application/vnd\.github\.([\w.]+\.)?raw(\+json)?\b")
"""Asks for a file as it is. GitHub's document has this media type in prose only; the body under it is no JSON."""
LONGEST_MESSAGE = 400


def violations(exchange: Exchange) -> list[str]:
    """What is wrong with an exchange under its service's document, each in words; nothing for other services.

    Raises:
        sandbox.openapi.documents.DocumentError: when the document cannot be had.
    """
    if exchange.service not in SOURCES:
        return []
    url = urlsplit(exchange.path)
    path = documented_path(exchange.service, url.path)
    documents = documents_of(exchange.service)
    for document in documents:
        operation = document.find(exchange.method, path)
        if operation is not None:
            where = f"{exchange.method} {operation.template} {exchange.status}"
            return [f"{where}: {violation}" for violation in _violations(operation, exchange, url.query)]
    for service, method, pattern in UNDOCUMENTED:
        if (service, method) == (exchange.service, exchange.method) and re.fullmatch(pattern, path):
            return []
    others = sorted({method for document in documents for method in document.methods(path)})
    known = f"; documented for this path: {', '.join(others)}" if others else ""
    return [f"{exchange.method} {path}: no such operation is documented{known}"]


def _violations(operation: Operation, exchange: Exchange, query: str) -> Iterator[str]:
    if exchange.status not in REFUSALS:
        headers = {name.lower(): value for name, value in exchange.request_headers.items()}
        yield from parameter_violations(operation, query)
        yield from _request_violations(operation, exchange.request_body, headers.get("content-type", ""))
    # No answer was sent, after a time-out or a reset.
    if exchange.status:
        yield from _answer_violations(operation, exchange)


def _request_violations(operation: Operation, body: bytes, content_type: str) -> Iterator[str]:
    declared = operation.definition.get("requestBody")
    if declared is None:
        if body.strip():
            yield "a body was sent where none is documented"
        return
    resolved = operation.document.resolved(declared)
    if body:
        yield from _body_violations(operation, ("request", ""), resolved["content"], body, content_type)
    elif resolved.get("required"):
        yield "the required body is missing"


def _answer_violations(operation: Operation, exchange: Exchange) -> Iterator[str]:
    responses = operation.definition["responses"]
    asked = {name.lower(): value for name, value in exchange.request_headers.items()}
    headers = {name.lower(): value for name, value in exchange.response_headers.items()}
    documented = responses.get(str(exchange.status), responses.get("default"))
    if documented is None and not _needs_no_mention(exchange, asked):
        yield f"the status {exchange.status} is not documented; documented: {', '.join(responses)}"
        return
    content = operation.document.resolved(documented).get("content", {}) if documented else {}
    body, content_type = exchange.response_body, headers.get("content-type", "")
    if not content and exchange.status >= 400:  # noqa: PLR2004 - where HTTP's errors begin
        if body:
            general = {"application/json": {"schema": GENERAL_ERRORS[exchange.service]}}
            yield from _body_violations(operation, ("answer", "error"), general, body, content_type)
    elif not content:
        if body:
            yield "an answer was sent that is documented without a body"
    elif not body:
        if exchange.method != "HEAD":
            yield "the answer has no body, and one is documented"
    elif exchange.status not in SUCCESS or not RAW.search(asked.get("accept", "")):
        yield from _body_violations(operation, ("answer", str(exchange.status)), content, body, content_type)


def _needs_no_mention(exchange: Exchange, asked: Mapping[str, str]) -> bool:
    if exchange.status == HTTPStatus.NOT_MODIFIED:
        # RFC 9110, 15.4.5: the answer to any conditional request.
        return not {"if-none-match", "if-modified-since"}.isdisjoint(asked)
    return exchange.status in UNLISTED


def _body_violations(
    operation: Operation, which: tuple[str, str], content: Mapping[str, Any], body: bytes, content_type: str
) -> Iterator[str]:
    """What is wrong with a body; `which` is whether it is the request's or the answer's, and under which status."""
    what, kind = which[0], _essence(content_type)
    fitting = [name for name in content if _essence(name) == kind]
    # Datadog documents application/json throughout, and answers its second version as application/vnd.api+json.
    documented = next(iter(fitting or [name for name in content if _is_json(kind) and _is_json(_essence(name))]), None)
    if documented is None:
        yield f"the {what}'s content is of type {kind or 'unsaid'}; documented: {', '.join(content)}"
        return
    if not _is_json(kind) or "schema" not in content[documented]:
        return
    try:
        value = json.loads(body)
    except ValueError:
        yield f"the {what} is not JSON"
        return
    key = (operation.method, operation.template, *which, documented)
    validator = operation.document.validator(content[documented]["schema"], key, of_request=what == "request")
    for error in validator.iter_errors(value):
        yield _explained(what, error)


def _essence(content_type: str) -> str:
    """A media type without its parameters."""
    return content_type.partition(";")[0].strip().lower()


def _is_json(essence: str) -> bool:
    return essence.endswith(("/json", "+json"))


def _explained(what: str, error: jsonschema_rs.ValidationError) -> str:
    """An error in words. Of a choice of schemas, what keeps the value from the one that it is closest to."""
    while isinstance(error.kind, jsonschema_rs.ValidationErrorKind.AnyOf) and any(error.kind.context):
        branches = [branch for branch in error.kind.context if branch]
        error = max(min(branches, key=_distance), key=_depth)
    where = "/".join(map(str, error.instance_path)) or "its root"
    return f"the {what} at {where}: {error.message[:LONGEST_MESSAGE]}"


def _distance(branch: list[jsonschema_rs.ValidationError]) -> tuple[int, int]:
    """How far a value is from a schema: one that is wrong deep inside is nearer than one of another kind."""
    return -min(map(_depth, branch)), len(branch)


def _depth(error: jsonschema_rs.ValidationError) -> int:
    return len(error.instance_path)
