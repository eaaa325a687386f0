"""The checker itself: what the services document passes, and every way of leaving it is noticed."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from sandbox.openapi.conformance import violations
from sandbox.openapi.json_schema import as_json_schema
from sandbox.world.datadog.seed import seed as seed_datadog
from sandbox.world.exchanges import Exchange, since
from sandbox.world.github.seed import seed as seed_github
from sandbox.world.server import running

ENVIRONMENT = "/repos/acme/ai-tools/environments/staging"
MONITOR = {
    "name": "slow",
    "type": "query alert",
    "query": "avg(last_5m):avg:synthetics.http.response.time{check_id:abc} > 1500",
    "message": "slow",
    "options": {"thresholds": {"critical": 1500}},
}


@pytest.fixture(scope="module")
def exchanges() -> list[Exchange]:
    """Real exchanges of both services, all of them valid."""
    with running() as (state, urls):
        seed_github(state, owner="acme", repository="ai-tools", branches=["develop"])
        state.collection("github.tokens")["t"] = {"login": "operator", "type": "User", "scopes": ["repo", "workflow"]}
        seed_datadog(state, "a" * 32, "b" * 40)
        github = {"Authorization": "Bearer t"}
        datadog = {"DD-API-KEY": "a" * 32, "DD-APPLICATION-KEY": "b" * 40}
        policy = {"protected_branches": False, "custom_branch_policies": True}
        calls: list[tuple[str, str, str, Any]] = [
            ("github", "PUT", ENVIRONMENT, {"deployment_branch_policy": policy}),
            ("github", "POST", f"{ENVIRONMENT}/deployment-branch-policies", {"name": "develop"}),
            ("github", "POST", f"{ENVIRONMENT}/variables", {"name": "DOMAIN", "value": "example.com"}),
            ("github", "GET", f"{ENVIRONMENT}/variables?per_page=10", None),
            ("github", "GET", f"{ENVIRONMENT}/secrets/public-key", None),
            ("github", "GET", "/repos/acme/ai-tools/contents/README.md?ref=develop", None),
            ("github", "GET", "/repos/acme/ai-tools", None),
            ("datadog", "POST", "/api/v1/monitor", MONITOR),
            ("datadog", "GET", "/api/v1/validate", None),
        ]
        for service, method, path, body in calls:
            headers = github if service == "github" else datadog
            httpx2.request(method, urls[service] + path, json=body, headers=headers, trust_env=False).raise_for_status()
        return [exchange for _, exchange in since(state)]


def changed(exchange: Exchange, **body: Any) -> Exchange:
    encoded: dict[str, Any] = {name: json.dumps(value).encode() for name, value in body.items()}
    return dataclasses.replace(exchange, **encoded)


def objects(exchanges: list[Exchange], name: str) -> Iterator[tuple[Exchange, dict[str, Any]]]:
    """The exchanges whose body of that name is a JSON object with something in it."""
    for exchange in exchanges:
        value = json.loads(getattr(exchange, name) or b"null")
        if isinstance(value, dict) and value:
            yield exchange, value


def test_what_the_services_do_is_what_they_document(exchanges: list[Exchange]) -> None:
    assert len(exchanges) == 9
    assert [violation for exchange in exchanges for violation in violations(exchange)] == []


@pytest.mark.parametrize("name", ["request_body", "response_body"])
def test_a_body_of_another_kind_is_noticed_everywhere(exchanges: list[Exchange], name: str) -> None:
    tried = 0
    for exchange, _ in objects(exchanges, name):
        tried += 1
        assert violations(changed(exchange, **{name: ["another kind"]})), exchange.path
    assert tried >= 4


def test_a_field_of_another_type_is_noticed_in_every_answer(exchanges: list[Exchange]) -> None:
    unnoticed = [
        (exchange.path, field)
        for exchange, value in objects(exchanges, "response_body")
        for field in value
        if not violations(changed(exchange, response_body={**value, field: {"another": ["type"]}}))
    ]
    tried = sum(len(value) for _, value in objects(exchanges, "response_body"))
    assert tried > 100
    # The documents leave a handful of fields untyped.
    assert len(unnoticed) <= tried * 0.05, unnoticed


def test_a_required_field_that_is_missing_is_noticed(exchanges: list[Exchange]) -> None:
    noticed = [
        field
        for exchange, value in objects(exchanges, "response_body")
        for field in value
        if violations(changed(exchange, response_body={k: v for k, v in value.items() if k != field}))
    ]
    assert {"id", "node_id", "name", "total_count", "key_id", "full_name", "sha"} <= set(noticed)


def test_a_request_without_a_required_field_is_noticed(exchanges: list[Exchange]) -> None:
    variable = next(e for e in exchanges if e.method == "POST" and e.path.endswith("/variables"))
    (found,) = violations(changed(variable, request_body={"name": "DOMAIN"}))
    assert '"value" is a required property' in found


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": 299}, "the status 299 is not documented"),
        ({"path": f"{ENVIRONMENT}/unheard-of"}, "no such operation is documented"),
        ({"path": f"{ENVIRONMENT}/variables?pages=3"}, "the query parameter pages is not documented"),
        ({"path": f"{ENVIRONMENT}/variables?per_page=many"}, "the query parameter per_page is 'many'"),
        ({"response_body": b"<html>"}, "the answer is not JSON"),
    ],
)
def test_leaving_the_document_in_another_way_is_noticed(
    exchanges: list[Exchange], change: dict[str, Any], says: str
) -> None:
    listed = next(exchange for exchange in exchanges if "/variables?" in exchange.path)
    assert any(says in violation for violation in violations(dataclasses.replace(listed, **change)))


def test_an_error_that_an_operation_does_not_list_has_the_services_general_shape(exchanges: list[Exchange]) -> None:
    listed = next(exchange for exchange in exchanges if "/variables?" in exchange.path)
    assert violations(changed(dataclasses.replace(listed, status=403), response_body={"message": "no"})) == []
    assert violations(changed(dataclasses.replace(listed, status=403), response_body={"message": 7}))


def test_openapis_own_words_become_json_schemas() -> None:
    assert as_json_schema({"type": "string", "nullable": True, "description": "prose"}) == {
        "anyOf": [{"type": "string"}, {"type": "null"}]
    }
    assert as_json_schema({"minimum": 1, "exclusiveMinimum": True}) == {"exclusiveMinimum": 1}
    assert as_json_schema({"properties": {"description": {"type": "string", "title": "prose"}}}) == {
        "properties": {"description": {"type": "string"}}
    }
