"""What Datadog refuses in a synthetic API test (https://docs.datadoghq.com/api/latest/synthetics/#create-an-api-test).

The bounds are those of its OpenAPI and of https://docs.datadoghq.com/synthetics/api_tests/http_tests/.
"""

from typing import Any

from sandbox.world.datadog.errors import error
from sandbox.world.service import ServiceError

LOCATIONS = {
    "aws:af-south-1": "Cape Town (AWS)",
    "aws:ap-east-1": "Hong Kong (AWS)",
    "aws:ap-northeast-1": "Tokyo (AWS)",
    "aws:ap-northeast-2": "Seoul (AWS)",
    "aws:ap-northeast-3": "Osaka (AWS)",
    "aws:ap-south-1": "Mumbai (AWS)",
    "aws:ap-southeast-1": "Singapore (AWS)",
    "aws:ap-southeast-2": "Sydney (AWS)",
    "aws:ap-southeast-3": "Jakarta (AWS)",
    "aws:ca-central-1": "Canada Central (AWS)",
    "aws:eu-central-1": "Frankfurt (AWS)",
    "aws:eu-north-1": "Stockholm (AWS)",
    "aws:eu-south-1": "Milan (AWS)",
    "aws:eu-west-1": "Ireland (AWS)",
    "aws:eu-west-2": "London (AWS)",
    "aws:eu-west-3": "Paris (AWS)",
    "aws:me-south-1": "Bahrain (AWS)",
    "aws:sa-east-1": "São Paulo (AWS)",
    "aws:us-east-1": "N. Virginia (AWS)",
    "aws:us-east-2": "Ohio (AWS)",
    "aws:us-west-1": "N. California (AWS)",
    "aws:us-west-2": "Oregon (AWS)",
    "azure:eastus": "Virginia (Azure)",
}
_SUBTYPES = ("http", "ssl", "tcp", "dns", "multi", "icmp", "udp", "websocket", "grpc")
_ASSERTIONS = (
    *("body", "header", "statusCode", "certificate", "responseTime", "property", "recordEvery", "recordSome"),
    *("tlsVersion", "minTlsVersion", "latency", "packetLossPercentage", "packetsReceived", "networkHop"),
    *("receivedMessage", "grpcHealthcheckStatus", "grpcMetadata", "grpcProto", "connection", "multiNetworkHop"),
    *("jitter", "bodyHash", "javascript"),
)
_OPERATORS = (
    *("contains", "doesNotContain", "is", "isNot", "lessThan", "lessThanOrEqual", "moreThan", "moreThanOrEqual"),
    *("matches", "doesNotMatch", "validates", "isInMoreThan", "isInLessThan", "doesNotExist", "isUndefined"),
    *("validatesJSONPath", "validatesJSONSchema", "validatesXPath", "md5", "sha1", "sha256"),
)
_BOUNDS = {
    "tick_every": (30, 604_800),
    "min_failure_duration": (0, 7200),
    "min_location_failed": (1, 100),
    "monitor_priority": (1, 5),
}
_RETRY_BOUNDS = {"count": (0, 3), "interval": (0, 5000)}
_LONGEST_TIMEOUT = 60


def validate_test(test: dict[str, Any]) -> None:
    """Raise what Datadog answers to a test that it does not take."""
    for name, kind in {"name": str, "message": str, "config": dict, "options": dict, "locations": list}.items():
        if not isinstance(test.get(name), kind):
            raise _refused(name, f"a {kind.__name__} is required")
    if test.get("type") != "api":
        raise _refused("type", "an API test has the type api")
    if test.get("subtype", "http") not in _SUBTYPES:
        raise _refused("subtype", f"{test['subtype']} is not one of {', '.join(_SUBTYPES)}")
    if test.get("status", "live") not in ("live", "paused"):
        raise _refused("status", "it is live or paused")
    _check_locations(test["locations"])
    _check_config(test.get("subtype", "http"), test["config"])
    _check_options(test["options"], len(test["locations"]))


def _check_locations(locations: list[str]) -> None:
    if not locations:
        raise _refused("locations", "at least one is required")
    for location in locations:
        if location not in LOCATIONS and not location.startswith("pl:"):
            raise _refused("locations", f"{location} is not a location")


def _check_config(subtype: str, config: dict[str, Any]) -> None:
    request = config.get("request", {})
    if subtype == "http":
        if not str(request.get("url", "")).startswith(("http://", "https://", "{{")):
            raise _refused("config.request.url", "an http or https URL is required")
        if not request.get("method"):
            raise _refused("config.request.method", "it is required")
    if subtype == "ssl" and not (request.get("host") and request.get("port")):
        raise _refused("config.request", "a host and a port are required")
    if not 0 < request.get("timeout", _LONGEST_TIMEOUT) <= _LONGEST_TIMEOUT:
        raise _refused("config.request.timeout", f"it is at most {_LONGEST_TIMEOUT} seconds")
    assertions = config.get("assertions", [])
    if not assertions and subtype != "multi":
        raise _refused("config.assertions", "at least one is required")
    for assertion in assertions:
        _check_assertion(assertion)


def _check_assertion(assertion: dict[str, Any]) -> None:
    kind = assertion.get("type")
    if kind not in _ASSERTIONS:
        raise _refused("config.assertions.type", f"{kind} is not a type of assertion")
    if kind == "javascript":
        return
    operator = assertion.get("operator")
    if operator not in _OPERATORS:
        raise _refused("config.assertions.operator", f"{operator} is not an operator")
    if "target" not in assertion and operator not in ("doesNotExist", "isUndefined"):
        raise _refused("config.assertions.target", f"the operator {operator} needs one")
    if kind == "header" and not assertion.get("property"):
        raise _refused("config.assertions.property", "an assertion about a header names it")
    if operator == "validatesJSONPath":
        target = assertion["target"]
        if not isinstance(target, dict) or not target.get("jsonPath") or not target.get("operator"):
            raise _refused("config.assertions.target", "validatesJSONPath needs jsonPath, operator and targetValue")
    if kind in ("responseTime", "statusCode") and operator in ("is", "lessThan", "moreThan"):
        try:
            float(assertion["target"])
        except (TypeError, ValueError) as problem:
            raise _refused("config.assertions.target", f"{kind} is compared with a number") from problem


def _check_options(options: dict[str, Any], locations: int) -> None:
    if "tick_every" not in options and "scheduling" not in options:
        raise _refused("options.tick_every", "it is required")
    retry = {f"retry.{name}": value for name, value in options.get("retry", {}).items()}
    bounds = {**_BOUNDS, **{f"retry.{name}": bound for name, bound in _RETRY_BOUNDS.items()}}
    for name, value in {**options, **retry}.items():
        lowest, highest = bounds.get(name, (None, None))
        if lowest is not None and highest is not None and not lowest <= value <= highest:
            raise _refused(f"options.{name}", f"{value} is not between {lowest} and {highest}")
    if options.get("min_location_failed", 1) > locations:
        raise _refused("options.min_location_failed", f"the test runs from {locations} locations only")


def _refused(name: str, reason: str) -> ServiceError:
    return error(400, f"Error in '{name}': {reason}")
