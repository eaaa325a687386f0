"""LogsMetric: /api/v2/logs/config/metrics."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.providers.datadog.client import Datadog
from sandbox.providers.resource import Failure, Made, Resource, Traits, merged
from sandbox.providers.values import UNKNOWN, Properties

AGGREGATIONS = ("count", "distribution")
_FIXED = ("aggregationType", "path")
"""What of `compute` cannot be updated."""
_TYPE = "logs_metrics"
_PATH = "/api/v2/logs/config/metrics"


def _same_name(old: Any, new: Any) -> bool:
    return isinstance(old, str) and isinstance(new, str) and old == normalized(new)


class LogsMetric(Resource[Datadog]):
    """A metric that Datadog makes from logs. Its name is its ID."""

    pulumi_type: ClassVar[str] = "datadog:index/logsMetric:LogsMetric"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"name"}), unordered=frozenset({"groupBies"}), same={"name": _same_name}
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """The ways of adding logs up."""
        compute = inputs["compute"]
        kind = compute["aggregationType"] if isinstance(compute, Mapping) else UNKNOWN
        if kind is not UNKNOWN and kind not in AGGREGATIONS:
            yield Failure("compute.aggregationType", f"'aggregationType' must be one of {', '.join(AGGREGATIONS)}.")

    def plan(self, client: Datadog, resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """Nothing is asked. Another aggregation, or one of another value, is another metric."""
        del client
        compute = inputs["compute"]
        if resource_id is None or compute is UNKNOWN:
            return frozenset()
        differs = any((state.get("compute") or {}).get(name) != compute.get(name) for name in _FIXED)
        return frozenset({"compute"} if differs else ())

    def create(self, client: Datadog, inputs: Properties) -> Made:
        """POST the metric."""
        compute: dict[str, Any] = {"aggregation_type": inputs["compute"]["aggregationType"], **_percentiles(inputs)}
        if inputs["compute"].get("path"):
            compute["path"] = inputs["compute"]["path"]
        attributes = {"compute": compute, **_changeable(inputs)}
        data = {"type": _TYPE, "id": normalized(inputs["name"]), "attributes": attributes}
        metric = client.http.post(_PATH, {"data": data})["data"]
        return Made(metric["id"], _state(metric))

    def identify(self, _client: Datadog, resource_id: str) -> Made:
        """The metric's name."""
        return Made(resource_id, {})

    def read(self, client: Datadog, resource_id: str, _state_before: Properties) -> Made | None:
        """GET the metric."""
        found = client.find(f"{_PATH}/{resource_id}")
        return found and Made(resource_id, _state(found["data"]))

    def update(self, client: Datadog, resource_id: str, _state_before: Properties, inputs: Properties) -> Properties:
        """PATCH filter, groups, and whether there are percentiles."""
        attributes = {"compute": _percentiles(inputs), **_changeable(inputs)}
        body = {"data": {"type": _TYPE, "attributes": attributes}}
        return _state(client.http.patch(f"{_PATH}/{resource_id}", body)["data"])

    def delete(self, client: Datadog, resource_id: str, _state_before: Properties) -> None:
        """DELETE the metric."""
        client.http.delete(f"{_PATH}/{resource_id}")


def normalized(name: str) -> str:
    """The name as the real provider sends it: from the first letter on, with one underscore for what is not allowed."""
    rest = re.sub(r"^[^A-Za-z]+", "", name)
    if not rest:
        return name
    words = re.sub(r"[^A-Za-z0-9.]+", "_", rest)
    return re.sub(r"_?\._?", ".", words).removesuffix("_")


def _percentiles(inputs: Properties) -> dict[str, Any]:
    """Only a distribution has them."""
    if inputs["compute"]["aggregationType"] != "distribution":
        return {}
    return {"include_percentiles": inputs["compute"].get("includePercentiles", False)}


def _changeable(inputs: Properties) -> dict[str, Any]:
    return {
        "filter": {"query": inputs["filter"]["query"]},
        "group_by": [{"path": each["path"], "tag_name": each["tagName"]} for each in inputs.get("groupBies") or []],
    }


def _state(metric: Mapping[str, Any]) -> Properties:
    attributes = metric["attributes"]
    compute = attributes["compute"]
    return merged(
        {},
        name=metric["id"],
        compute=merged(
            {"aggregationType": compute["aggregation_type"]},
            includePercentiles=compute.get("include_percentiles"),
            path=compute.get("path"),
        ),
        filter={"query": attributes["filter"]["query"]},
        groupBies=[{"path": each["path"], "tagName": each["tag_name"]} for each in attributes["group_by"]] or None,
    )
