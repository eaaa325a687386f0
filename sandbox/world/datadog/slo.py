"""Service level objectives (https://docs.datadoghq.com/api/latest/service-level-objectives/)."""

import re
from collections.abc import Iterator
from typing import Any

from sandbox.world.datadog.authentication import creator
from sandbox.world.datadog.dashboards import DASHBOARDS, all_widgets
from sandbox.world.datadog.errors import body_of, error
from sandbox.world.datadog.identifiers import hexadecimal_identifier, seconds
from sandbox.world.datadog.listing import slice_of
from sandbox.world.datadog.monitor_validation import MONITORS, SLOS
from sandbox.world.service import Request, Response, Routes, ServiceError
from sandbox.world.state import Document, State

routes = Routes()

_TYPE_NUMBERS = {"metric": 1, "monitor": 0, "time_slice": 2}
_TIMEFRAMES = ("7d", "30d", "90d", "custom")
_WRITTEN = ("name", "description", "type", "tags", "thresholds", "query", "sli_specification", "monitor_ids", "groups")
_LISTED = 1000
_PRIMARY = ("timeframe", "target_threshold", "warning_threshold")
_METRIC = re.compile(
    r"(?:avg|sum|min|max|count|p\d{2}):[A-Za-z][\w./-]*\{[^{}]*\}(?:\s*by\s*\{[^{}]*\})?(?:\.\w+\([^()]*\))*"
)


@routes.add("POST", "/api/v1/slo")
def create_slo(request: Request) -> Response:
    """Create a service level objective."""
    wanted = body_of(request)
    created = seconds()
    slo: Document = {
        "id": hexadecimal_identifier(),
        "description": None,
        "tags": [],
        **_valid(request.state, wanted),
        "monitor_tags": [],
        "creator": {name: value for name, value in creator(request).items() if name != "id"},
        "created_at": created,
        "modified_at": created,
    }
    request.state.collection(SLOS)[slo["id"]] = slo
    return Response(200, {"data": [slo], "error": None})


@routes.add("GET", "/api/v1/slo")
def list_slos(request: Request) -> Response:
    """The objectives, or those of `ids`, or those whose name holds `query` and that have each of `tags_query`."""
    ids, text = request.query.get("ids"), request.query.get("query", "").lower()
    tags = [tag for tag in request.query.get("tags_query", "").split(",") if tag]
    every = [*request.state.collection(SLOS).values()]
    slos = [
        slo
        for slo in every
        if (ids is None or slo["id"] in ids.split(","))
        and text in slo["name"].lower()
        and set(tags) <= set(slo["tags"])
    ]
    page = {"total_count": len(every), "total_filtered_count": len(slos)}
    listed = slice_of(request, slos, start="offset", size="limit", most=_LISTED)
    return Response(200, {"data": listed, "errors": [], "metadata": {"page": page}})


@routes.add("GET", "/api/v1/slo/{slo}")
def show_slo(request: Request) -> Response:
    """One service level objective."""
    return Response(200, {"data": _requested(request), "error": None})


@routes.add("PUT", "/api/v1/slo/{slo}")
def update_slo(request: Request) -> Response:
    """Replace a service level objective; its type cannot change."""
    slo = _requested(request)
    wanted = body_of(request)
    if wanted.get("type", slo["type"]) != slo["type"]:
        raise error(400, "Invalid payload: the type of an SLO cannot be changed")
    kept = {name: value for name, value in slo.items() if name not in (*_WRITTEN, *_PRIMARY)}
    changed: Document = {
        **kept,
        "description": None,
        "tags": [],
        **_valid(request.state, wanted),
        "modified_at": seconds(),
    }
    request.state.collection(SLOS)[slo["id"]] = changed
    return Response(200, {"data": [changed], "error": None})


@routes.add("DELETE", "/api/v1/slo/{slo}")
def delete_slo(request: Request) -> Response:
    """Delete a service level objective; one that a dashboard shows only with `force`."""
    slo = _requested(request)
    used = _uses(request.state, slo["id"])
    if used and request.query.get("force") != "true":
        return Response(409, {"data": [], "errors": {slo["id"]: used}})
    del request.state.collection(SLOS)[slo["id"]]
    return Response(200, {"data": [slo["id"]], "error": None})


