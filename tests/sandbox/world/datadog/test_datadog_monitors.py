from typing import Any

import pytest

from tests.sandbox.world.datadog.conftest import KEYS, Datadog, api_test, monitor, slo

LOGS = 'logs("source:vercel @proxy.host:x").index("*").rollup("count").last("10m") > 2'
FORMULA = 'formula("100 * errors / requests").last("10m") > 2'
VARIABLES = [
    {
        "name": name,
        "data_source": "logs",
        "indexes": ["*"],
        "search": {"query": "source:vercel"},
        "compute": {"aggregation": "count"},
    }
    for name in ("errors", "requests")
]


def test_a_monitor_is_created_shown_changed_and_deleted(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/monitor", monitor())
    path = f"/api/v1/monitor/{created['id']}"
    assert (created["overall_state"], created["options"]["thresholds"]) == ("No Data", {"critical": 1500.0})
    assert datadog.done("GET", path) == created
    changed = datadog.done("PUT", path, {"name": "slow", "options": {"renotify_interval": 60}})
    assert (changed["name"], changed["query"], changed["created"]) == ("slow", created["query"], created["created"])
    assert changed["options"]["renotify_interval"] == 60
    assert "on_missing_data" not in changed["options"]
    assert datadog.done("DELETE", path) == {"deleted_monitor_id": created["id"]}
    assert datadog.refused("GET", path) == (404, "Monitor not found")


@pytest.mark.parametrize(
    ("kind", "query", "options"),
    [
        ("metric alert", "percentile(last_15m):p95:vercel.functions.duration{project_name:x} > 1500000000", {}),
        ("query alert", "sum(last_15m):sum:synthetics.test_runs{check_id:abc}.as_count() < 1", {}),
        ("query alert", "avg(last_5m):( sum:a.b{x:y} by {host} / sum:a.c{*} ) * 100 >= 2.5", {}),
        ("query alert", "change(avg(last_5m),last_5m):avg:a.b{*} > 1", {}),
        ("log alert", LOGS, {}),
        ("log alert", FORMULA, {"variables": VARIABLES}),
        ("log alert", LOGS.replace('"count"', '"cardinality", "@requestId"'), {}),
        ("event-v2 alert", 'events("kind:deployment outcome:failure").rollup("count").last("15m") > 0', {}),
        ("rum alert", 'rum("@type:view service:x").rollup("pc75", "@view.x").last("1h") > 2500000000', {}),
        ("service check", '"http.can_connect".over("env:prod").by("host").last(4).count_by_status()', {}),
    ],
)
def test_each_kind_of_query_is_taken(datadog: Datadog, kind: str, query: str, options: dict[str, Any]) -> None:
    wanted = monitor(type=kind, query=query, options=options)
    assert datadog.done("POST", "/api/v1/monitor/validate", wanted) == {}
    assert datadog.done("POST", "/api/v1/monitor", wanted)["query"] == query


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"type": "log alerts"}, "parameter 'type' is invalid"),
        ({"query": ""}, "Missing required attributes: ['query']"),
        ({"query": "query"}, "invalid operator specified: "),
        ({"query": "avg:a.b{*} > 1"}, "no aggregation over a time window"),
        ({"query": "avg(last_5m):avg:a.b{* > 1"}, "unbalanced {}"),
        ({"query": "avg(last_5m):something > 1"}, "it names no metric"),
        ({"priority": 6}, "parameter 'priority' is invalid: 6"),
        (
            {"options": {"thresholds": {"critical": 2}}},
            "Alert threshold (2.0) does not match that used in the query (1500.0).",
        ),
        ({"options": {"thresholds": {"warning": 1000}}}, "Alert status is required."),
        ({"options": {"thresholds": {"critical": 1500, "warning": 1600}}}, "must be less than the alert threshold"),
        (
            {"options": {"thresholds": {"critical": 1500, "critical_recovery": 1600}}},
            "the monitor can be simultaneously in alert and alert recovery states",
        ),
        ({"options": {"on_missing_data": "notify"}}, "parameter 'on_missing_data' is invalid"),
        ({"options": {"on_missing_data": "default", "notify_no_data": True}}, "cannot be combined with notify_no_data"),
        ({"options": {"renotify_statuses": ["alert"]}}, "renotify_statuses requires renotify_interval"),
        ({"options": {"threshold": {}}}, "Invalid monitor option: threshold"),
        ({"type": "log alert", "query": 'logs("a").last("5m") > 1'}, 'not of the form logs("…")'),
        ({"type": "log alert", "query": LOGS.replace("10m", "3d")}, "longer than 2 days"),
        ({"type": "event-v2 alert", "query": LOGS}, 'not of the form events("…")'),
        (
            {"type": "log alert", "query": FORMULA},
            "the formula uses errors, requests, which is not among the variables",
        ),
        ({"type": "service check", "query": '"a".over("b").last(2)'}, "invalid service check query"),
        (
            {
                "type": "service check",
                "query": '"a".over("b").last(2).count_by_status()',
                "options": {"thresholds": {"critical": 3}},
            },
            "Last field should be larger than or equal to max threshold defined in monitor options",
        ),
    ],
)
def test_a_monitor_that_datadog_would_not_take_is_refused_by_validate_and_by_create(
    datadog: Datadog, wrong: dict[str, Any], error: str
) -> None:
    wanted = monitor(**{"options": {}, **wrong})
    for path in ("/api/v1/monitor/validate", "/api/v1/monitor"):
        status, answered = datadog.refused("POST", path, wanted)
        assert status == 400
        assert error in answered


