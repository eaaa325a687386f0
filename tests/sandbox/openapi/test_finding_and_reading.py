"""Which operation a request asks for, and what its parameters and headers read as."""

from dataclasses import replace
from typing import Any

import pytest

from sandbox.openapi.conformance import violations
from sandbox.openapi.operations import documents_of
from sandbox.world.exchanges import Exchange
from tests.sandbox.openapi.examples import published

REPOSITORY = "/repos/acme/ai-tools"
ADDRESSES = [REPOSITORY, f"/api/v3{REPOSITORY}", "/repositories/1001", "/api/v3/repositories/1001"]
JSON = {"Content-Type": "application/json"}


def asked(path: str, **more: Any) -> Exchange:
    """A request to GitHub whose answer is nothing that is documented, so that what is said names the operation."""
    given: dict[str, Any] = {"method": "GET", "status": 299, **more}
    empty: dict[str, Any] = {"request_headers": {}, "request_body": b"", "response_headers": {}, "response_body": b""}
    return Exchange(service="github", path=path, injected=False, known=True, **{**empty, **given})


@pytest.mark.parametrize(
    ("path", "template"),
    [
        ("/branches/main", "/branches/{branch}"),
        ("/branches/main/protection", "/branches/{branch}/protection"),
        ("/branches/release/1/protection", "/branches/{branch}/protection"),
        ("/branches/release%2F1", "/branches/{branch}"),
        ("/contents/.github/workflows/staging.yml", "/contents/{path}"),
        ("/commits/heads/main", "/commits/{ref}"),
        ("/commits/main/check-runs", "/commits/{ref}/check-runs"),
        ("/issues/comments/7", "/issues/comments/{comment_id}"),
        ("/issues/7/comments", "/issues/{issue_number}/comments"),
        ("/environments/staging/secrets/public-key", "/environments/{environment_name}/secrets/public-key"),
        ("/environments/staging/secrets/TOKEN", "/environments/{environment_name}/secrets/{secret_name}"),
    ],
)
@pytest.mark.parametrize(
    "address", [REPOSITORY, f"/api/v3{REPOSITORY}", "/repositories/1001", "/api/v3/repositories/1"]
)
def test_a_path_asks_for_the_operation_that_the_service_would_take(address: str, path: str, template: str) -> None:
    (said,) = (violation for violation in violations(asked(address + path)) if "the status 299" in violation)
    assert said.startswith(f"GET /repos/{{owner}}/{{repo}}{template} 299: ")


@pytest.mark.parametrize(
    ("method", "path", "says"),
    [
        ("GET", "/unheard-of", "GET /unheard-of: no such operation is documented"),
        ("GET", "/repos//ai-tools", "GET /repos//ai-tools: no such operation is documented"),
        ("GET", f"{REPOSITORY}/", f"GET {REPOSITORY}/: no such operation is documented"),
        ("POST", REPOSITORY, "documented for this path: DELETE, GET, PATCH"),
    ],
)
def test_a_request_that_no_document_has_is_named(method: str, path: str, says: str) -> None:
    (said,) = violations(asked(path, method=method))
    assert says in said


@pytest.mark.parametrize(
    ("path", "fine"),
    [
        ("/user/repos?per_page=5", True),
        ("/user/repos?per_page=5.5", False),
        ("/user/repos?per_page=", False),
        ("/user/repos?per_page=5&per_page=6", False),
        ("/user/repos?sort=pushed", True),
        ("/user/repos?sort=unheard-of", False),
        ("/user/repos?since=2026-01-02T03:04:05Z", True),
        ("/user/repos?since=yesterday", False),
        ("/user/repos?unheard-of=1", False),
        (f"{REPOSITORY}/actions/runs?exclude_pull_requests=true", True),
        (f"{REPOSITORY}/actions/runs?exclude_pull_requests=1", False),
        (f"{REPOSITORY}/issues/7/comments", True),
        (f"{REPOSITORY}/issues/seven/comments", False),
        ("/search/repositories", False),
    ],
)
def test_a_parameter_reads_as_its_schema_has_it(path: str, fine: bool) -> None:
    said = [violation for violation in violations(asked(path)) if "parameter" in violation]
    assert (said == []) is fine, said


@pytest.mark.parametrize(
    ("path", "fine"),
    [
        ("/api/v2/app-builder/apps?sort=name,-created_at", True),
        ("/api/v2/app-builder/apps?sort=name,unheard-of", False),
        ("/api/v2/deployment_gates/evaluations?filter[status]=pass&filter[status]=fail", True),
        ("/api/v2/deployment_gates/evaluations?filter[status]=pass&filter[status]=unheard-of", False),
        ("/api/v2/deployment_gates/evaluations?filter[status]=pass,fail", False),
    ],
)
def test_a_list_is_joined_by_commas_only_where_that_is_documented(path: str, fine: bool) -> None:
    exchange = replace(asked(path, status=503), service="datadog")
    assert (violations(exchange) == []) is fine


def test_a_request_that_was_refused_is_not_held_and_one_that_met_a_fault_is() -> None:
    wrong = f"{REPOSITORY}/issues/seven/comments"
    refused = asked(wrong, status=404, response_headers=JSON, response_body=b'{"message": "Not Found"}')
    assert violations(refused) == []
    for status in (0, 429, 503):
        assert "issue_number is 'seven'" in " ".join(violations(asked(wrong, status=status)))


def test_nothing_changed_is_an_answer_to_a_conditional_request_only() -> None:
    assert violations(asked("/orgs/acme", status=304, request_headers={"If-None-Match": '"1"'})) == []
    assert "the status 304 is not documented" in " ".join(violations(asked("/orgs/acme", status=304)))


def test_a_file_may_be_answered_as_it_is_only_where_that_was_asked_for() -> None:
    file = asked(
        f"{REPOSITORY}/contents/README.md",
        status=200,
        response_headers={"Content-Type": "application/vnd.github.raw+json; charset=utf-8"},
        response_body=b"# ai-tools",
    )
    wanted = replace(file, request_headers={"Accept": "application/vnd.github.raw+json"})
    assert violations(wanted) == []
    assert "is not JSON" in " ".join(violations(replace(wanted, status=404)))
    assert "is not JSON" in " ".join(violations(file))


def test_an_error_that_no_service_documents_anywhere_is_noticed() -> None:
    refused = asked("/user", status=403, response_headers=JSON, response_body=b'{"message": "no"}')
    assert violations(refused) == []
    assert violations(replace(refused, status=418)) != []
    assert '"message" is a required property' in " ".join(violations(replace(refused, response_body=b"{}")))


def test_a_choice_of_schemas_is_explained_by_the_one_that_is_nearest() -> None:
    document = documents_of("datadog")[0]
    made = next(published(document, "POST", "/api/v1/synthetics/tests/api"))
    wrong = replace(made, response_body=made.response_body.replace(b'"assertions": [', b'"assertions": [7, '))
    (said,) = violations(wrong)
    assert "the answer at config/assertions/0" in said


def test_another_service_is_not_held_to_anything() -> None:
    assert violations(replace(asked("/v9/projects"), service="vercel")) == []
