"""Whether an exchange is one that the service's own OpenAPI document allows."""

import contextlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs

from sandbox.openapi.corrections import ACROSS_SLASHES, correct, documented_path
from sandbox.openapi.documents import SOURCES, documents
from sandbox.world.exchanges import Exchange

SUCCESS = range(200, 300)
GENERAL_ERRORS = {"github": "#/components/schemas/basic-error", "datadog": "#/components/schemas/APIErrorResponse"}
"""The shape of an error whose status an operation does not list: the documents leave many out."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path of a document."""

    method: str
    template: str
    pattern: re.Pattern[str]
    pointer: str
    """Where it stands in the document, as a JSON pointer."""
    definition: Mapping[str, Any]


class Document:
    """One OpenAPI document, ready to check exchanges."""

    def __init__(self, service: str, index: int, content: dict[str, Any]) -> None:
        self._content = content
        self._uri = f"urn:openapi:{service}:{index}"
        self._registry = jsonschema_rs.Registry([(self._uri, content)])
        self._service = service
        self._validators: dict[str, jsonschema_rs.Validator] = {}
        self._operations = [
            Operation(method.upper(), template, _pattern(template), f"/paths/{_escaped(template)}/{method}", definition)
            for template, item in content["paths"].items()
            for method, definition in item.items()
            if method in ("get", "put", "post", "patch", "delete")
        ]

    def find(self, method: str, path: str) -> Operation | None:
        """The operation of a path; literal segments win over placeholders."""
        found = [o for o in self._operations if o.method == method and o.pattern.fullmatch(path)]
        return min(found, key=lambda operation: operation.template.count("{"), default=None)

    def violations(self, operation: Operation, exchange: Exchange, path: str) -> Iterator[str]:
        """What an exchange does that the operation does not allow."""
        if exchange.status in SUCCESS:
            yield from self._parameters(operation, exchange, path)
            yield from self._request(operation, exchange)
        yield from self._response(operation, exchange)

    def _parameters(self, operation: Operation, exchange: Exchange, path: str) -> Iterator[str]:
        match = operation.pattern.fullmatch(path)
        given = {("path", name): unquote(value) for name, value in (match.groupdict() if match else {}).items()}
        given |= {
            ("query", name): value for name, value in parse_qsl(urlsplit(exchange.path).query, keep_blank_values=True)
        }
        declared: set[tuple[str, str]] = set()
        item = self._content["paths"][operation.template]
        for parameter in [*item.get("parameters", []), *operation.definition.get("parameters", [])]:
            resolved = self._resolved(parameter)
            key = (resolved["in"], resolved["name"])
            declared.add(key)
            # The placeholders of a pattern cannot hold every character that a name can.
            value = given.get(key, given.get((key[0], key[1].replace("-", "_"))))
            if value is None:
                if resolved.get("required") and resolved["in"] in ("path", "query"):
                    yield f"the {key[0]} parameter {key[1]} is missing"
            elif not any(self._fits(resolved.get("schema", {}), read) for read in _readings(value)):
                yield f"the {key[0]} parameter {key[1]} is {value!r}"
        for where, name in given:
            if where == "query" and (where, name) not in declared:
                yield f"the query parameter {name} is not documented"

    def _request(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        body = operation.definition.get("requestBody")
        if body is None:
            if exchange.request_body.strip():
                yield "a body was sent where none is documented"
            return
        pointer, resolved = self._located(f"{operation.pointer}/requestBody", body)
        if not exchange.request_body:
            if resolved.get("required"):
                yield "the required body is missing"
            return
        yield from self._content_violations("request", pointer, resolved, exchange.request_body)

    def _response(self, operation: Operation, exchange: Exchange) -> Iterator[str]:
        responses = operation.definition["responses"]
        status = str(exchange.status)
        if status not in responses and "default" in responses:
            status = "default"
        if status in responses:
            pointer, resolved = self._located(f"{operation.pointer}/responses/{status}", responses[status])
            if exchange.response_body and _is_json(exchange):
                yield from self._content_violations("answer", pointer, resolved, exchange.response_body)
        elif exchange.status in SUCCESS:
            yield f"the status {exchange.status} is not documented"
        elif exchange.response_body and _is_json(exchange):
            yield from self._schema_violations("answer", GENERAL_ERRORS[self._service][1:], exchange.response_body)

    def _content_violations(self, what: str, pointer: str, resolved: Mapping[str, Any], body: bytes) -> Iterator[str]:
        for media_type in resolved.get("content", {}):
            if "json" in media_type:
                yield from self._schema_violations(what, f"{pointer}/content/{_escaped(media_type)}/schema", body)
                return

    def _schema_violations(self, what: str, pointer: str, body: bytes) -> Iterator[str]:
        try:
            value = json.loads(body)
        except ValueError:
            yield f"the {what} is not JSON"
            return
        validator = self._validators.get(pointer)
        if validator is None:
            validator = self._validator({"$ref": f"{self._uri}#{pointer}"})
            self._validators[pointer] = validator
        for error in validator.iter_errors(value):
            yield f"the {what} at {'/'.join(map(str, error.instance_path)) or 'its root'}: {error.message[:400]}"

    def _fits(self, schema: Mapping[str, Any], value: Any) -> bool:
        reference = schema.get("$ref")
        # A local reference means this document once it stands outside it.
        located = {**schema, "$ref": f"{self._uri}{reference}"} if isinstance(reference, str) else dict(schema)
        return self._validator(located).is_valid(value)

    def _validator(self, schema: dict[str, Any]) -> jsonschema_rs.Validator:
        return jsonschema_rs.validator_for(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema},
            registry=self._registry,
            validate_formats=True,
        )

    def _located(self, pointer: str, node: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
        if "$ref" in node:
            return node["$ref"][1:], self._resolved(node)
        return pointer, node

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self._content
            for name in node["$ref"].removeprefix("#/").split("/"):
                found = found[name.replace("~1", "/").replace("~0", "~")]
            node = found
        return node


def violations(exchange: Exchange) -> list[str]:
    """What is wrong with an exchange under its service's document, each in words; nothing for other services.

    A request is held to its document only where the service took it: tests send wrong ones on purpose.
    """
    if exchange.service not in SOURCES:
        return []
    path = documented_path(exchange.service, urlsplit(exchange.path).path)
    for document in documents_of(exchange.service):
        operation = document.find(exchange.method, path)
        if operation is not None:
            where = f"{exchange.method} {operation.template} {exchange.status}"
            return [f"{where}: {violation}" for violation in document.violations(operation, exchange, path)]
    return [f"{exchange.method} {path}: no such operation is documented"]


@cache
def documents_of(service: str) -> list[Document]:
    """A service's documents, read once a process.

    Raises:
        sandbox.openapi.documents.DocumentError: when one cannot be had.
    """
    return [Document(service, index, correct(service, content)) for index, content in enumerate(documents(service))]


def _pattern(template: str) -> re.Pattern[str]:
    """A path template as a regular expression whose groups are the placeholders, `-` in a name read as `_`."""
    literals = re.split(r"\{[^}]+\}", template)
    names = [name.replace("-", "_") for name in re.findall(r"\{([^}]+)\}", template)]
    groups = [f"(?P<{name}>{'.+' if name in ACROSS_SLASHES else '[^/]+'})" for name in names]
    return re.compile(
        "".join(re.escape(literal) + group for literal, group in zip(literals, [*groups, ""], strict=True))
    )


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


def _readings(value: str) -> Iterator[Any]:
    """A parameter's text, and what it reads as: a number or a truth value is not told from text in a URL."""
    yield value
    with contextlib.suppress(ValueError):
        yield json.loads(value)
    yield value.split(",")


def _is_json(exchange: Exchange) -> bool:
    return "application/json" in exchange.response_headers.get("Content-Type", "")
