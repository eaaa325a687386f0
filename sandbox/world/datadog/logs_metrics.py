"""Log-based metrics (https://docs.datadoghq.com/api/latest/logs-metrics/).

Names are custom metrics' (https://docs.datadoghq.com/metrics/custom_metrics/#naming-custom-metrics).
"""

import re
from collections.abc import Collection
from typing import Any

from sandbox.world.datadog.errors import body_of, error
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

METRICS = "datadog.logs_metrics"
_TYPE = "logs_metrics"
_LONGEST_NAME = 200
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.]*")
_AGGREGATIONS = ("count", "distribution")
_COMPUTE = ("aggregation_type", "include_percentiles", "path")


@routes.add("POST", "/api/v2/logs/config/metrics")
def create_metric(request: Request) -> Response:
    """Create a metric; one of that name must not exist."""
    data = _data(request, ("id", "type", "attributes"))
    name = data["id"]
    if not isinstance(name, str) or not _NAME.fullmatch(name) or len(name) > _LONGEST_NAME:
        raise error(
            400, f"Invalid metric name: letters, digits, '_' and '.', from a letter on, at most {_LONGEST_NAME}"
        )
    metrics = request.state.collection(METRICS)
    if name in metrics:
        raise error(409, f"Metric with id {name} already exists")
    attributes = _only(data["attributes"], ("compute", "filter", "group_by"), "attributes")
    metric: Document = {
        "id": name,
        "type": _TYPE,
        "attributes": {
            "compute": _compute(attributes.get("compute")),
            "filter": _filter(attributes.get("filter")),
            "group_by": _groups(attributes.get("group_by")),
        },
    }
    metrics[name] = metric
    return Response(200, {"data": metric})


@routes.add("GET", "/api/v2/logs/config/metrics")
def list_metrics(request: Request) -> Response:
    """All metrics."""
    return Response(200, {"data": list(request.state.collection(METRICS).values())})


@routes.add("GET", "/api/v2/logs/config/metrics/{metric}")
def show_metric(request: Request) -> Response:
    """One metric, by its name."""
    return Response(200, {"data": _requested(request)})


@routes.add("PATCH", "/api/v2/logs/config/metrics/{metric}")
def update_metric(request: Request) -> Response:
    """Change the filter, the groups, or whether a distribution has percentiles; the rest stays."""
    metric = _requested(request)
    wanted = _only(
        _data(request, ("type", "attributes"))["attributes"], ("compute", "filter", "group_by"), "attributes"
    )
    attributes = dict(metric["attributes"])
    if "compute" in wanted:
        changed = _only(wanted["compute"], ("include_percentiles",), "compute")
        attributes["compute"] = _compute({**attributes["compute"], **changed})
    if "filter" in wanted:
        attributes["filter"] = _filter(wanted["filter"])
    if "group_by" in wanted:
        attributes["group_by"] = _groups(wanted["group_by"])
    changed_metric: Document = {**metric, "attributes": attributes}
    request.state.collection(METRICS)[metric["id"]] = changed_metric
    return Response(200, {"data": changed_metric})


@routes.add("DELETE", "/api/v2/logs/config/metrics/{metric}")
def delete_metric(request: Request) -> Response:
    """Delete a metric. What it has measured stays."""
    del request.state.collection(METRICS)[_requested(request)["id"]]
    return Response(204)


def _data(request: Request, needed: Collection[str]) -> dict[str, Any]:
    data = _only(body_of(request).get("data"), ("id", "type", "attributes"), "data")
    for name in needed:
        if name not in data:
            raise error(400, f"'{name}' is a required property of data")
    if data["type"] != _TYPE:
        raise error(400, f"data.type must be {_TYPE}")
    return data


def _compute(wanted: Any) -> dict[str, Any]:
    compute = _only(wanted, _COMPUTE, "compute")
    kind = compute.get("aggregation_type")
    if kind not in _AGGREGATIONS:
        raise error(400, f"compute.aggregation_type must be one of {', '.join(_AGGREGATIONS)}")
    if kind == "count":
        if "include_percentiles" in compute:
            raise error(400, "compute.include_percentiles is only for a distribution")
        return compute
    if not isinstance(compute.get("path"), str) or not compute["path"]:
        raise error(400, "compute.path is required for a distribution")
    if not isinstance(compute.get("include_percentiles", False), bool):
        raise error(400, "compute.include_percentiles must be true or false")
    return {"include_percentiles": False, **compute}


def _filter(wanted: Any) -> dict[str, Any]:
    query = _only({} if wanted is None else wanted, ("query",), "filter").get("query", "*")
    if not isinstance(query, str):
        raise error(400, "filter.query must be a string")
    return {"query": query}


def _groups(wanted: Any) -> list[dict[str, Any]]:
    """Each path with the tag that it becomes, by default called like the attribute."""
    groups: list[dict[str, Any]] = []
    for each in [] if wanted is None else wanted:
        group = _only(each, ("path", "tag_name"), "group_by")
        if not isinstance(group.get("path"), str) or not group["path"]:
            raise error(400, "group_by.path is required")
        groups.append({"tag_name": group["path"].removeprefix("@"), **group})
    return groups


def _only(value: Any, allowed: Collection[str], where: str) -> dict[str, Any]:
    """The object, once it has no property that Datadog does not know."""
    if not isinstance(value, dict):
        raise error(400, f"{where} must be an object")
    for name in value:
        if name not in allowed:
            raise error(400, f"Additional properties are not allowed in {where} ('{name}' was unexpected)")
    return value


def _requested(request: Request) -> Document:
    name = request.parameters["metric"]
    metric = request.state.collection(METRICS).get(name)
    if metric is None:
        raise error(404, f"Metric with id {name} not found")
    return metric
