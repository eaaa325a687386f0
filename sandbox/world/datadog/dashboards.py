"""Dashboards (https://docs.datadoghq.com/api/latest/dashboards/)."""

import re
import secrets
from collections.abc import Iterator
from typing import Any

from sandbox.world.datadog.authentication import creator
from sandbox.world.datadog.errors import body_of, error
from sandbox.world.datadog.identifiers import moment, public_identifier
from sandbox.world.datadog.listing import slice_of
from sandbox.world.datadog.widgets import WIDGETS, check_definition, check_layout
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

DASHBOARDS = "datadog.dashboards"
_WRITTEN = (
    *("title", "description", "layout_type", "widgets", "template_variables", "template_variable_presets"),
    *("notify_list", "reflow_type", "restricted_roles", "tags", "default_timeframe", "tabs", "experience_type"),
)
_COMPUTED = ("id", "author_handle", "author_name", "created_at", "modified_at", "url")
"""Taken in a request and not heeded: what was read can be written back."""
_SUMMARY = (
    *("id", "title", "description", "layout_type", "url", "author_handle"),
    *("is_read_only", "created_at", "modified_at"),
)
_LISTED = 100
_MOST_TAGS = 5


@routes.add("POST", "/api/v1/dashboard")
def create_dashboard(request: Request) -> Response:
    """Create a dashboard."""
    wanted = _valid(body_of(request))
    created = moment()
    dashboard: Document = {
        "id": public_identifier(),
        **_kept(wanted),
        "author_handle": creator(request)["handle"],
        "author_name": None,
        "is_read_only": False,
        "created_at": created,
        "modified_at": created,
    }
    dashboard["url"] = _address(dashboard)
    request.state.collection(DASHBOARDS)[dashboard["id"]] = dashboard
    return Response(200, dashboard)


@routes.add("GET", "/api/v1/dashboard")
def list_dashboards(request: Request) -> Response:
    """The dashboards in short, without their widgets; none is shared or kept after its deletion here."""
    none = any(request.query.get(f"filter[{kind}]") == "true" for kind in ("shared", "deleted"))
    dashboards = [dashboard for dashboard in request.state.collection(DASHBOARDS).values() if not none]
    listed = slice_of(request, dashboards, start="start", size="count", most=_LISTED)
    return Response(200, {"dashboards": [{name: each[name] for name in _SUMMARY} for each in listed]})


@routes.add("GET", "/api/v1/dashboard/{dashboard}")
def show_dashboard(request: Request) -> Response:
    """One dashboard."""
    return Response(200, _requested(request))


@routes.add("PUT", "/api/v1/dashboard/{dashboard}")
def update_dashboard(request: Request) -> Response:
    """Replace a dashboard."""
    dashboard = _requested(request)
    wanted = _valid(body_of(request))
    if wanted["layout_type"] != dashboard["layout_type"]:
        raise error(400, "The layout_type of a dashboard cannot be changed")
    stays = {name: value for name, value in dashboard.items() if name not in _WRITTEN}
    changed: Document = {**stays, **_kept(wanted), "modified_at": moment()}
    changed["url"] = _address(changed)
    request.state.collection(DASHBOARDS)[changed["id"]] = changed
    return Response(200, changed)


@routes.add("DELETE", "/api/v1/dashboard/{dashboard}")
def delete_dashboard(request: Request) -> Response:
    """Delete a dashboard."""
    dashboard = _requested(request)
    del request.state.collection(DASHBOARDS)[dashboard["id"]]
    return Response(200, {"deleted_dashboard_id": dashboard["id"]})


