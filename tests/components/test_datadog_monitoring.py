"""What watches one environment: tests, objectives, monitors, and what they say."""

import dataclasses
import re
from collections.abc import Mapping

import pulumi
import pytest

from components.datadog_monitoring import DatadogMonitoring, DatadogMonitoringArgs
from components.datadog_monitoring.component import define_monitors
from components.datadog_monitoring.synthetic_cost import dollars, runs
from components.monitoring_config import MonitoringConfig
from components.service_levels import BURN_RATES
from tests.components.messages import rendered
from tests.components.recording import PROJECT, Recording, Registered, record

MONITORING = MonitoringConfig(
    site="datadoghq.eu",
    team="web",
    notify=("@slack-acme-deploys",),
    page=("@oncall-web",),
    locations=("aws:eu-central-1", "aws:us-east-1", "aws:ap-southeast-1"),
    health_check_seconds=60,
    runbook_url="https://example.com/runbook.md",
    availability_target=99.9,
    latency_target=99,
    latency_milliseconds=1500,
)
ARGS = DatadogMonitoringArgs(
    service="ai-tools",
    environment="production",
    production=True,
    domain="ai-tools.example.com",
    vercel_project="ai-tools-production",
    log_drain=True,
    monitoring=MONITORING,
)
STAGING = dataclasses.replace(
    ARGS,
    environment="staging",
    production=False,
    monitoring=dataclasses.replace(MONITORING, page=(), availability_target=None, locations=("aws:eu-central-1",)),
)
SECTIONS = set(re.findall(r"^## ([\w-]+)$", (PROJECT / "docs/runbook.md").read_text(), re.MULTILINE))
DEFINITIONS = {definition.key: definition for definition in define_monitors(ARGS)}
SILENT = {"slow-requests", "traffic-moved"}
"""Members of a composite, which tells for them."""


def built(args: DatadogMonitoringArgs) -> Recording:
    return record(lambda: pulumi.export("dashboard", DatadogMonitoring("monitoring", args).dashboard_url))


def watching(recording: Recording) -> list[Registered]:
    """Everything that has a monitor at Datadog."""
    return [*recording.of("Monitor"), *recording.of("SyntheticsTest")]


def changed(before: Recording, after: Recording) -> set[str]:
    """The resources whose inputs differ."""
    then = {resource.name: resource.inputs for resource in before.resources}
    return {resource.name for resource in after.resources if then.get(resource.name) != resource.inputs}


@pytest.fixture(scope="module")
def production() -> Recording:
    return built(ARGS)


@pytest.fixture(scope="module")
def staging() -> Recording:
    return built(STAGING)


def test_the_health_check_asks_the_domain_what_a_healthy_app_answers(production: Recording) -> None:
    inputs = production.named("monitoring-health").inputs
    assert inputs["requestDefinition"]["url"] == "https://ai-tools.example.com/api/health"
    paths = [each["targetjsonpath"]["jsonpath"] for each in inputs["assertions"] if each["type"] == "body"]
    assert paths == ["$.status", "$.version"]
    assert {each["type"] for each in inputs["assertions"]} == {"statusCode", "responseTime", "header", "body"}
    assert inputs["optionsList"]["minLocationFailed"] == 2
    assert inputs["optionsList"]["retry"]["count"] == 2


def test_one_location_is_enough_where_there_is_only_one(staging: Recording) -> None:
    assert staging.named("monitoring-health").inputs["optionsList"]["minLocationFailed"] == 1


def test_the_certificate_is_told_of_long_before_it_pages(production: Recording) -> None:
    for name in ("monitoring-certificate", "monitoring-certificate-ends"):
        test = production.named(name).inputs
        assert (len(test["locations"]), test["optionsList"]["minLocationFailed"]) == (2, 2)
    days = {
        name: (int(test["assertions"][0]["target"]), "@oncall" in test["message"])
        for name in ("monitoring-certificate", "monitoring-certificate-ends")
        for test in [production.named(name).inputs]
    }
    assert days == {"monitoring-certificate": (10, False), "monitoring-certificate-ends": (3, True)}


def test_every_alert_links_a_section_that_the_runbook_has_and_the_runbook_has_no_other(production: Recording) -> None:
    linked = set[str]()
    for alert in watching(production):
        (section,) = set(re.findall(r"https://example\.com/runbook\.md#([\w-]+)", alert.inputs["message"]))
        for asset in alert.inputs.get("assets", []):
            assert asset == {
                "category": "runbook",
                "name": "Runbook",
                "url": f"https://example.com/runbook.md#{section}",
            }
        linked.add(section)
    assert linked == SECTIONS


def test_every_monitor_tells_somebody_or_is_a_member_of_a_composite_that_does(production: Recording) -> None:
    for alert in watching(production):
        key = alert.name.removeprefix("monitoring-")
        assert ("@slack-acme-deploys" in alert.inputs["message"]) == (key not in SILENT), key
    composite = production.named("monitoring-latency").inputs["query"]
    assert composite == "monitoring-slow-requests-id && !monitoring-traffic-moved-id"