def test_a_refused_change_leaves_the_monitor_as_it_was(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/monitor", monitor())
    path = f"/api/v1/monitor/{created['id']}"
    assert datadog.refused("PUT", path, {"query": "avg(last_5m):avg:a.b{*} > 3"})[0] == 400
    assert "cannot be changed" in datadog.refused("PUT", path, {"type": "log alert", "query": LOGS})[1]
    assert datadog.refused("POST", f"{path}/validate", monitor(query="x"))[0] == 400
    assert datadog.done("GET", path) == created


def test_the_critical_threshold_is_taken_from_the_query_when_none_is_given(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/monitor", monitor(options={}))
    assert created["options"]["thresholds"] == {"critical": 1500.0}


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_monitor_that_is_not_there_is_not_found(datadog: Datadog, method: str) -> None:
    assert datadog.refused(method, "/api/v1/monitor/12345", {}) == (404, "Monitor not found")


def test_a_monitor_of_a_service_level_objective_is_deleted_only_by_force(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/monitor", monitor())
    objective = slo(type="monitor", monitor_ids=[created["id"]], query=None)
    objective_id = datadog.done("POST", "/api/v1/slo", objective)["data"][0]["id"]
    path = f"/api/v1/monitor/{created['id']}"
    refused = datadog.refused("DELETE", path)
    assert refused == (
        401,
        f"monitor [{created['id']},latency] is referenced in slos: [{objective_id},availability]",
    )
    assert datadog.call("DELETE", path, force="true")[0] == 200


def test_a_synthetics_monitor_comes_only_with_its_test(datadog: Datadog) -> None:
    status, error = datadog.refused("POST", "/api/v1/monitor", monitor(type="synthetics alert", query="no_query"))
    assert status == 400
    assert "synthetic test" in error


def test_a_kind_that_the_sandbox_does_not_read_is_not_waved_through(datadog: Datadog) -> None:
    status, answer = datadog.call("POST", "/api/v1/monitor", monitor(type="cost alert", query="x > 1"))
    assert status == 501
    assert "cost alert" in answer["errors"][0]


@pytest.mark.parametrize("body", [b"{", b"[]"])
def test_a_body_that_is_no_json_object_is_refused_in_datadogs_form(datadog: Datadog, body: bytes) -> None:
    answer = datadog.http.post("/api/v1/monitor", content=body, headers=KEYS)
    assert answer.status_code == 400
    assert "not in the expected format" in answer.json()["errors"][0]


def burn_rate(
    slo_id: str, long: str = "1h", short: str = "5m", factor: float = 14.4, over: str = "30d"
) -> dict[str, Any]:
    query = f'burn_rate("{slo_id}").over("{over}").long_window("{long}").short_window("{short}") > {factor}'
    return monitor(type="slo alert", query=query, options={"thresholds": {"critical": factor}})


def test_a_burn_rate_alert_is_taken_within_the_bound_that_its_target_sets(datadog: Datadog) -> None:
    strict = datadog.done("POST", "/api/v1/slo", slo())["data"][0]["id"]
    loose = slo(thresholds=[{"timeframe": "30d", "target": 90}])
    loose_id = datadog.done("POST", "/api/v1/slo", loose)["data"][0]["id"]
    datadog.done("POST", "/api/v1/monitor", burn_rate(strict))
    status, error = datadog.refused("POST", "/api/v1/monitor", burn_rate(loose_id))
    assert status == 400
    assert error.startswith("Alert threshold (14.4) must be in range 0 to 10.0 for burn rate alerts")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"over": "1h"}, "is neither burn_rate"),
        ({"long": "30m"}, "at least 1h and at most 48h"),
        ({"long": "72h", "short": "6h"}, "at least 1h and at most 48h"),
        ({"long": "1h", "short": "1h"}, "shorter than its long window"),
        ({"slo_id": "nothing"}, "SLO nothing not found"),
    ],
)
def test_a_burn_rate_outside_datadogs_limits_is_refused(datadog: Datadog, change: dict[str, Any], error: str) -> None:
    objective = datadog.done("POST", "/api/v1/slo", slo())["data"][0]["id"]
    status, answered = datadog.refused("POST", "/api/v1/monitor/validate", burn_rate(**{"slo_id": objective, **change}))
    assert status == 400
    assert error in answered


def test_burn_rates_are_refused_on_objectives_made_of_synthetics_monitors(datadog: Datadog) -> None:
    monitor_id = datadog.done("POST", "/api/v1/synthetics/tests/api", api_test())["monitor_id"]
    objective = slo(type="monitor", monitor_ids=[monitor_id], query=None)
    slo_id = datadog.done("POST", "/api/v1/slo", objective)["data"][0]["id"]
    assert "synthetics" in datadog.refused("POST", "/api/v1/monitor", burn_rate(slo_id))[1]


def test_a_composite_combines_monitors_that_exist_and_holds_on_to_them(datadog: Datadog) -> None:
    slow, moved = (datadog.done("POST", "/api/v1/monitor", monitor())["id"] for _ in range(2))
    wanted = {"name": "n", "type": "composite", "message": "m", "query": f"{slow} && !{moved}"}
    composite = datadog.done("POST", "/api/v1/monitor", wanted)
    status, said = datadog.refused("DELETE", f"/api/v1/monitor/{slow}")
    assert (status, "is referenced in composite monitors" in said) == (401, True)
    nested = {**wanted, "query": f"{composite['id']} && {slow}"}
    assert datadog.refused("POST", "/api/v1/monitor", nested) == (400, "Some monitor IDs are invalid")
    unknown = {**wanted, "query": "998 && !999"}
    assert datadog.refused("POST", "/api/v1/monitor/validate", unknown) == (400, "Some monitor IDs are invalid")
    datadog.done("DELETE", f"/api/v1/monitor/{composite['id']}")
    datadog.done("DELETE", f"/api/v1/monitor/{slow}")
