"""SyntheticsTest: API tests over HTTP at /api/v1/synthetics/tests, each of which brings a monitor of its own."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.providers.datadog.client import Datadog
from sandbox.providers.datadog.synthetics_body import OPTION_DEFAULTS, RETRY_DEFAULTS, from_api, to_api
from sandbox.providers.resource import Failure, Made, Resource, Traits, made, merged
from sandbox.providers.rules import one_of
from sandbox.providers.values import Properties, only_known

TYPES = ("api", "browser", "mobile", "network")
SUBTYPES = ("http", "ssl", "tcp", "dns", "multi", "icmp", "udp", "websocket", "grpc", "mcp")
ASSERTION_TYPES = (
    "body",
    "header",
    "statusCode",
    "certificate",
    "responseTime",
    "property",
    "recordEvery",
    "recordSome",
    "tlsVersion",
    "minTlsVersion",
    "latency",
    "packetLossPercentage",
    "packetsReceived",
    "networkHop",
    "receivedMessage",
    "grpcHealthcheckStatus",
    "grpcMetadata",
    "grpcProto",
    "connection",
    "multiNetworkHop",
    "jitter",
    "mcpToolNameLength",
    "mcpToolCount",
    "bodyHash",
    "javascript",
    "mcpRespectsSpecification",
    "mcpServerCapabilities",
)
ASSERTION_OPERATORS = (
    "contains",
    "doesNotContain",
    "is",
    "isNot",
    "lessThan",
    "lessThanOrEqual",
    "moreThan",
    "moreThanOrEqual",
    "matches",
    "doesNotMatch",
    "validates",
    "isInMoreThan",
    "isInLessThan",
    "doesNotExist",
    "isUndefined",
    "validatesJSONPath",
    "validatesJSONSchema",
    "validatesXPath",
    "md5",
    "sha1",
    "sha256",
)
_NESTED_TARGETS = {
    "validatesJSONPath": "targetjsonpath",
    "validatesJSONSchema": "targetjsonschema",
    "validatesXPath": "targetxpath",
}
_LEAST_SECONDS, _MOST_SECONDS = 30, 604_800
_IN_THE_SANDBOX = frozenset(
    {
        "name",
        "type",
        "subtype",
        "status",
        "message",
        "tags",
        "locations",
        "requestDefinition",
        "requestHeaders",
        "requestQuery",
        "assertions",
        "optionsList",
        "forceDeleteDependencies",
    }
)
_PATH = "/api/v1/synthetics/tests"


class SyntheticsTest(Resource[Datadog]):
    """A synthetic test."""

    pulumi_type: ClassVar[str] = "datadog:index/syntheticsTest:SyntheticsTest"
    traits: ClassVar[Traits] = Traits(
        implied={"subtype": "http"},
        never_differs=frozenset({"forceDeleteDependencies"}),
        unordered=frozenset({"locations", "optionsList.restrictedRoles"}),
        computed=frozenset(
            {f"optionsList.{name}" for name in OPTION_DEFAULTS}
            | {f"optionsList.retry.{name}" for name in RETRY_DEFAULTS}
            | {
                "assertions.targetjsonpath.elementsoperator",
                "assertions.targetjsonschema.metaschema",
                "optionsList.monitorOptions.renotifyOccurrences",
            }
        ),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """Values from Datadog's lists, and what the sandbox leaves out."""
        yield from one_of(inputs, "type", TYPES)
        yield from one_of(inputs, "subtype", SUBTYPES)
        yield from one_of(inputs, "status", ("live", "paused"))
        known = only_known(inputs)
        if known.get("locations") == []:
            yield Failure("locations", "'locations' must not be empty for a test of an API.")
        for name in sorted(inputs.keys() - _IN_THE_SANDBOX):
            yield Failure(name, f"The sandbox's Datadog has no {name!r}: leave it out, or use a real account.")
        if known.get("type", "api") != "api" or known.get("subtype", "http") not in ("http", "ssl"):
            yield Failure("type", "The sandbox's Datadog runs tests of type 'api' and subtype 'http' or 'ssl' only.")
        for index, assertion in enumerate(known.get("assertions", [])):
            yield from _check_assertion(assertion, f"assertions[{index}]")
        options = known.get("optionsList")
        if options is not None:
            if not _LEAST_SECONDS <= options["tickEvery"] <= _MOST_SECONDS:
                yield Failure(
                    "optionsList.tickEvery", f"'tickEvery' must be {_LEAST_SECONDS} to {_MOST_SECONDS} seconds."
                )
            if not 1 <= options.get("monitorPriority", 1) <= 5:  # noqa: PLR2004 - Datadog counts from 1 to 5
                yield Failure("optionsList.monitorPriority", "'monitorPriority' must be between 1 and 5.")
            if options.get("httpVersion", "any") not in ("any", "http1", "http2"):
                yield Failure("optionsList.httpVersion", "'httpVersion' must be one of any, http1, http2.")

    def create(self, client: Datadog, inputs: Properties) -> Made:
        """POST the test, then GET it as it is once it exists."""
        test = client.http.post(f"{_PATH}/api", to_api(inputs))
        test_id = test["public_id"]
        with made(test_id, merged(_own(inputs), **from_api(test))):
            test = client.http.get(f"{_PATH}/api/{test_id}")
        return Made(test_id, merged(_own(inputs), **from_api(test)))

    def identify(self, _client: Datadog, resource_id: str) -> Made:
        """The test's public ID: `abc-def-ghi`."""
        return Made(resource_id, {})

    def read(self, client: Datadog, resource_id: str, state: Properties) -> Made | None:
        """GET the test for its type, then GET it as that."""
        if client.find(f"{_PATH}/{resource_id}") is None:
            return None
        test = client.http.get(f"{_PATH}/api/{resource_id}")
        return Made(resource_id, merged(_own(state), **from_api(test)))

    def update(self, client: Datadog, resource_id: str, _state: Properties, inputs: Properties) -> Properties:
        """PUT the test."""
        test = client.http.put(f"{_PATH}/api/{resource_id}", to_api(inputs))
        return merged(_own(inputs), **from_api(test))

    def delete(self, client: Datadog, resource_id: str, state: Properties) -> None:
        """POST the test's ID to be deleted."""
        body: dict[str, Any] = {"public_ids": [resource_id]}
        if state.get("forceDeleteDependencies"):
            body["force_delete_dependencies"] = True
        client.http.post(f"{_PATH}/delete", body)


def _check_assertion(assertion: Mapping[str, Any], path: str) -> Iterator[Failure]:
    kind, operator = assertion["type"], assertion.get("operator")
    if kind not in ASSERTION_TYPES:
        yield Failure(f"{path}.type", f"'type' must be one of {', '.join(ASSERTION_TYPES)}.")
    if operator is not None and operator not in ASSERTION_OPERATORS:
        yield Failure(f"{path}.operator", f"'operator' must be one of {', '.join(ASSERTION_OPERATORS)}.")
    nested = _NESTED_TARGETS.get(operator or "")
    if nested is not None and nested not in assertion:
        yield Failure(f"{path}.{nested}", f"The operator {operator} needs {nested!r}.")
    if kind == "statusCode" and operator in ("is", "isNot") and not str(assertion.get("target", "")).isdecimal():
        yield Failure(f"{path}.target", "'target' must be a whole number written as a text.")


def _own(properties: Properties) -> Properties:
    return {name: properties[name] for name in ("forceDeleteDependencies",) if name in properties}
