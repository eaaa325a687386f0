"""A synthetic API test over HTTP between Pulumi's properties and Datadog's JSON (POST /api/v1/synthetics/tests/api)."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.providers.values import Properties

_REQUEST = {
    "method": "method",
    "url": "url",
    "host": "host",
    "port": "port",
    "body": "body",
    "bodyType": "bodyType",
    "form": "form",
    "timeout": "timeout",
    "noSavingResponseBody": "noSavingResponseBody",
    "persistCookies": "persistCookies",
}
_OPTIONS = {
    "tickEvery": "tick_every",
    "httpVersion": "httpVersion",
    "acceptSelfSigned": "accept_self_signed",
    "checkCertificateRevocation": "checkCertificateRevocation",
    "ignoreCertificateValidation": "ignoreCertificateValidation",
    "minLocationFailed": "min_location_failed",
    "minFailureDuration": "min_failure_duration",
    "followRedirects": "follow_redirects",
    "allowInsecure": "allow_insecure",
    "monitorName": "monitor_name",
    "monitorPriority": "monitor_priority",
    "restrictedRoles": "restricted_roles",
}
OPTION_DEFAULTS = {"httpVersion": "any", "minLocationFailed": 1}
RETRY_DEFAULTS = {"count": 0, "interval": 300}
_BODYLESS = ("GET", "HEAD", "DELETE")
_NUMERIC_TYPES = ("responseTime", "certificate", "latency", "packetsReceived", "networkHop")
_NUMERIC_OPERATORS = ("lessThan", "lessThanOrEqual", "moreThan", "moreThanOrEqual")
_VERSION_TYPES = ("tlsVersion", "minTlsVersion")
_TEMPLATE = re.compile(r"\{\{\s*[^{}]*?\s*\}\}")


def to_api(inputs: Properties) -> dict[str, Any]:
    """The body that creates or changes a test."""
    return {
        "name": inputs["name"],
        "type": inputs["type"],
        "subtype": inputs.get("subtype", "http"),
        "status": inputs["status"],
        "message": inputs.get("message", ""),
        "tags": list(inputs.get("tags", [])),
        "locations": list(inputs["locations"]),
        "config": {
            "request": _request(inputs),
            "assertions": [_assertion_to_api(assertion) for assertion in inputs.get("assertions", [])],
        },
        "options": _options_to_api(inputs.get("optionsList")),
    }


def _request(inputs: Properties) -> dict[str, Any]:
    wanted = inputs.get("requestDefinition", {})
    request = {api: wanted[name] for name, api in _REQUEST.items() if wanted.get(name)}
    if request.get("method") in _BODYLESS and inputs.get("optionsList", {}).get("httpVersion") != "http1":
        request.pop("body", None)
    if inputs.get("requestHeaders"):
        request["headers"] = dict(inputs["requestHeaders"])
    if inputs.get("requestQuery"):
        request["query"] = dict(inputs["requestQuery"])
    return request


def _options_to_api(wanted: Mapping[str, Any] | None) -> dict[str, Any]:
    if wanted is None:
        return {}
    wanted = {**OPTION_DEFAULTS, **wanted}
    options: dict[str, Any] = {api: wanted[name] for name, api in _OPTIONS.items() if wanted.get(name)}
    if "retry" in wanted:
        options["retry"] = {**RETRY_DEFAULTS, **wanted["retry"]}
    if "scheduling" in wanted:
        options["scheduling"] = dict(wanted["scheduling"])
    if "ci" in wanted:
        options["ci"] = {"executionRule": wanted["ci"].get("executionRule", "")}
    if monitor := wanted.get("monitorOptions"):
        interval = monitor.get("renotifyInterval", 0)
        options["monitor_options"] = {
            "renotify_interval": interval,
            "escalation_message": monitor.get("escalationMessage", ""),
            **({"renotify_occurrences": monitor.get("renotifyOccurrences", 0)} if interval else {}),
            **(
                {"notification_preset_name": monitor["notificationPresetName"]}
                if monitor.get("notificationPresetName")
                else {}
            ),
        }
    return options


def _assertion_to_api(assertion: Mapping[str, Any]) -> dict[str, Any]:
    kind, operator = assertion["type"], assertion.get("operator")
    sent: dict[str, Any] = {"type": kind}
    if kind == "javascript":
        return {**sent, "code": assertion.get("code", "")}
    sent["operator"] = operator
    if assertion.get("property"):
        sent["property"] = assertion["property"]
    if operator == "validatesJSONPath":
        path = assertion["targetjsonpath"]
        sent["target"] = {
            "jsonPath": path["jsonpath"],
            "operator": path["operator"],
            "elementsOperator": path.get("elementsoperator", "firstElementMatches"),
            **_target_value(path),
        }
    elif operator == "validatesJSONSchema":
        schema = assertion["targetjsonschema"]
        sent["target"] = {"jsonSchema": schema["jsonschema"], "metaSchema": schema.get("metaschema", "draft-07")}
    elif operator == "validatesXPath":
        path = assertion["targetxpath"]
        sent["target"] = {"xPath": path["xpath"], "operator": path["operator"], **_target_value(path)}
    elif "target" in assertion:
        sent["target"] = _target(kind, operator or "", assertion["target"])
    if assertion.get("timingsScope"):
        sent["timingsScope"] = assertion["timingsScope"]
    return sent


def _target(kind: str, operator: str, target: str) -> str | float:
    """Datadog wants a number where it compares numbers; the program writes every target as a text."""
    is_whole = kind in _NUMERIC_TYPES or (kind == "statusCode" and operator in ("is", "isNot"))
    if is_whole:
        return int(target)
    if kind == "packetLossPercentage" or (operator in _NUMERIC_OPERATORS and kind not in _VERSION_TYPES):
        return float(target)
    return target


def _target_value(path: Mapping[str, Any]) -> dict[str, Any]:
    value = path.get("targetvalue")
    if value is None or path["operator"] == "isUndefined":
        return {}
    if path["operator"] in ("lessThan", "moreThan") and not _TEMPLATE.search(value):
        return {"targetValue": float(value)}
    return {"targetValue": value}


def from_api(test: Mapping[str, Any]) -> Properties:
    """What Datadog says of a test, as properties; None for what it leaves out."""
    config = test.get("config") or {}
    request = config.get("request") or {}
    return {
        "name": test["name"],
        "type": test["type"],
        "subtype": test.get("subtype"),
        "status": test["status"],
        "message": test.get("message") or None,
        "tags": list(test.get("tags") or []) or None,
        "locations": list(test["locations"]),
        "requestDefinition": {name: request[api] for name, api in _REQUEST.items() if request.get(api) is not None},
        "requestHeaders": request.get("headers") or None,
        "requestQuery": request.get("query") or None,
        "assertions": [_assertion_from_api(assertion) for assertion in config.get("assertions") or []],
        "optionsList": _options_from_api(test.get("options") or {}),
        "monitorId": test.get("monitor_id"),
    }


def _options_from_api(options: Mapping[str, Any]) -> Properties:
    said: Properties = {name: options[api] for name, api in _OPTIONS.items() if options.get(api) is not None}
    for name in ("retry", "scheduling"):
        if options.get(name):
            said[name] = {key: value for key, value in options[name].items() if value is not None}
    if options.get("ci"):
        said["ci"] = {"executionRule": options["ci"].get("executionRule")}
    names = {
        "renotifyInterval": "renotify_interval",
        "renotifyOccurrences": "renotify_occurrences",
        "escalationMessage": "escalation_message",
        "notificationPresetName": "notification_preset_name",
    }
    monitor = options.get("monitor_options") or {}
    if found := {name: monitor[api] for name, api in names.items() if monitor.get(api) is not None}:
        said["monitorOptions"] = found
    return said


def _assertion_from_api(assertion: Mapping[str, Any]) -> Properties:
    said: Properties = {
        name: assertion[name]
        for name in ("type", "operator", "property", "code", "timingsScope")
        if assertion.get(name) is not None
    }
    target = assertion.get("target")
    if not isinstance(target, Mapping):
        return said if target is None else {**said, "target": _text(target)}
    parts = {name.lower(): _text(value) for name, value in target.items() if value is not None}
    names = {"validatesJSONPath": "targetjsonpath", "validatesJSONSchema": "targetjsonschema"}
    return {**said, names.get(assertion.get("operator", ""), "targetxpath"): parts}


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
