"""What Datadog refuses in a monitor (https://docs.datadoghq.com/api/latest/monitors/#validate-a-monitor).

The messages are those seen from Datadog where one is known: in the cassettes of its API clients and in reports.
"""

from typing import Any

from sandbox.world.datadog.errors import error
from sandbox.world.datadog.monitor_query import MonitorQuery, invalid, parse_query
from sandbox.world.state import State

SLOS = "datadog.slos"
MONITORS = "datadog.monitors"
TYPES = (
    *("composite", "event alert", "log alert", "metric alert", "process alert", "query alert", "rum alert"),
    *("service check", "synthetics alert", "trace-analytics alert", "slo alert", "event-v2 alert", "audit alert"),
    *("ci-pipelines alert", "ci-tests alert", "error-tracking alert", "database-monitoring alert"),
    *("network-performance alert", "cost alert", "data-quality alert", "network-path alert", "data-jobs alert"),
    "llm-observability alert",
)
_OPTIONS = frozenset(
    (
        *("aggregation", "device_ids", "enable_logs_sample", "enable_samples", "escalation_message"),
        *("evaluation_delay", "group_retention_duration", "groupby_simple_monitor", "include_tags", "locked"),
        *("min_failure_duration", "min_location_failed", "new_group_delay", "new_host_delay", "no_data_timeframe"),
        *("notification_preset_name", "notify_audit", "notify_by", "notify_no_data", "on_missing_data"),
        *("renotify_interval", "renotify_occurrences", "renotify_statuses", "require_full_window"),
        *("scheduling_options", "silenced", "synthetics_check_id", "threshold_windows", "thresholds", "timeout_h"),
        "variables",
    )
)
_ON_MISSING_DATA = ("default", "show_no_data", "show_and_notify_no_data", "resolve")
_LOWEST_PRIORITY = 5


def validate_monitor(state: State, monitor: dict[str, Any]) -> MonitorQuery:
    """Raise what Datadog answers to a monitor that it does not take; else return what its query says."""
    kind, query = monitor.get("type"), monitor.get("query")
    if kind not in TYPES:
        raise error(400, f"The value provided for parameter 'type' is invalid: {kind}")
    if not isinstance(query, str) or not query:
        raise error(400, "Missing required attributes: ['query']")
    for name in ("name", "message"):
        if not isinstance(monitor.get(name, ""), str):
            raise error(400, f"The value provided for parameter '{name}' is invalid: a string is expected")
    priority = monitor.get("priority")
    if priority is not None and priority not in range(1, _LOWEST_PRIORITY + 1):
        raise error(400, f"The value provided for parameter 'priority' is invalid: {priority}")
    options = monitor.get("options") or {}
    _check_options(kind, options)
    variables = [variable.get("name", "") for variable in options.get("variables") or []]
    parsed = parse_query(kind, query, variables)
    if parsed.slo_id is not None:
        _check_slo(state, parsed)
    _check_members(state, parsed)
    _check_thresholds(parsed, options.get("thresholds"))
    return parsed


def _check_options(kind: str, options: dict[str, Any]) -> None:
    for name in options:
        if name not in _OPTIONS:
            raise error(400, f"Invalid monitor option: {name}")
    missing_data = options.get("on_missing_data")
    if missing_data is not None:
        if missing_data not in _ON_MISSING_DATA:
            raise error(400, f"The value provided for parameter 'on_missing_data' is invalid: {missing_data}")
        if kind in ("slo alert", "composite", "service check"):
            raise error(400, f"on_missing_data is not supported by monitors of the type {kind}")
        if options.get("notify_no_data"):
            raise error(400, "on_missing_data cannot be combined with notify_no_data")
    if options.get("renotify_statuses") and not options.get("renotify_interval"):
        raise error(400, "renotify_statuses requires renotify_interval")


def _check_thresholds(parsed: MonitorQuery, thresholds: dict[str, Any] | None) -> None:
    given = {name: value for name, value in (thresholds or {}).items() if value is not None}
    if parsed.checks:
        if any(value > parsed.checks for value in given.values()):
            raise error(400, "Last field should be larger than or equal to max threshold defined in monitor options")
        return
    if parsed.threshold is None or not given:
        return
    if "critical" not in given:
        raise error(400, "Alert status is required.")
    critical = float(given["critical"])
    if critical != parsed.threshold:
        raise error(400, f"Alert threshold ({critical}) does not match that used in the query ({parsed.threshold}).")
    upwards = parsed.operator in (">", ">=")
    warning = given.get("warning")
    if warning is not None and (warning >= critical if upwards else warning <= critical):
        side = "less" if upwards else "greater"
        raise error(400, f"Warning threshold ({float(warning)}) must be {side} than the alert threshold ({critical}).")
    for name, level in (("critical_recovery", critical), ("warning_recovery", warning)):
        recovery = given.get(name)
        if recovery is not None and level is not None and (recovery > level if upwards else recovery < level):
            state = "alert" if name == "critical_recovery" else "warning"
            message = (
                f"{state} and {state} recovery criteria are such that the monitor can be simultaneously in {state}"
            )
            raise error(400, f"{message} and {state} recovery states")


def _check_members(state: State, parsed: MonitorQuery) -> None:
    """A composite combines monitors that exist and are none themselves."""
    monitors = state.collection(MONITORS)
    if any(member not in monitors or monitors[member]["type"] == "composite" for member in parsed.members):
        raise error(400, "Some monitor IDs are invalid")


def _check_slo(state: State, parsed: MonitorQuery) -> None:
    slo = state.collection(SLOS).get(parsed.slo_id or "")
    if slo is None:
        raise invalid(f"SLO {parsed.slo_id} not found")
    if not parsed.is_burn_rate or parsed.threshold is None:
        return
    monitors = state.collection(MONITORS)
    kinds = [monitors[str(key)]["type"] for key in slo.get("monitor_ids", []) if str(key) in monitors]
    if "synthetics alert" in kinds:
        raise error(400, "Burn rate alerts are not supported for SLOs that are based on synthetics monitors.")
    targets = {threshold["timeframe"]: threshold["target"] for threshold in slo["thresholds"]}
    highest = round(1 / (1 - targets.get(parsed.over, slo["target_threshold"]) / 100), 4)
    if not 0 < parsed.threshold <= highest:
        raise error(
            400,
            f"Alert threshold ({parsed.threshold}) must be in range 0 to {highest} for burn rate alerts"
            " (max threshold = 1/1-slo target).",
        )
