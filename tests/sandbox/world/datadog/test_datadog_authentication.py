import pytest

from tests.sandbox.world.datadog.conftest import API_KEY, APP_KEY, Datadog


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "API key required"),
        ({"dd-api-key": "wrong", "dd-application-key": APP_KEY}, "Forbidden"),
        ({"dd-api-key": API_KEY}, "Forbidden"),
        ({"dd-api-key": API_KEY, "dd-application-key": "wrong"}, "Forbidden"),
    ],
)
def test_configuration_needs_both_keys(datadog: Datadog, headers: dict[str, str], error: str) -> None:
    answer = datadog.http.get("/api/v1/monitor/1", headers=headers)
    assert (answer.status_code, answer.json()) == (403, {"errors": [error]})


def test_an_api_key_is_enough_to_be_validated_and_to_send_events(datadog: Datadog) -> None:
    headers = {"dd-api-key": API_KEY}
    assert datadog.http.get("/api/v1/validate", headers=headers).json() == {"valid": True}
    event = {"title": "Deployed", "text": "ai-tools 1"}
    assert datadog.http.post("/api/v1/events", headers=headers, json=event).status_code == 202
    assert datadog.http.get("/api/v1/validate", headers={"dd-api-key": "wrong"}).status_code == 403


def test_a_request_that_datadog_has_but_the_sandbox_has_not_says_so(datadog: Datadog) -> None:
    status, answer = datadog.call("GET", "/api/v1/hosts")
    assert status == 501
    assert "GET /api/v1/hosts" in answer["errors"][0]
