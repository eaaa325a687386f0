"""The checker against what the services publish: their own examples pass, and every departure from one is noticed.

The departures are made from the documents as they are published, so a mistake in turning them into JSON Schema shows.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from sandbox.openapi.conformance import violations
from sandbox.openapi.corrections import UNDOCUMENTED, documented_path
from sandbox.openapi.operations import Operation, documents_of
from sandbox.world.datadog import DATADOG
from sandbox.world.exchanges import Exchange
from sandbox.world.github import GITHUB
from tests.sandbox.openapi.departures import Departure, Schema
from tests.sandbox.openapi.examples import published

NOT_PLAYED = [
    ("datadog", "POST", "/api/v2/downtime"),
    ("datadog", "GET", "/api/v2/downtime/{downtime_id}"),
    ("datadog", "PATCH", "/api/v2/downtime/{downtime_id}"),
    ("datadog", "DELETE", "/api/v2/downtime/{downtime_id}"),
]
"""Operations that the sandbox does not answer itself."""

OLDER = "the example is older than the field"
BODILESS = "the example leaves the empty object out"
STALE: Mapping[str, Mapping[str, str]] = {
    "GET /orgs/{org} 200": {'its root: "archived_at" is a required property': OLDER},
    "GET /orgs/{org}/teams/{team_slug} 200": {
        'its root: "type" is a required property': OLDER,
        'organization: "archived_at" is a required property': OLDER,
    },
    "GET /repos/{owner}/{repo} 200": {
        'its root: "language" is a required property': "null, which the service does answer, is left out",
        'source: "language" is a required property': "null, which the service does answer, is left out",
    },
    "GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs 200": {'jobs/0: "created_at" is a required property': OLDER},
    "GET /repos/{owner}/{repo}/activity 200": {
        f'0: "{name}" is a required property': "it shows the fields of the beta"
        for name in ("activity_type", "actor", "timestamp")
    },
    "GET /repos/{owner}/{repo}/branches 200": {
        '0/protection/required_status_checks: "checks" is a required property': OLDER
    },
    "GET /repos/{owner}/{repo}/collaborators/{username}/permission 200": {
        'user: "role_name" is a required property': OLDER
    },
    "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls 200": {
        '0/requested_teams/0: "type" is a required property': OLDER
    },
    "GET /repos/{owner}/{repo}/pulls 200": {'0/requested_teams/0: "type" is a required property': OLDER},
    "GET /repos/{owner}/{repo}/pulls/{pull_number} 200": {'requested_teams/0: "type" is a required property': OLDER},
    "GET /repos/{owner}/{repo}/commits/{ref} 200": {
        'files/0: "contents_url" is a required property': OLDER,
        'files/0: "sha" is a required property': OLDER,
    },
    "GET /repos/{owner}/{repo}/rulesets 200": {
        f'{ruleset}/enforcement: "enabled" is not one of "disabled", "active" or "evaluate"': "a name of the beta"
        for ruleset in (0, 1)
    },
    "POST /repos/{owner}/{repo}/environments/{environment_name}/variables 201": {
        'its root: null is not of type "object"': BODILESS
    },
    "PUT /repos/{owner}/{repo}/environments/{environment_name}/secrets/{secret_name} 201": {
        'its root: null is not of type "object"': BODILESS
    },
    "POST /api/v2/downtime 200": {
        'data/attributes/schedule: "recurrences" is a required property': "a time zone without what it is the zone of"
    },
}
"""What keeps published examples from their own schema, each with the reason. The services do as the schema says: an
answer of the sandbox's without such a field is wrong, so the schema is not corrected."""


def documented(service: str, method: str, path: str) -> Operation | None:
    return next(
        (
            found
            for document in documents_of(service)
            if (found := document.find(method, documented_path(service, path)))
        ),
        None,
    )


def played() -> Iterator[tuple[str, str, str]]:
    """Every operation that the sandbox plays and that is documented, its path as the sandbox writes it."""
    for service in (GITHUB, DATADOG):
        for subject in service.subjects:
            for route in subject.routes:
                path = re.sub(r"\{\w+(:path)?\}", "1", route.template)
                if not any(
                    (name, method) == (service.name, route.method) and re.fullmatch(pattern, path)
                    for name, method, pattern in UNDOCUMENTED
                ):
                    yield service.name, route.method, path


OPERATIONS = {
    (service, method, found.template if (found := documented(service, method, path)) else path): (service, method, path)
    for service, method, path in sorted({*played(), *NOT_PLAYED})
}


@pytest.fixture(params=OPERATIONS.values(), ids=[" ".join(operation) for operation in OPERATIONS])
def operation(request: pytest.FixtureRequest) -> Operation:
    found = documented(*request.param)
    assert found is not None, f"{' '.join(request.param)}: no such operation is documented"
    return found


