"""The health check, the monitors and the dashboard of one environment."""

import dataclasses
import json
import re

import pulumi
import pytest

from components.datadog_monitoring import DatadogMonitoring, DatadogMonitoringArgs
from tests.components.recording import PROJECT, Recording, record

ARGS = DatadogMonitoringArgs(
    service="ai-tools",
    environment="production",
    domain="ai-tools.example.com",
    site="datadoghq.eu",
    notify=["@slack-acme-deploys", "@oncall-web"],
    locations=["aws:eu-central-1", "aws:us-east-1"],
    health_check_seconds=60,
    runbook_url="https://example.com/runbook.md",
)


@pytest.fixture(scope="module")
def recording() -> Recording:
    return record(lambda: pulumi.export("dashboard", DatadogMonitoring("monitoring", ARGS).dashboard_url))


def test_the_health_check_asks_the_domain_what_a_healthy_app_answers(recording: Recording) -> None:
    inputs = recording.named("monitoring-health").inputs
    assert inputs["requestDefinition"]["url"] == "https://ai-tools.example.com/api/health"
    assert {assertion["type"] for assertion in inputs["assertions"]} == {"statusCode", "responseTime", "header", "body"}
    assert inputs["optionsList"]["minLocationFailed"] == 2


def test_one_location_is_enough_where_there_is_only_one() -> None:
    args = dataclasses.replace(ARGS, locations=["aws:x"])
    inputs = record(lambda: DatadogMonitoring("m", args)).named("m-health").inputs
    assert inputs["optionsList"]["minLocationFailed"] == 1


def test_a_monitors_threshold_is_the_number_its_query_ends_in(recording: Recording) -> None:
    for monitor in recording.of("Monitor"):
        in_query = re.search(r"[<>] ([\d.]+)$", monitor.inputs["query"])
        assert in_query is not None, monitor.name
        assert float(monitor.inputs["monitorThresholds"]["critical"]) == float(in_query[1]), monitor.name


def test_a_query_about_the_health_check_names_its_id(recording: Recording) -> None:
    assert "{check_id:monitoring-health-id}" in recording.named("monitoring-latency").inputs["query"]


def test_every_alert_says_whom_it_tells_and_links_a_section_that_the_runbook_has(recording: Recording) -> None:
    sections = set(re.findall(r"^#+ ([\w-]+)$", (PROJECT / "docs" / "runbook.md").read_text(), re.MULTILINE))
    alerts = [*recording.of("Monitor"), *recording.of("SyntheticsTest")]
    assert len(alerts) == 4
    for alert in alerts:
        message = alert.inputs["message"]
        link = re.search(r"https://example\.com/runbook\.md#([\w-]+)", message)
        assert link is not None, alert.name
        assert link[1] in sections, alert.name
        assert message.count("@slack-acme-deploys @oncall-web") == 2, "told when it starts and when it ends"
        assert message.count("{{#") == message.count("{{/")


def test_everything_carries_the_tags_that_datadog_joins_by(recording: Recording) -> None:
    for resource in [*recording.of("Monitor"), *recording.of("SyntheticsTest")]:
        assert {"env:production", "service:ai-tools"} <= set(resource.inputs["tags"])


def test_production_wakes_someone_and_staging_does_not(recording: Recording) -> None:
    args = dataclasses.replace(ARGS, environment="staging")
    staging = record(lambda: DatadogMonitoring("monitoring", args))
    assert recording.named("monitoring-error-rate").inputs["priority"] == "1"
    assert int(staging.named("monitoring-error-rate").inputs["priority"]) >= 4


def test_the_dashboard_shows_every_monitor(recording: Recording) -> None:
    page = json.loads(recording.named("monitoring-dashboard").inputs["dashboard"])
    shown = {w["definition"]["alert_id"] for w in page["widgets"] if w["definition"]["type"] == "alert_value"}
    assert shown == {"4711", *(f"{monitor.name}-id" for monitor in recording.of("Monitor"))}


def test_links_lead_to_the_stacks_datadog_site(recording: Recording) -> None:
    assert recording.outputs["dashboard"] == "https://app.datadoghq.eu/dashboard/monitoring-dashboard-id"