def test_slack_hears_everything_and_only_production_pages(production: Recording, staging: Recording) -> None:
    for alert in watching(staging):
        assert "@oncall" not in alert.inputs["message"]
    paging = {
        alert.name.removeprefix("monitoring-") for alert in watching(production) if "@oncall" in alert.inputs["message"]
    }
    assert paging == {
        "health",
        "certificate-ends",
        "prober-dead",
        "error-rate",
        "failed-rollback",
        "availability-1h",
        "availability-6h",
        "latency-1h",
        "latency-6h",
    }


def test_what_pages_has_priority_one_or_two_and_says_so_again(production: Recording, staging: Recording) -> None:
    for recording, most_urgent in ((production, 1), (staging, 4)):
        for monitor in recording.of("Monitor"):
            pages = "@oncall" in monitor.inputs["message"]
            assert pages == (int(monitor.inputs["priority"]) <= 2), monitor.name
            assert int(monitor.inputs["priority"]) >= most_urgent
            repeats = "renotifyInterval" in monitor.inputs
            assert repeats == (pages and monitor.name != "monitoring-failed-rollback"), monitor.name


def test_everything_carries_the_tags_that_datadog_joins_by(production: Recording) -> None:
    for resource in [*watching(production), *production.of("ServiceLevelObjective")]:
        assert resource.inputs["tags"] == ["env:production", "service:ai-tools", "team:web", "managed-by:pulumi"]


def test_what_is_silent_when_its_query_finds_nothing_is_spoken_for() -> None:
    """A query that returns no series never alerts; releases may well not happen, so theirs are left out."""
    for definition in DEFINITIONS.values():
        if definition.type == "event-v2 alert":
            continue
        notices = definition.on_missing_data == "show_and_notify_no_data"
        assert notices != bool(definition.silence_told_by), definition.key
        if definition.silence_told_by:
            assert DEFINITIONS[definition.silence_told_by].on_missing_data == "show_and_notify_no_data"


def test_datadog_takes_no_missing_data_setting_for_objectives_and_composites(production: Recording) -> None:
    for monitor in production.of("Monitor"):
        takes = monitor.inputs["type"] not in ("slo alert", "composite")
        assert ("onMissingData" in monitor.inputs) == takes, monitor.name


def test_an_outage_during_a_release_still_pages() -> None:
    """Only slowness waits for a release: nothing that pages is, or is a member of, a composite."""
    composites = [each for each in DEFINITIONS.values() if each.type == "composite"]
    assert [each.key for each in composites] == ["latency"]
    for composite in composites:
        members = set(re.findall(r"\$(\w+)", composite.query))
        assert {member.replace("_", "-") for member in members} == SILENT
        assert composite.severity > 2
    for key in SILENT:
        assert DEFINITIONS[key].severity > 2


def test_objectives_are_counted_and_have_an_alert_for_every_burn_rate(production: Recording) -> None:
    for key, target in (("availability", 99.9), ("latency", 99)):
        objective = production.named(f"monitoring-objective-{key}").inputs
        assert objective["type"] == "metric"
        assert objective["thresholds"] == [{"timeframe": "30d", "target": target}]
        alerts = [production.named(f"monitoring-{key}-{rate.key}").inputs for rate in BURN_RATES]
        assert [alert["query"] for alert in alerts] == [
            f'burn_rate("monitoring-objective-{key}-id").over("30d").long_window("{rate.long_hours}h")'
            f'.short_window("{rate.short_minutes}m") > {rate.factor:g}'
            for rate in BURN_RATES
        ]


def test_availability_is_what_the_health_check_counts_and_latency_what_the_logs_do(production: Recording) -> None:
    query = production.named("monitoring-objective-availability").inputs["query"]
    assert "{check_id:monitoring-health-id}" in query["denominator"]
    assert "{check_id:monitoring-health-id,status:success}" in query["numerator"]
    counted = {each.inputs["name"]: each.inputs["filter"]["query"] for each in production.of("LogsMetric")}
    assert counted == {
        "ai_tools.production.invocations": "source:vercel @proxy.host:ai-tools.example.com @lambda.duration:[0 TO *]",
        "ai_tools.production.fast_invocations": (
            "source:vercel @proxy.host:ai-tools.example.com @lambda.duration:[0 TO 1500000000]"
        ),
    }


