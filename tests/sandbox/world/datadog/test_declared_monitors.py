"""Datadog's own validation of everything that the committed stacks declare."""

import re
from typing import Any

import pytest

from sandbox.providers.datadog.monitor_body import to_api
from tests.components.recording import main_program, record
from tests.sandbox.world.datadog.conftest import Datadog, api_test, slo

STACKS = ("staging", "production")
DECLARED = {
    (stack, monitor.name): monitor.inputs
    for stack in STACKS
    for monitor in sorted(record(main_program, stack=stack).of("Monitor"), key=lambda monitor: monitor.name)
}
METRICS = {
    # metric: its unit, and where it is from
    "synthetics.test_runs": "runs: https://docs.datadoghq.com/synthetics/metrics/",
}
FACETS = {
    # facet: its unit, and where it is from
    "@proxy.host": "host: https://vercel.com/docs/drains/reference/logs",
    "@proxy.statusCode": "HTTP status, -1 in the background: https://vercel.com/docs/drains/reference/logs",
    "@requestId": "an identifier: Datadog's dashboard of the Vercel integration counts by it",
    "@lambda.duration": "nanoseconds: the log pipeline of Datadog's Vercel integration",
}


@pytest.mark.parametrize(("stack", "name"), DECLARED)
def test_datadog_takes_every_monitor_that_is_declared(datadog: Datadog, stack: str, name: str) -> None:
    inputs = dict(DECLARED[stack, name])
    for identifier in set(re.findall(r"[\w-]+-id\b", inputs["query"])):
        inputs["query"] = inputs["query"].replace(identifier, _made(datadog, identifier))
    assert datadog.done("POST", "/api/v1/monitor/validate", to_api(inputs)) == {}
    created = datadog.done("POST", "/api/v1/monitor", to_api(inputs))
    assert created["query"] == inputs["query"]


@pytest.mark.parametrize(("stack", "name"), DECLARED)
def test_a_query_names_only_metrics_and_facets_that_are_known_with_their_units(stack: str, name: str) -> None:
    inputs = DECLARED[stack, name]
    variables = inputs.get("variables", {}).get("eventQueries", [])
    texts = [inputs["query"], *(query["search"]["query"] for query in variables)]
    texts += [compute.get("metric", "") for query in variables for compute in query["computes"]]
    for text in texts:
        assert set(re.findall(r"(?:sum|avg|min|max|p\d+):([A-Za-z_.]+)\{", text)) <= METRICS.keys()
        assert set(re.findall(r"@[A-Za-z.]+", text)) <= FACETS.keys()


def test_a_threshold_is_the_number_that_its_query_ends_in() -> None:
    for inputs in DECLARED.values():
        if inputs["type"] == "composite":
            assert "monitorThresholds" not in inputs
            continue
        ends = re.search(r"[<>] ([\d.]+)$", inputs["query"])
        assert ends is not None
        assert float(inputs["monitorThresholds"]["critical"]) == float(ends[1])


def test_datadogs_validation_refuses_what_the_grammar_is_for(datadog: Datadog) -> None:
    wrong = {
        "burn_rate without over": ("slo alert", 'burn_rate("x").long_window("1h").short_window("5m") > 14.4'),
        "a long window beyond 48 h": (
            "slo alert",
            'burn_rate("x").over("30d").long_window("3d").short_window("6h") > 1',
        ),
        "a composite of text": ("composite", "slow && !moved"),
        "a composite without its operand": ("composite", "1 &&"),
        "no window": ("log alert", 'logs("x").index("*").rollup("count") > 1'),
    }
    for kind, query in wrong.values():
        status, _ = datadog.refused(
            "POST", "/api/v1/monitor/validate", {"name": "n", "type": kind, "query": query, "message": "m"}
        )
        assert status == 400


def _made(datadog: Datadog, identifier: str) -> str:
    """Something at Datadog for what the mocks named."""
    if "objective" in identifier:
        created = datadog.done("POST", "/api/v1/slo", slo())
        return created["data"][0]["id"]
    if identifier == "monitoring-health-id":
        return datadog.done("POST", "/api/v1/synthetics/tests/api", api_test())["public_id"]
    body: dict[str, Any] = to_api(DECLARED["production", identifier.removesuffix("-id")])
    return str(datadog.done("POST", "/api/v1/monitor", body)["id"])