@routes.add("GET", "/api/v1/slo/can_delete")
def can_delete(request: Request) -> Response:
    """Which of the objectives `ids` nothing refers to."""
    wanted = request.query.get("ids", "").split(",")
    slos = request.state.collection(SLOS)
    for slo_id in wanted:
        if slo_id not in slos:
            raise error(400, f"SLO not found: {slo_id} not found")
    used = {slo_id: uses for slo_id in wanted if (uses := _uses(request.state, slo_id))}
    free = [slo_id for slo_id in wanted if slo_id not in used]
    return Response(409 if used else 200, {"data": {"ok": free}, **({"errors": used} if used else {})})


def _valid(state: State, wanted: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a request, once it is valid, with what Datadog adds to it."""
    kind = wanted.get("type")
    if not wanted.get("name"):
        raise _refused("must specify a name")
    if kind not in _TYPE_NUMBERS:
        raise _refused(f"type must be one of {', '.join(_TYPE_NUMBERS)}")
    thresholds = [_threshold(threshold) for threshold in wanted.get("thresholds") or []]
    if not thresholds:
        raise _refused("must specify at least one threshold")
    if len({threshold["timeframe"] for threshold in thresholds}) != len(thresholds):
        raise _refused("must specify each timeframe only once")
    _check_indicator(state, kind, wanted)
    primary = next(
        (threshold for threshold in thresholds if threshold["timeframe"] == wanted.get("timeframe")), thresholds[0]
    )
    kept: dict[str, Any] = {name: wanted[name] for name in _WRITTEN if wanted.get(name) is not None}
    if kind != "monitor":
        kept.pop("monitor_ids", None)
    kept |= {"thresholds": thresholds, "type_id": _TYPE_NUMBERS[kind]}
    kept |= {"timeframe": primary["timeframe"], "target_threshold": primary["target"]}
    if "warning" in primary:
        kept["warning_threshold"] = primary["warning"]
    return kept


def _threshold(wanted: dict[str, Any]) -> dict[str, Any]:
    timeframe, target, warning = wanted.get("timeframe"), wanted.get("target"), wanted.get("warning")
    if timeframe not in _TIMEFRAMES:
        raise _refused(f"timeframe must be one of {', '.join(_TIMEFRAMES)}")
    if not isinstance(target, (int, float)) or not 0 < target < 100:  # noqa: PLR2004 - percent
        raise _refused("target must be between 0 and 100")
    kept: dict[str, Any] = {"timeframe": timeframe, "target": float(target), "target_display": _display(target)}
    if warning is not None:
        if not target < warning < 100:  # noqa: PLR2004 - percent
            raise _refused("warning must be between target and 100")
        kept |= {"warning": float(warning), "warning_display": _display(warning)}
    return kept


def _display(percent: float) -> str:
    """`99.` and `99.95`: a point always, zeros never."""
    text = f"{percent:g}"
    return text if "." in text else f"{text}."


def _check_indicator(state: State, kind: str, wanted: dict[str, Any]) -> None:
    if kind == "monitor":
        monitor_ids = wanted.get("monitor_ids")
        if not monitor_ids:
            raise _refused("must specify monitor_ids")
        for monitor_id in monitor_ids:
            if str(monitor_id) not in state.collection(MONITORS):
                raise _refused(f"monitor {monitor_id} does not exist")
    if kind == "metric" and not wanted.get("sli_specification"):
        query = wanted.get("query") or {}
        for part in ("numerator", "denominator"):
            text = query.get(part)
            if not text:
                raise _refused(f"must specify query.{part}")
            if _METRIC.search(text) is None or text.count("(") != text.count(")"):
                raise _refused(f"query.{part} is not a metric query: {text}")
    if kind == "time_slice" and "time_slice" not in (wanted.get("sli_specification") or {}):
        raise _refused("must specify sli_specification.time_slice")


def _uses(state: State, slo_id: str) -> str:
    """Where dashboards show an objective; empty when none does."""
    return ", ".join(f"SLO [{slo_id}] is referenced in dashboard: {name}" for name in _dashboards(state, slo_id))


def _dashboards(state: State, slo_id: str) -> Iterator[str]:
    for dashboard in state.collection(DASHBOARDS).values():
        if any(widget["definition"].get("slo_id") == slo_id for widget in all_widgets(dashboard["widgets"])):
            yield dashboard["id"]


def _refused(reason: str) -> ServiceError:
    return error(400, f"Invalid payload: {reason}")


def _requested(request: Request) -> Document:
    slo_id = request.parameters["slo"]
    slo = request.state.collection(SLOS).get(slo_id)
    if slo is None:
        raise error(404, f"SLO not found: {slo_id} not found")
    return slo
