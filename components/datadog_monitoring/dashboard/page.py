"""The dashboard as a whole, in the JSON that Datadog's dashboard API takes (POST /api/v1/dashboard)."""

from collections.abc import Mapping
from typing import Any

from components.datadog_monitoring.dashboard import (
    cost,
    golden_signals,
    health_check,
    releases,
    service_levels,
    serving,
    web_vitals,
)
from components.datadog_monitoring.dashboard.alerts import by_topic
from components.datadog_monitoring.dashboard.widgets import Json, stacked


def dashboard(
    *,
    service: str,
    environment: str,
    domain: str,
    vercel_project: str,
    runbook_url: str,
    health_check_id: str,
    slo_ids: Mapping[str, str],
    monitor_ids: Mapping[str, str],
    log_drain: bool,
) -> dict[str, Any]:
    """What serves, how well, and what changed, from what somebody who was woken needs first.

    Args:
        service: the app's name.
        environment: the stack's name.
        domain: the host that users open.
        vercel_project: the project's name at Vercel.
        runbook_url: the runbook, without an anchor.
        health_check_id: the synthetic test's public ID.
        slo_ids: each objective's ID by its key, `availability` and `latency`; either may be absent.
        monitor_ids: Datadog's number of each monitor, by its key.
        log_drain: whether there are logs to read; without, no widget reads any.
    """
    alerts = by_topic(monitor_ids, objectives=slo_ids)
    groups = [
        serving.group(
            service=service,
            environment=environment,
            domain=domain,
            vercel_project=vercel_project,
            runbook_url=runbook_url,
        ),
        *([service_levels.group(slo_ids, alerts.objectives)] if slo_ids else []),
        golden_signals.group(alerts.traffic) if log_drain else golden_signals.missing(runbook_url),
        health_check.group(health_check_id, alerts.probes),
        web_vitals.group(),
        releases.group(alerts.releases),
        cost.group(health_check_id),
    ]
    return {
        "title": f"{service} {environment}",
        "description": f"What https://{domain} serves, and how well. Made by Pulumi: a change by hand is undone.",
        "layout_type": "ordered",
        "reflow_type": "fixed",
        # Datadog answers this whether it is sent or not; left out, each `up` would find a change.
        "notify_list": [],
        "template_variables": [
            _variable("env", "env", environment),
            _variable("service", "service", service),
            _variable("host", "@proxy.host", domain),
            _variable("version", "version", "*"),
        ],
        "widgets": stacked(groups),
    }


def _variable(name: str, prefix: str, default: str) -> Json:
    return {"name": name, "prefix": prefix, "available_values": [], "defaults": [default]}
