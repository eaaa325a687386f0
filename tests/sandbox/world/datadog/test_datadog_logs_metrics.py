from typing import Any

import pytest

from tests.sandbox.world.datadog.conftest import Datadog

PATH = "/api/v2/logs/config/metrics"
NAME = "ai_tools.request.duration"
COMPUTE = {"aggregation_type": "distribution", "path": "@duration"}


def metric(name: Any = NAME, **attributes: Any) -> dict[str, Any]:
    """A request for a metric that Datadog takes; what is None is left out."""
    given = {
        "compute": COMPUTE,
        "filter": {"query": "source:vercel"},
        "group_by": [{"path": "@proxy.statusCode", "tag_name": "status_code"}],
        **attributes,
    }
    kept = {attribute: value for attribute, value in given.items() if value is not None}
    return {"data": {"id": name, "type": "logs_metrics", "attributes": kept}}


def change(**attributes: Any) -> dict[str, Any]:
    """A request that changes a metric."""
    return {"data": {"type": "logs_metrics", "attributes": attributes}}


def test_a_metric_is_created_shown_changed_and_deleted(datadog: Datadog) -> None:
    created = datadog.done("POST", PATH, metric())
    assert created["data"]["id"] == NAME
    assert created["data"]["attributes"]["compute"] == {**COMPUTE, "include_percentiles": False}
    assert datadog.done("GET", f"{PATH}/{NAME}") == created
    assert datadog.done("GET", PATH)["data"] == [created["data"]]
    wanted = change(compute={"include_percentiles": True}, filter={"query": "service:ai-tools"}, group_by=[])
    changed = datadog.done("PATCH", f"{PATH}/{NAME}", wanted)["data"]["attributes"]
    assert changed == {
        "compute": {**COMPUTE, "include_percentiles": True},
        "filter": {"query": "service:ai-tools"},
        "group_by": [],
    }
    assert datadog.call("DELETE", f"{PATH}/{NAME}") == (204, None)
    assert datadog.refused("GET", f"{PATH}/{NAME}") == (404, f"Metric with id {NAME} not found")


def test_a_metric_counts_every_log_and_tags_by_the_attributes_name_where_it_does_not_say(datadog: Datadog) -> None:
    wanted = metric(compute={"aggregation_type": "count"}, filter=None, group_by=[{"path": "@http.method"}])
    assert datadog.done("POST", PATH, wanted)["data"]["attributes"] == {
        "compute": {"aggregation_type": "count"},
        "filter": {"query": "*"},
        "group_by": [{"path": "@http.method", "tag_name": "http.method"}],
    }


def test_a_change_leaves_alone_what_it_does_not_name(datadog: Datadog) -> None:
    before = datadog.done("POST", PATH, metric())["data"]["attributes"]
    after = datadog.done("PATCH", f"{PATH}/{NAME}", change(filter={"query": "x"}))["data"]["attributes"]
    assert after == {**before, "filter": {"query": "x"}}


def test_a_name_is_taken_once(datadog: Datadog) -> None:
    datadog.done("POST", PATH, metric())
    assert datadog.refused("POST", PATH, metric())[0] == 409


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        (metric("ai-tools.requests"), "Invalid metric name"),
        (metric("5xx"), "Invalid metric name"),
        (metric("a" * 201), "Invalid metric name"),
        (metric(compute={"aggregation_type": "sum"}), "aggregation_type must be one of"),
        (metric(compute={"aggregation_type": "distribution"}), "path is required"),
        (metric(compute={"aggregation_type": "count", "include_percentiles": True}), "only for a distribution"),
        (metric(compute=None), "compute must be an object"),
        (metric(group_by=[{"tag_name": "status_code"}]), "group_by.path is required"),
        (metric(unit="second"), "'unit' was unexpected"),
        ({"data": {**metric()["data"], "type": "metrics"}}, "data.type must be logs_metrics"),
        ({"data": {"type": "logs_metrics", "attributes": {}}}, "'id' is a required property"),
    ],
)
def test_a_metric_that_datadog_would_not_take_is_refused(datadog: Datadog, wrong: dict[str, Any], error: str) -> None:
    status, answered = datadog.refused("POST", PATH, wrong)
    assert status == 400
    assert error in answered
    assert datadog.done("GET", PATH)["data"] == []


@pytest.mark.parametrize("compute", [{"path": "@size"}, {"aggregation_type": "count"}])
def test_how_a_metric_adds_up_cannot_change(datadog: Datadog, compute: dict[str, Any]) -> None:
    datadog.done("POST", PATH, metric())
    assert datadog.refused("PATCH", f"{PATH}/{NAME}", change(compute=compute))[0] == 400