def all_widgets(widgets: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every widget, those inside groups as well."""
    for widget in widgets:
        yield widget
        yield from all_widgets(widget["definition"].get("widgets", []))


def _valid(wanted: dict[str, Any]) -> dict[str, Any]:
    for name in ("title", "layout_type", "widgets"):
        if name not in wanted:
            raise error(400, f"'{name}' is a required property")
    for name in wanted:
        if name not in _WRITTEN and name not in _COMPUTED:
            raise error(400, f"Additional properties are not allowed ('{name}' was unexpected)")
    if wanted["layout_type"] not in ("ordered", "free"):
        raise error(400, f"{wanted['layout_type']!r} is not one of ['ordered', 'free']")
    if wanted.get("reflow_type") not in (None, "auto", "fixed"):
        raise error(400, f"{wanted['reflow_type']!r} is not one of ['auto', 'fixed']")
    if wanted.get("reflow_type") is not None and wanted["layout_type"] == "free":
        raise error(400, "reflow_type is only for dashboards with the layout_type ordered")
    tags = wanted.get("tags") or []
    if len(tags) > _MOST_TAGS or not all(str(tag).startswith("team:") for tag in tags):
        raise error(400, f"A dashboard has at most {_MOST_TAGS} tags, each of the form team:NAME")
    _check_template_variables(wanted)
    if not isinstance(wanted["widgets"], list):
        raise error(400, f"{wanted['widgets']!r} is not of type 'array'")
    _check_widgets(wanted, wanted["widgets"])
    return wanted


def _check_template_variables(wanted: dict[str, Any]) -> None:
    for variable in wanted.get("template_variables") or []:
        if not variable.get("name"):
            raise error(400, "'name' is a required property of a template variable")
        if "default" in variable and "defaults" in variable:
            raise error(400, "'template_variables' is invalid")
        if not all(variable.get("defaults", ["*"])):
            raise error(400, "Minimum length of parameter 'defaults' should be 1")
    for preset in wanted.get("template_variable_presets") or []:
        for variable in preset.get("template_variables", []):
            if "value" in variable and "values" in variable:
                raise error(400, f"'template_variables' value '{variable}' is invalid")
            if not variable.get("values", ["*"]):
                raise error(400, "Minimum number of elements in parameter 'values' should be 1")


def _check_widgets(dashboard: dict[str, Any], widgets: list[dict[str, Any]]) -> None:
    for position, widget in enumerate(widgets):
        definition = widget.get("definition")
        if not isinstance(definition, dict) or definition.get("type") not in WIDGETS:
            kind = definition.get("type") if isinstance(definition, dict) else None
            raise error(400, f"Invalid widget definition: {kind!r} is not a type of widget")
        unexpected = sorted(set(widget) - {"definition", "id", "layout"})
        if unexpected:
            raise error(400, f"Additional properties are not allowed ('{unexpected[0]}' was unexpected)")
        check_definition(position, definition)
        if "layout" not in widget and (dashboard["layout_type"] == "free" or dashboard.get("reflow_type") == "fixed"):
            raise error(400, "'layout' is a required property of each widget of such a dashboard")
        if widget.get("layout") is not None:
            check_layout(position, definition["type"], widget["layout"], on_grid=dashboard["layout_type"] == "ordered")
        if definition["type"] == "group":
            inside = {"layout_type": "ordered", "reflow_type": dashboard.get("reflow_type")}
            _check_widgets(inside, definition.get("widgets", []))


def _kept(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a request: every widget gets a number, those that have one keep it."""
    defaults: dict[str, Any] = {
        "description": None,
        "template_variables": None,
        "notify_list": None,
    }
    kept = {name: wanted[name] for name in _WRITTEN if name in wanted}
    return {**defaults, **kept, "widgets": [_numbered(widget) for widget in wanted["widgets"]]}


def _numbered(widget: dict[str, Any]) -> dict[str, Any]:
    definition = widget["definition"]
    if "widgets" in definition:
        definition = {**definition, "widgets": [_numbered(inner) for inner in definition["widgets"]]}
    return {"id": secrets.randbelow(10**15) + 1, **widget, "definition": definition}


def _address(dashboard: Document) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", dashboard["title"].lower()).strip("-")
    return f"/dashboard/{dashboard['id']}/{name}"


def _requested(request: Request) -> Document:
    dashboard_id = request.parameters["dashboard"]
    dashboard = request.state.collection(DASHBOARDS).get(dashboard_id)
    if dashboard is None:
        raise error(404, f"Dashboard with ID {dashboard_id} not found")
    return dashboard
