"""Monitors (https://docs.datadoghq.com/api/latest/monitors/)."""

from typing import Any

from sandbox.world.datadog.authentication import creator
from sandbox.world.datadog.errors import body_of, error
from sandbox.world.datadog.identifiers import moment, seconds
from sandbox.world.datadog.listing import page_of
from sandbox.world.datadog.monitor_query import members
from sandbox.world.datadog.monitor_validation import MONITORS, SLOS, validate_monitor
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

_WRITTEN = ("name", "message", "type", "query", "tags", "priority", "restricted_roles", "draft_status", "assets")


@routes.add("POST", "/api/v1/monitor/validate")
def validate_new(request: Request) -> Response:
    """Whether a monitor would be taken. Says nothing about whether its metrics exist."""
    validate_monitor(request.state, body_of(request))
    return Response(200, {})


@routes.add("POST", "/api/v1/monitor/{monitor}/validate")
def validate_existing(request: Request) -> Response:
    """Whether a change of a monitor would be taken."""
    _requested(request)
    validate_monitor(request.state, body_of(request))
    return Response(200, {})


@routes.add("POST", "/api/v1/monitor")
def create_monitor(request: Request) -> Response:
    """Create a monitor."""
    wanted = body_of(request)
    if wanted.get("type") == "synthetics alert":
        raise error(400, "Monitors of the type synthetics alert are created with their synthetic test.")
    return Response(200, keep_monitor(request, wanted))


@routes.add("GET", "/api/v1/monitor")
def list_monitors(request: Request) -> Response:
    """The monitors whose name holds `name`, with every one of `monitor_tags`, in whose query each of `tags` stands.

    Without `page` all of them.
    """
    name, page = request.query.get("name", "").lower(), request.query.get("page")
    monitor_tags, scopes = (_separated(request.query.get(given)) for given in ("monitor_tags", "tags"))
    monitors = [
        monitor
        for monitor in request.state.collection(MONITORS).values()
        if name in monitor["name"].lower()
        and set(monitor_tags) <= set(monitor["tags"])
        and all(scope in monitor["query"] for scope in scopes)
    ]
    if page is not None:
        monitors = page_of(request, monitors, number="page", size="page_size")
    return Response(200, monitors)


@routes.add("GET", "/api/v1/monitor/{monitor}")
def show_monitor(request: Request) -> Response:
    """A monitor; `group_states` adds the states of its groups."""
    monitor = _requested(request)
    if "group_states" in request.query:
        monitor["state"] = {"groups": dict[str, Any]()}
    return Response(200, monitor)


@routes.add("PUT", "/api/v1/monitor/{monitor}")
def update_monitor(request: Request) -> Response:
    """Change what is given; options are replaced as a whole."""
    monitor = _requested(request)
    wanted = body_of(request)
    changed = {**monitor, **{name: wanted[name] for name in _WRITTEN if name in wanted}}
    if "options" in wanted:
        changed["options"] = wanted["options"]
    same = ("metric alert", "query alert")
    if changed["type"] != monitor["type"] and not (changed["type"] in same and monitor["type"] in same):
        raise error(400, f"Monitor type cannot be changed from {monitor['type']} to {changed['type']}")
    return Response(200, _store(request.state, changed))


@routes.add("DELETE", "/api/v1/monitor/{monitor}")
def delete_monitor(request: Request) -> Response:
    """Delete a monitor; one that an objective or a composite is made of only with `force`."""
    monitor = _requested(request)
    if request.query.get("force") != "true":
        refuse_if_referenced(request.state, monitor)
    del request.state.collection(MONITORS)[str(monitor["id"])]
    return Response(200, {"deleted_monitor_id": monitor["id"]})


def keep_monitor(request: Request, wanted: dict[str, Any]) -> Document:
    """Store a new monitor once it is valid, and return it as Datadog shows it."""
    validate_monitor(request.state, wanted)
    created = moment()
    monitor: Document = {
        "name": "",
        "message": "",
        "tags": [],
        "priority": None,
        "restricted_roles": None,
        "draft_status": "published",
        "assets": [],
        **{name: wanted[name] for name in _WRITTEN if wanted.get(name) is not None},
        "options": wanted.get("options") or {},
        "org_id": 1,
        "created": created,
        "created_at": seconds() * 1000,
        "creator": creator(request),
        "deleted": None,
        "overall_state": "No Data",
        "overall_state_modified": None,
    }
    monitors = request.state.collection(MONITORS)
    monitor["id"] = int(monitors.add(monitor))
    return _store(request.state, monitor)


def refuse_if_referenced(state: State, monitor: Document) -> None:
    """Raise Datadog's refusal to delete a monitor that an objective or a composite is made of: a 401."""
    named = f"monitor [{monitor['id']},{monitor['name']}]"
    for slo in state.collection(SLOS).values():
        if monitor["id"] in slo.get("monitor_ids", []):
            raise error(401, f"{named} is referenced in slos: [{slo['id']},{slo['name']}]")
    for other in state.collection(MONITORS).values():
        if other["type"] == "composite" and str(monitor["id"]) in members(other["query"]):
            raise error(401, f"{named} is referenced in composite monitors: [{other['id']},{other['name']}]")


def _store(state: State, monitor: Document) -> Document:
    parsed = validate_monitor(state, monitor)
    options = dict(monitor["options"])
    given = options.get("thresholds") or ({} if parsed.threshold is None else {"critical": parsed.threshold})
    thresholds = {
        name: float(value) if isinstance(value, int) else value for name, value in given.items() if value is not None
    }
    if thresholds:
        options["thresholds"] = thresholds
    options.setdefault("notify_audit", False)
    options.setdefault("include_tags", True)
    options.setdefault("silenced", {})
    if "new_group_delay" not in options:
        options.setdefault("new_host_delay", 300)
    if "on_missing_data" not in options:
        options.setdefault("notify_no_data", False)
    monitor = {**monitor, "options": options, "multi": parsed.grouped, "modified": moment()}
    state.collection(MONITORS)[str(monitor["id"])] = monitor
    return monitor


def _separated(text: str | None) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []


def _requested(request: Request) -> Document:
    monitor = request.state.collection(MONITORS).get(request.parameters["monitor"])
    if monitor is None:
        raise error(404, "Monitor not found")
    return monitor
