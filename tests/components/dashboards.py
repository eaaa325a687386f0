"""The dashboards that the tests look at, and what is in them."""

from collections.abc import Mapping
from typing import Any

import pytest

from components.datadog_monitoring.component import define_monitors
from components.datadog_monitoring.dashboard import dashboard
from components.datadog_monitoring.synthetics import CERTIFICATES
from sandbox.world.datadog.dashboards import all_widgets
from tests.components.test_datadog_monitoring import ARGS

Json = dict[str, Any]

DEFINITIONS = {definition.key: definition for definition in define_monitors(ARGS)}
KEYS = ("health", *(each.key for each in CERTIFICATES), *DEFINITIONS)
MONITOR_IDS = {key: str(1000 + number) for number, key in enumerate(KEYS)}
SLO_IDS = {"availability": "0a" * 16, "latency": "1b" * 16}
RUNBOOK = "https://github.com/acme/deployment/blob/main/docs/runbook.md"


def page(
    *, log_drain: bool = True, slo_ids: Mapping[str, str] = SLO_IDS, monitor_ids: Mapping[str, str] = MONITOR_IDS
) -> Json:
    return dashboard(
        service="ai-tools",
        environment="production",
        domain="ai-tools.example.com",
        vercel_project="ai-tools-production",
        runbook_url=RUNBOOK,
        health_check_id="abc-def-ghi",
        slo_ids=slo_ids,
        monitor_ids=monitor_ids,
        log_drain=log_drain,
    )


PAGES = {
    "production": page(),
    "without a log drain": page(log_drain=False, slo_ids={"availability": SLO_IDS["availability"]}),
    "without objectives": page(slo_ids={}),
    "with neither": page(log_drain=False, slo_ids={}, monitor_ids={"health": "1"}),
}
every_page = pytest.mark.parametrize("shown", PAGES.values(), ids=PAGES)
"""Runs a test for each."""


def widgets(shown: Json) -> list[Json]:
    return [widget["definition"] for widget in all_widgets(shown["widgets"])]


def group(shown: Json, title: str) -> list[Json]:
    """The widgets of a group."""
    (found,) = [widget for widget in widgets(shown) if widget["type"] == "group" and widget["title"] == title]
    return [widget["definition"] for widget in found["widgets"]]


def requests(shown: Json) -> list[Json]:
    """Every request that asks by formula."""
    return [request for widget in widgets(shown) for request in widget.get("requests", []) if "queries" in request]


def queries(shown: Json) -> list[Json]:
    return [query for request in requests(shown) for query in request["queries"]]


def titled(shown: Json, title: str) -> Json:
    (found,) = [widget for widget in widgets(shown) if widget.get("title") == title]
    return found


def search_of(query: Json) -> str:
    return query.get("search", {}).get("query", "")
