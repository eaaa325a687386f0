"""A monitor between Pulumi's properties and Datadog's JSON (POST /api/v1/monitor).

Of the query variables it knows event queries, which log, event and trace monitors use.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.values import Properties

NEW_HOST_DELAY_SECONDS = 300
NO_DATA_TIMEFRAME_MINUTES = 10

_THRESHOLDS = {
    "ok": "ok",
    "warning": "warning",
    "critical": "critical",
    "unknown": "unknown",
    "warningRecovery": "warning_recovery",
    "criticalRecovery": "critical_recovery",
}
_THRESHOLD_QUERIES = {"criticalQuery": "critical_query", "criticalRecoveryQuery": "critical_recovery_query"}
_ASSET = {
    "name": "name",
    "url": "url",
    "category": "category",
    "resourceKey": "resource_key",
    "resourceType": "resource_type",
}
_OPTIONS = {
    "groupRetentionDuration": "group_retention_duration",
    "newGroupDelay": "new_group_delay",
    "evaluationDelay": "evaluation_delay",
    "onMissingData": "on_missing_data",
    "renotifyInterval": "renotify_interval",
    "renotifyOccurrences": "renotify_occurrences",
    "renotifyStatuses": "renotify_statuses",
    "notifyAudit": "notify_audit",
    "timeoutH": "timeout_h",
    "escalationMessage": "escalation_message",
    "notificationPresetName": "notification_preset_name",
}
"""Options that are sent when they are given, and not empty."""


def to_api(inputs: Properties) -> dict[str, Any]:
    """The body that creates, validates or changes a monitor."""
    priority = inputs.get("priority")
    return {
        "name": inputs["name"],
        "type": inputs["type"],
        "query": inputs["query"].strip(),
        "message": inputs["message"].strip(),
        "tags": sorted(inputs.get("tags", [])),
        "priority": int(priority) if priority else None,
        "restricted_roles": sorted(inputs["restrictedRoles"]) if inputs.get("restrictedRoles") else None,
        "draft_status": inputs.get("draftStatus", "published"),
        **({"assets": [_asset_to_api(asset) for asset in inputs["assets"]]} if inputs.get("assets") else {}),
        "options": _options(inputs),
    }


def _asset_to_api(asset: Mapping[str, str]) -> dict[str, str]:
    return {api: asset[name] for name, api in _ASSET.items() if asset.get(name)}


def _options(inputs: Properties) -> dict[str, Any]:
    options: dict[str, Any] = {
        "thresholds": _thresholds(inputs.get("monitorThresholds", {})),
        "include_tags": inputs.get("includeTags", True),
        "notify_no_data": inputs.get("notifyNoData", False),
        "require_full_window": inputs.get("requireFullWindow", True),
        "new_host_delay": inputs.get("newHostDelay", NEW_HOST_DELAY_SECONDS),
        **{api: inputs[name] for name, api in _OPTIONS.items() if inputs.get(name)},
    }
    if "onMissingData" not in inputs:
        options["no_data_timeframe"] = inputs.get("noDataTimeframe", NO_DATA_TIMEFRAME_MINUTES)
    if windows := inputs.get("monitorThresholdWindows"):
        names = {"recoveryWindow": "recovery_window", "triggerWindow": "trigger_window"}
        options["threshold_windows"] = {names[name]: value for name, value in windows.items()}
    if inputs.get("notifyBies"):
        options["notify_by"] = sorted(inputs["notifyBies"])
    if queries := inputs.get("variables", {}).get("eventQueries"):
        options["variables"] = [_query_to_api(query) for query in queries]
    if inputs["type"] == "log alert":
        options["enable_logs_sample"] = inputs.get("enableLogsSample", False)
        if inputs.get("groupbySimpleMonitor"):
            options["groupby_simple_monitor"] = True
    return options


def _thresholds(wanted: Mapping[str, str]) -> dict[str, Any]:
    return {api: float(wanted[name]) for name, api in _THRESHOLDS.items() if wanted.get(name)} | {
        api: wanted[name] for name, api in _THRESHOLD_QUERIES.items() if wanted.get(name)
    }


def _query_to_api(query: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "data_source": query["dataSource"],
        "name": query["name"],
        "search": {"query": query["search"]["query"]},
        # Datadog computes one thing a query; the provider sends the first.
        "compute": dict(query["computes"][0]),
        "indexes": list(query.get("indexes", [])),
        "group_by": [dict(group) for group in query.get("groupBies", [])],
    }


def from_api(monitor: Mapping[str, Any]) -> Properties:
    """What Datadog says of a monitor, as properties; None for what it leaves out or empty."""
    options = monitor.get("options") or {}
    priority = monitor.get("priority")
    queries = options.get("variables") or []
    windows = options.get("threshold_windows") or {}
    is_log_alert = monitor["type"] == "log alert"
    return {
        "name": monitor["name"],
        "type": monitor["type"],
        "query": monitor["query"],
        "message": monitor.get("message", ""),
        "tags": sorted(monitor.get("tags") or []),
        "priority": str(priority) if priority else None,
        "draftStatus": monitor.get("draft_status") or "published",
        "assets": [
            {name: asset[api] for name, api in _ASSET.items() if asset.get(api)}
            for asset in monitor.get("assets") or []
        ]
        or None,
        "restrictedRoles": list(monitor.get("restricted_roles") or []),
        "includeTags": options.get("include_tags", False),
        "notifyNoData": options.get("notify_no_data"),
        "requireFullWindow": options.get("require_full_window", False),
        "newHostDelay": options.get("new_host_delay"),
        "noDataTimeframe": options.get("no_data_timeframe"),
        "evaluationDelay": options.get("evaluation_delay") or 0,
        **{name: options.get(api) or None for name, api in _OPTIONS.items() if name != "evaluationDelay"},
        "monitorThresholds": _thresholds_from_api(options.get("thresholds") or {}),
        "monitorThresholdWindows": {
            name: windows[api]
            for name, api in (("recoveryWindow", "recovery_window"), ("triggerWindow", "trigger_window"))
            if windows.get(api)
        }
        or None,
        "notifyBies": options.get("notify_by") or None,
        "variables": {"eventQueries": [_query_from_api(query) for query in queries]} if queries else None,
        "enableLogsSample": options.get("enable_logs_sample", False) if is_log_alert else None,
        "groupbySimpleMonitor": options.get("groupby_simple_monitor", False) if is_log_alert else None,
    }


def _thresholds_from_api(thresholds: Mapping[str, Any]) -> dict[str, str] | None:
    said = {name: f"{thresholds[api]:g}" for name, api in _THRESHOLDS.items() if thresholds.get(api) is not None}
    said |= {name: thresholds[api] for name, api in _THRESHOLD_QUERIES.items() if thresholds.get(api)}
    return said or None


def _query_from_api(query: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "dataSource": query["data_source"],
        "name": query["name"],
        "search": {"query": query["search"]["query"]},
        "computes": [{name: value for name, value in query["compute"].items() if value is not None}],
        "indexes": list(query.get("indexes") or []),
        "groupBies": [dict(group) for group in query.get("group_by") or []],
    }
