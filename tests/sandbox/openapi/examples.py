"""Exchanges made of the examples that a service publishes in its documents: what the checker has to let pass."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from sandbox.openapi.operations import Document, Operation
from sandbox.world.exchanges import Exchange

OF_TYPES: Mapping[str, Any] = {"integer": 1, "number": 1.5, "boolean": True, "string": "text"}
OF_FORMATS: Mapping[str, str] = {"date-time": "2026-01-02T03:04:05Z", "uri": "https://example.com", "uuid": f"{0:032x}"}


def published(document: Document, method: str, template: str) -> Iterator[Exchange]:
    """An exchange for each published example of a success of an operation.

    GitHub gives the examples of a request and of its answer the same name; where one has no partner of that name it is
    put together with the other's first. What has no example, a parameter or a body, is made of the examples, defaults
    and types of its schema.

    Raises:
        KeyError: when the document has no such operation.
    """
    operation = Operation(document, method, template, document.part("paths", template)[method.lower()], {})
    requests = _bodies(document, operation.definition.get("requestBody", {}), of_request=True)
    for status, declared in operation.definition["responses"].items():
        if not status.startswith("2"):
            continue
        answers = _bodies(document, declared, of_request=False)
        names = sorted({*answers, *requests} - {""}) or [""]
        for name in names:
            kind, sent = requests.get(name) or next(iter(requests.values()), ("", None))
            answered_kind, answered = answers.get(name) or next(iter(answers.values()), ("", None))
            yield Exchange(
                service=document.service,
                method=method,
                path=_path(operation),
                request_headers={"Content-Type": kind} if kind else {},
                request_body=json.dumps(sent).encode() if kind else b"",
                status=int(status),
                response_headers={"Content-Type": answered_kind} if answered_kind else {},
                response_body=json.dumps(answered).encode() if answered_kind else b"",
                injected=False,
                known=True,
            )


def instance(document: Document, schema: Mapping[str, Any], *, of_request: bool) -> Any:
    """A value made of what a schema says of itself: its example, its default, its first choice, or its properties."""
    schema = document.resolved(schema)
    for keyword in ("example", "default"):
        if keyword in schema:
            return schema[keyword]
    if "enum" in schema:
        return schema["enum"][0]
    choices = schema.get("oneOf", schema.get("anyOf", []))
    if choices and "properties" not in schema:
        return instance(document, choices[0], of_request=of_request)
    if schema.get("type", "object") == "object":
        return _fields(document, schema, of_request=of_request)
    if schema["type"] == "array":
        return [instance(document, schema["items"], of_request=of_request)]
    return OF_FORMATS.get(schema.get("format", ""), OF_TYPES[schema["type"]])


def _fields(document: Document, schema: Mapping[str, Any], *, of_request: bool) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for part in schema.get("allOf", []):
        fields |= instance(document, part, of_request=of_request)
    may_be_missing = "readOnly" if of_request else "writeOnly"
    for name, entry in schema.get("properties", {}).items():
        if name in schema.get("required", []) and not entry.get(may_be_missing):
            fields[name] = instance(document, entry, of_request=of_request)
    return fields


def _bodies(document: Document, declared: Mapping[str, Any], *, of_request: bool) -> dict[str, tuple[str, Any]]:
    """The examples of a request's or an answer's JSON by name ("" if it has none), each with its media type."""
    content = document.resolved(declared).get("content", {})
    for kind, media in content.items():
        if "json" not in kind:
            continue
        named = {name: document.resolved(example) for name, example in media.get("examples", {}).items()}
        bodies = {
            name: (kind, _shown(document, example["value"])) for name, example in named.items() if "value" in example
        }
        if bodies:
            return bodies
        if "example" in media:
            return {"": (kind, media["example"])}
        return {"": (kind, instance(document, media.get("schema", {}), of_request=of_request))}
    return {}


def _shown(document: Document, value: Any) -> Any:
    """An example's value. Of issues, GitHub's document has a reference to another example there."""
    return document.resolved(value)["value"] if isinstance(value, dict) and value.keys() == {"$ref"} else value


def _path(operation: Operation) -> str:
    """The operation's path and its required query parameters, filled in."""
    path = operation.template
    query: dict[str, Any] = {}
    for parameter in operation.parameters():
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", quote(str(_value(operation, parameter)), safe=""))
        elif parameter["in"] == "query" and parameter.get("required"):
            query[parameter["name"]] = _value(operation, parameter)
    return f"{path}?{urlencode(query)}" if query else path


def _value(operation: Operation, parameter: Mapping[str, Any]) -> Any:
    examples = parameter.get("examples", {}).values()
    for example in examples:
        return operation.document.resolved(example)["value"]
    if "example" in parameter:
        return parameter["example"]
    return instance(operation.document, parameter.get("schema", {}), of_request=True)