@pytest.mark.parametrize(
    ("change", "moves"),
    [
        ({"availability_target": 99.5}, "availability"),
        ({"latency_target": 99.5}, "latency"),
    ],
)
def test_a_target_that_changes_changes_its_objective_and_its_alerts_alone(
    production: Recording, change: Mapping[str, float], moves: str
) -> None:
    after = built(dataclasses.replace(ARGS, monitoring=dataclasses.replace(MONITORING, **change)))  # pyrefly: ignore[bad-argument-type]
    expected = {f"monitoring-objective-{moves}", *(f"monitoring-{moves}-{rate.key}" for rate in BURN_RATES)}
    assert changed(production, after) == expected


def test_without_a_log_drain_nothing_reads_logs() -> None:
    recording = built(dataclasses.replace(ARGS, log_drain=False))
    names = {resource.name for resource in recording.resources}
    assert not recording.of("LogsMetric")
    assert "monitoring-objective-availability" in names
    assert "monitoring-objective-latency" not in names
    for monitor in recording.of("Monitor"):
        assert "logs(" not in monitor.inputs["query"]
        assert monitor.inputs["type"] not in ("log alert", "composite")


def test_without_a_target_nothing_is_promised(staging: Recording) -> None:
    assert not staging.of("ServiceLevelObjective")
    assert not [monitor for monitor in staging.of("Monitor") if monitor.inputs["type"] == "slo alert"]


@pytest.mark.parametrize("seconds", [60, 900, 86400])
def test_silence_is_at_least_three_missed_probes(seconds: int) -> None:
    args = dataclasses.replace(ARGS, monitoring=dataclasses.replace(MONITORING, health_check_seconds=seconds))
    for definition in define_monitors(args):
        if definition.on_missing_data == "show_and_notify_no_data":
            found = re.search(r"last(?:_|\(\")(\d+)m", definition.query)
            assert found is not None, definition.key
            assert int(found[1]) >= min(seconds * 3 // 60, 2880), definition.key


@pytest.mark.parametrize("key", sorted({*DEFINITIONS, "health", "certificate", "certificate-ends"}))
def test_a_message_renders_for_every_state_that_its_monitor_has(production: Recording, key: str) -> None:
    inputs = production.named(f"monitoring-{key}").inputs
    if key in SILENT:
        assert "{{" not in inputs["message"]
        return
    said = {state: rendered(inputs["message"], state) for state in ("alert", "warning", "no_data", "recovery")}
    assert all("{{" not in text for text in said.values())
    assert "Last deployment: https://app.datadoghq.eu/event/explorer?query=" in said["alert"]
    assert "Runbook: " in said["alert"]
    assert bool(said["warning"]) == ("warning" in inputs.get("monitorThresholds", {}))
    assert "@oncall" not in said["warning"]
    assert bool(said["no_data"]) == (inputs.get("onMissingData") == "show_and_notify_no_data")
    pages = "@oncall-web" in said["alert"]
    happened = DEFINITIONS[key].once if key in DEFINITIONS else False
    assert ("@oncall-web" in said["recovery"]) == (pages and not happened), "a page closes when its cause has gone"
    assert ("Recovered." in said["recovery"]) != happened


def test_the_cost_of_the_tests_follows_from_locations_and_frequency() -> None:
    assert runs(3, 60) == 129_600
    assert dollars([runs(3, 60)]) == 64.8
    assert runs(1, 900) == 2_880
    recording = record(lambda: pulumi.export("cost", DatadogMonitoring("monitoring", ARGS).synthetic_cost))
    assert recording.outputs["cost"] == {"runs": 129_600 + 2 * 2 * 720, "usd": 66.24}


@pytest.mark.parametrize(
    ("site", "pages"),
    [
        ("datadoghq.eu", "https://app.datadoghq.eu"),
        ("us5.datadoghq.com", "https://us5.datadoghq.com"),
        ("ap1.datadoghq.com", "https://ap1.datadoghq.com"),
        ("ddog-gov.com", "https://app.ddog-gov.com"),
    ],
)
def test_links_lead_to_the_stacks_datadog_site(site: str, pages: str) -> None:
    recording = built(dataclasses.replace(ARGS, monitoring=dataclasses.replace(MONITORING, site=site)))
    assert recording.outputs["dashboard"] == f"{pages}/dashboard/monitoring-dashboard-id"
    assert f"Last deployment: {pages}/event/explorer" in recording.named("monitoring-health").inputs["message"]


def test_a_wait_is_told_of_where_releases_are_approved_and_each_by_itself(production: Recording) -> None:
    queries = production.named("monitoring-migration-waiting").inputs["variables"]["eventQueries"]
    assert [query["groupBies"] for query in queries] == [[{"facet": "deployment", "limit": 10}]] * 2
    assert "migration-waiting" not in {each.key for each in define_monitors(STAGING)}


def test_two_errors_never_page_however_quiet_the_night_is() -> None:
    query = DEFINITIONS["error-rate"].query
    assumed, percent = re.findall(r"requests \+ (\d+)\).* > (\d+)$", query)[0]
    assert 100 * 2 / int(assumed) <= int(percent) < 100 * 3 / (int(assumed) + 3)
