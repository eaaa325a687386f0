"""OpenAPI's schemas as JSON Schema, by what they then allow."""

from typing import Any

import jsonschema_rs
import pytest

from sandbox.openapi.conformance import violations
from sandbox.openapi.json_schema import DIALECT, as_json_schema
from sandbox.world.exchanges import Exchange

OPENED: dict[str, Any] = {"type": "object", "required": ["state", "by"], "properties": {"by": {"type": "string"}}}
CLOSED: dict[str, Any] = {
    "type": "object",
    "required": ["state"],
    "properties": {"state": {"enum": ["closed", "open"]}},
}
TOLD_APART: dict[str, Any] = {
    "oneOf": [{"$ref": "#/$defs/opened"}, {"$ref": "#/$defs/closed"}],
    "discriminator": {
        "propertyName": "state",
        "mapping": {"open": "#/$defs/opened", "closed": "#/$defs/closed"},
    },
}
GIVEN_BY_THE_SERVICE: dict[str, Any] = {
    "type": "object",
    "required": ["id", "password", "name"],
    "properties": {"id": {"readOnly": True}, "password": {"writeOnly": True}, "name": {"type": "string"}},
}


def allows(schema: dict[str, Any], value: Any, *, of_request: bool = False) -> bool:
    definitions = {"opened": OPENED, "closed": CLOSED}
    turned = {"$schema": DIALECT, "$defs": definitions, **as_json_schema(schema, of_request=of_request)}
    return jsonschema_rs.validator_for(turned, validate_formats=True).is_valid(value)


@pytest.mark.parametrize(
    ("schema", "allowed", "refused"),
    [
        ({"type": "string", "nullable": True}, None, 1),
        ({"type": "string", "enum": ["a"], "nullable": True}, None, "b"),
        ({"$ref": "#/$defs/closed", "nullable": True}, None, {}),
        ({"type": "string", "nullable": False}, "a", None),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0.1, 0),
        ({"type": "number", "maximum": 9, "exclusiveMaximum": True}, 8.9, 9),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": False}, 0, -1),
        ({"oneOf": [{"type": "integer"}, {"type": "number"}]}, 1, "1"),
        ({"oneOf": [{"type": "integer"}], "anyOf": [{"enum": [1, "1"]}]}, 1, "1"),
        (TOLD_APART, {"state": "open", "by": "me"}, {"state": "open"}),
        (TOLD_APART, {"state": "closed"}, {"state": "neither"}),
        ({"type": "array", "items": {"type": "string", "nullable": True}}, [None], [1]),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"a": 1}, {"a": "1"}),
        ({"type": "object", "properties": {"title": {"type": "string"}}}, {"title": "a"}, {"title": 1}),
        ({"type": "string", "format": "date-time"}, "2026-01-02T03:04:05Z", "2026-01-02 in the morning"),
        ({"type": "string", "format": "uri"}, "https://example.com/a", "not a uri"),
        ({"type": "string", "format": "email"}, "a@example.com", "a"),
        ({"type": "string", "format": "a format of the service's own"}, "anything", 1),
        ({"type": "integer", "example": "prose", "x-anything": {"type": "string"}, "deprecated": True}, 1, "1"),
    ],
)
def test_a_schema_allows_what_it_means(schema: dict[str, Any], allowed: Any, refused: Any) -> None:
    assert allows(schema, allowed)
    assert not allows(schema, refused)


@pytest.mark.parametrize(
    ("of_request", "needed"), [(True, {"password": "p", "name": "n"}), (False, {"id": 1, "name": "n"})]
)
def test_what_the_other_side_gives_is_not_required(of_request: bool, needed: dict[str, Any]) -> None:
    assert allows(GIVEN_BY_THE_SERVICE, needed, of_request=of_request)
    assert not allows(GIVEN_BY_THE_SERVICE, needed, of_request=not of_request)
    assert not allows(GIVEN_BY_THE_SERVICE, {**needed, "name": None}, of_request=of_request)
    assert not allows(GIVEN_BY_THE_SERVICE, {}, of_request=of_request)


JSON = {"Content-Type": "application/json"}


def exchange(service: str, method: str, path: str, status: int, **bodies: bytes) -> Exchange:
    """An exchange in JSON both ways, of what is given of it."""
    return Exchange(
        service=service,
        method=method,
        path=path,
        request_headers=JSON,
        request_body=bodies.get("request", b""),
        status=status,
        response_headers=JSON,
        response_body=bodies.get("answer", b""),
        injected=False,
        known=True,
    )


@pytest.mark.parametrize(
    ("asked", "right", "wrong"),
    [
        (("datadog", "PATCH", "/api/v2/dora/deployments/0123456789abcdef", 202), b'{"data": null}', b"[]"),
        (("github", "GET", "/repos/acme/ai-tools", 404), b'{"message": "Not Found"}', b"{}"),
    ],
)
def test_an_answer_is_held_to_the_corrected_document(
    asked: tuple[str, str, str, int], right: bytes, wrong: bytes
) -> None:
    def said(answer: bytes) -> list[str]:
        return [violation for violation in violations(exchange(*asked, answer=answer)) if "the answer" in violation]

    assert said(right) == []
    assert len(said(wrong)) == 1


def test_administrators_may_be_kept_from_passing_an_environments_rules() -> None:
    def said(value: bytes) -> list[str]:
        environment = ("github", "PUT", "/repos/acme/ai-tools/environments/production", 503)
        body = b'{"can_admins_bypass": %s}' % value
        return violations(exchange(*environment, request=body, answer=b'{"message": "unavailable"}'))

    assert said(b"false") == []
    assert len(said(b'"no"')) == 1
