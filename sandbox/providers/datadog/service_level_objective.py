"""ServiceLevelObjective: /api/v1/slo."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.providers.datadog.client import Datadog
from sandbox.providers.resource import Failure, Made, Resource, Traits, merged
from sandbox.providers.rules import conflicts, one_of
from sandbox.providers.values import Properties, only_known

TYPES = ("metric", "monitor", "time_slice")
TIMEFRAMES = ("7d", "30d", "90d", "custom")
_PATH = "/api/v1/slo"


class ServiceLevelObjective(Resource[Datadog]):
    """A service level objective."""

    pulumi_type: ClassVar[str] = "datadog:index/serviceLevelObjective:ServiceLevelObjective"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"type"}),
        never_differs=frozenset({"validate", "forceDelete"}),
        unordered=frozenset({"tags", "monitorIds", "groups", "thresholds"}),
        computed=frozenset(
            {
                "thresholds.targetDisplay",
                "thresholds.warningDisplay",
                "sliSpecification.timeSlice.queryIntervalSeconds",
                "sliSpecification.timeSlice.query.queries.metricQuery.dataSource",
                "sliSpecification.count.queries.metricQuery.dataSource",
            }
        ),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """Each type has its own source of truth."""
        yield from one_of(inputs, "type", TYPES)
        yield from one_of(inputs, "timeframe", TIMEFRAMES)
        yield from conflicts(inputs, "query", ["sliSpecification", "monitorIds"])
        needed = {
            "monitor": ("monitorIds",),
            "time_slice": ("sliSpecification",),
            "metric": ("query", "sliSpecification"),
        }.get(inputs["type"] if isinstance(inputs["type"], str) else "", ())
        if needed and not any(name in inputs for name in needed):
            yield Failure(needed[0], f"An objective of type {inputs['type']} needs {' or '.join(map(repr, needed))}.")
        thresholds = only_known(inputs).get("thresholds")
        if thresholds == []:
            yield Failure("thresholds", "'thresholds' takes at least one.")
        for index, threshold in enumerate(thresholds or []):
            if threshold["timeframe"] not in TIMEFRAMES:
                yield Failure(f"thresholds[{index}].timeframe", f"'timeframe' must be one of {', '.join(TIMEFRAMES)}.")
            if not 0 < threshold["target"] < 100:  # noqa: PLR2004 - per cent
                yield Failure(f"thresholds[{index}].target", "'target' must lie between 0 and 100 per cent.")

    def plan(self, client: Datadog, resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """GET each monitor, which must exist, unless `validate` is false."""
        del resource_id, state
        known = only_known(inputs)
        if known.get("validate", True) and known.get("type") == "monitor":
            for monitor_id in known.get("monitorIds", []):
                client.http.get(f"/api/v1/monitor/{monitor_id}")
        return frozenset()

    def create(self, client: Datadog, inputs: Properties) -> Made:
        """POST the objective."""
        created = client.http.post(_PATH, _to_api(inputs))["data"][0]
        return Made(created["id"], _state(inputs, created))

    def identify(self, _client: Datadog, resource_id: str) -> Made:
        """The objective's ID."""
        return Made(resource_id, {})

    def read(self, client: Datadog, resource_id: str, state: Properties) -> Made | None:
        """GET the objective."""
        found = client.find(f"{_PATH}/{resource_id}")
        return found and Made(resource_id, _state(state, found["data"]))

    def update(self, client: Datadog, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PUT the objective."""
        kept = {"tags": state["tags"]} if "tags" in state else {}
        body = {**_to_api({**kept, **inputs}), "id": resource_id}
        return _state(inputs, client.http.put(f"{_PATH}/{resource_id}", body)["data"][0])

    def delete(self, client: Datadog, resource_id: str, state: Properties) -> None:
        """DELETE the objective, by force if the program says so."""
        force = "?force=true" if state.get("forceDelete") else ""
        client.http.delete(f"{_PATH}/{resource_id}{force}")


def _to_api(inputs: Properties) -> dict[str, Any]:
    body: dict[str, Any] = {
        "name": inputs["name"],
        "type": inputs["type"],
        "description": inputs.get("description"),
        "tags": inputs.get("tags"),
        "thresholds": [
            {name: threshold[name] for name in ("timeframe", "target", "warning") if name in threshold}
            for threshold in inputs["thresholds"]
        ],
        "timeframe": inputs.get("timeframe"),
        "target_threshold": inputs.get("targetThreshold"),
        "warning_threshold": inputs.get("warningThreshold"),
    }
    if inputs["type"] == "monitor":
        body["monitor_ids"] = inputs["monitorIds"]
        body["groups"] = inputs.get("groups")
    elif "sliSpecification" in inputs:
        body["sli_specification"] = _specification_to_api(inputs["sliSpecification"])
    else:
        body["query"] = dict(inputs["query"])
    return {name: value for name, value in body.items() if value is not None}


def _specification_to_api(specification: Mapping[str, Any]) -> dict[str, Any]:
    if "timeSlice" in specification:
        slices = specification["timeSlice"]
        sent: dict[str, Any] = {
            "comparator": slices["comparator"],
            "threshold": slices["threshold"],
            "query": {
                "formulas": [{"formula": slices["query"]["formula"]["formulaExpression"]}],
                "queries": _queries_to_api(slices["query"]["queries"]),
            },
        }
        if slices.get("queryIntervalSeconds"):
            sent["query_interval_seconds"] = slices["queryIntervalSeconds"]
        return {"time_slice": sent}
    count = specification["count"]
    formulas = {api: {"formula": count[name]} for name, api in _COUNT_FORMULAS.items() if count.get(name)}
    return {"count": {**formulas, "queries": _queries_to_api(count["queries"])}}


_COUNT_FORMULAS = {
    "goodEventsFormula": "good_events_formula",
    "badEventsFormula": "bad_events_formula",
    "totalEventsFormula": "total_events_formula",
}


def _queries_to_api(queries: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "data_source": query["metricQuery"].get("dataSource", "metrics"),
            "name": query["metricQuery"]["name"],
            "query": query["metricQuery"]["query"],
        }
        for query in queries
    ]


def _state(known: Properties, objective: Mapping[str, Any]) -> Properties:
    names = {
        "targetDisplay": "target_display",
        "warningDisplay": "warning_display",
        "timeframe": "timeframe",
        "target": "target",
        "warning": "warning",
    }
    specification = objective.get("sli_specification")
    query = objective.get("query")
    return merged(
        {name: known[name] for name in ("validate", "forceDelete") if name in known},
        name=objective["name"],
        type=objective["type"],
        description=objective.get("description"),
        tags=list(objective.get("tags") or []),
        thresholds=[
            {name: threshold[api] for name, api in names.items() if threshold.get(api) is not None}
            for threshold in objective.get("thresholds") or []
        ],
        timeframe=objective.get("timeframe"),
        targetThreshold=objective.get("target_threshold"),
        warningThreshold=objective.get("warning_threshold"),
        monitorIds=objective.get("monitor_ids") or None,
        groups=objective.get("groups") or None,
        query=query and {name: query[name] for name in ("numerator", "denominator")},
        sliSpecification=specification and _specification_from_api(specification),
    )


def _specification_from_api(specification: Mapping[str, Any]) -> Properties:
    if "time_slice" in specification:
        slices = specification["time_slice"]
        said: Properties = {
            "comparator": slices["comparator"],
            "threshold": slices["threshold"],
            "query": {
                "formula": {"formulaExpression": slices["query"]["formulas"][0]["formula"]},
                "queries": _queries_from_api(slices["query"]["queries"]),
            },
        }
        if slices.get("query_interval_seconds"):
            said["queryIntervalSeconds"] = slices["query_interval_seconds"]
        return {"timeSlice": said}
    count = specification["count"]
    formulas = {name: count[api]["formula"] for name, api in _COUNT_FORMULAS.items() if count.get(api)}
    return {"count": {**formulas, "queries": _queries_from_api(count["queries"])}}


def _queries_from_api(queries: list[Mapping[str, Any]]) -> list[Properties]:
    return [
        {"metricQuery": {"dataSource": query["data_source"], "name": query["name"], "query": query["query"]}}
        for query in queries
    ]