def examples(operation: Operation) -> list[Exchange]:
    return list(published(operation.document, operation.method, operation.template))


def test_what_a_service_publishes_as_an_example_passes(operation: Operation) -> None:
    for exchange in examples(operation):
        where = f"{operation.method} {operation.template} {exchange.status}"
        found = {violation.partition(" at ")[2] for violation in violations(exchange)}
        assert found == {*STALE.get(where, {})}


def bodies(operation: Operation, exchange: Exchange) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The bodies of an exchange that have a schema: whether the request's or the answer's, and the schema."""
    declared = {
        "request": (exchange.request_headers, operation.definition.get("requestBody", {})),
        "response": (exchange.response_headers, operation.definition["responses"][str(exchange.status)]),
    }
    for which, (headers, holder) in declared.items():
        media = operation.document.resolved(holder).get("content", {}).get(headers.get("Content-Type"))
        if media is not None:
            yield which, media["schema"]


def with_body(exchange: Exchange, which: str, body: bytes) -> Exchange:
    return replace(exchange, request_body=body) if which == "request" else replace(exchange, response_body=body)


def test_every_departure_of_a_body_from_its_schema_is_noticed(operation: Operation) -> None:
    tried, unnoticed = set[tuple[str, Departure]](), list[str]()
    for exchange in examples(operation):
        before = set(violations(exchange))
        for which, published_schema in bodies(operation, exchange):
            body = exchange.request_body if which == "request" else exchange.response_body
            schema = Schema(operation.document, of_request=which == "request")
            for departure in schema.departures(published_schema, json.loads(body)):
                if (which, departure) in tried:
                    continue
                tried.add((which, departure))
                if not set(violations(with_body(exchange, which, departure.of(body)))) - before:
                    unnoticed.append(f"{exchange.status} {which} {departure}")
    assert unnoticed == []


def test_a_schema_is_left_in_every_way_that_is_certain() -> None:
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["state", "made", "choice"],
        "properties": {
            "state": {"type": "string", "enum": ["open"]},
            "made": {"type": "string", "format": "date-time", "readOnly": True},
            "choice": {"oneOf": [{"type": "string"}, {"type": "integer"}]},
            "hosts": {"type": "array", "items": {"type": "integer"}},
            "nothing": {"type": "string", "nullable": True},
        },
    }
    example = {"state": "open", "made": "2026-01-02T03:04:05Z", "choice": 1, "hosts": [1, 2], "nothing": None}
    walked = Schema(documents_of("github")[0], of_request=True).departures(schema, example)
    assert sorted((departure.what, departure.at) for departure in walked) == [
        ("a required field is missing", ("choice",)),
        ("a required field is missing", ("state",)),
        ("an unknown choice", ("state",)),
        ("an unknown field", ("unheard-of",)),
        ("another type", ()),
        ("another type", ("hosts",)),
        ("another type", ("hosts", 0)),
        ("another type", ("made",)),
        ("another type", ("state",)),
        ("no date-time", ("made",)),
    ]


def departures_of_the_rest(operation: Operation, exchange: Exchange) -> Iterator[tuple[str, Exchange]]:
    """The same exchange with something that is no body's field changed, and what that is."""
    path, _, query = exchange.path.partition("?")
    yield "an undocumented status", replace(exchange, status=299)
    yield "an undocumented error", replace(exchange, status=418)
    yield "an unknown query parameter", replace(exchange, path=f"{path}?unheard-of=1&{query}")
    yield "another method", replace(exchange, method="TRACE")
    yield "another path", replace(exchange, path=f"/unheard-of{exchange.path}")
    for parameter in operation.parameters():
        if parameter["in"] == "query" and parameter.get("schema", {}).get("type") in ("integer", "boolean"):
            name = parameter["name"]
            yield f"{name} of another type", replace(exchange, path=f"{path}?{name}=text")
    if exchange.request_body:
        yield "a request that is no JSON", replace(exchange, request_body=b"a=b")
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        yield "a request of another kind", replace(exchange, request_headers=form)
        if operation.document.resolved(operation.definition["requestBody"]).get("required"):
            yield "no request body", replace(exchange, request_body=b"")
    else:
        yield "an undocumented request body", replace(exchange, request_body=b"{}")
    if exchange.response_body:
        yield "an answer that is no JSON", replace(exchange, response_body=b"<html>")
        yield "an answer of another kind", replace(exchange, response_headers={"Content-Type": "text/html"})
        yield "no answer", replace(exchange, response_body=b"")
    else:
        yield "an undocumented answer", replace(exchange, response_body=b"{}")


def test_every_other_departure_is_noticed(operation: Operation) -> None:
    unnoticed = [
        f"{exchange.status} {what}"
        for exchange in examples(operation)
        for what, departed in departures_of_the_rest(operation, exchange)
        if not set(violations(departed)) - set(violations(exchange))
    ]
    assert unnoticed == []
