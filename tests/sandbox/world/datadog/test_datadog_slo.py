from typing import Any

import pytest

from tests.sandbox.world.datadog.conftest import Datadog, slo


def test_an_objective_is_created_shown_changed_and_deleted(datadog: Datadog) -> None:
    [created] = datadog.done("POST", "/api/v1/slo", slo())["data"]
    path = f"/api/v1/slo/{created['id']}"
    assert created["thresholds"] == [
        {"timeframe": "30d", "target": 99.9, "target_display": "99.9", "warning": 99.95, "warning_display": "99.95"}
    ]
    assert (created["timeframe"], created["target_threshold"]) == ("30d", 99.9)
    assert datadog.done("GET", path)["data"] == created
    [changed] = datadog.done("PUT", path, slo(thresholds=[{"timeframe": "7d", "target": 99}]))["data"]
    assert (changed["id"], changed["timeframe"], changed["target_threshold"]) == (created["id"], "7d", 99.0)
    assert "warning_threshold" not in changed
    assert datadog.done("GET", "/api/v1/slo/can_delete", ids=created["id"]) == {"data": {"ok": [created["id"]]}}
    assert datadog.done("DELETE", path)["data"] == [created["id"]]
    assert datadog.refused("GET", path) == (404, f"SLO not found: {created['id']} not found")


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"name": ""}, "must specify a name"),
        ({"type": "availability"}, "type must be one of"),
        ({"thresholds": []}, "at least one threshold"),
        ({"thresholds": [{"timeframe": "14d", "target": 99}]}, "timeframe must be one of"),
        ({"thresholds": [{"timeframe": "7d", "target": 100}]}, "target must be between 0 and 100"),
        ({"thresholds": [{"timeframe": "7d", "target": 99, "warning": 98}]}, "warning must be between target and 100"),
        ({"thresholds": [{"timeframe": "7d", "target": 99}] * 2}, "each timeframe only once"),
        ({"query": {"numerator": "sum:a.b{*}.as_count()"}}, "must specify query.denominator"),
        ({"query": {"numerator": "good", "denominator": "all"}}, "query.numerator is not a metric query: good"),
        ({"type": "monitor"}, "must specify monitor_ids"),
        ({"type": "monitor", "monitor_ids": [4711]}, "monitor 4711 does not exist"),
        ({"type": "time_slice"}, "must specify sli_specification.time_slice"),
    ],
)
def test_an_objective_that_datadog_would_not_take_is_refused(
    datadog: Datadog, wrong: dict[str, Any], error: str
) -> None:
    status, answered = datadog.refused("POST", "/api/v1/slo", slo(**wrong))
    assert status == 400
    assert error in answered
    assert answered.startswith("Invalid payload: ")


def test_the_type_of_an_objective_cannot_change(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/slo", slo())["data"][0]["id"]
    wanted = slo(type="time_slice", sli_specification={"time_slice": {}})
    assert "cannot be changed" in datadog.refused("PUT", f"/api/v1/slo/{created}", wanted)[1]


def test_an_objective_that_a_dashboard_shows_is_deleted_only_by_force(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/slo", slo())["data"][0]["id"]
    widget = {"definition": {"type": "slo", "slo_id": created, "view_type": "detail"}}
    group = {"definition": {"type": "group", "layout_type": "ordered", "widgets": [widget]}}
    dashboard = {"title": "x", "layout_type": "ordered", "widgets": [group]}
    datadog.done("POST", "/api/v1/dashboard", dashboard)
    status, answer = datadog.call("DELETE", f"/api/v1/slo/{created}")
    assert (status, list(answer["errors"])) == (409, [created])
    assert datadog.call("GET", "/api/v1/slo/can_delete", ids=created)[0] == 409
    datadog.done("DELETE", f"/api/v1/slo/{created}", force="true")
    assert datadog.call("GET", "/api/v1/slo/can_delete", ids=created)[0] == 400
