"""DashboardJson: /api/v1/dashboard, with the dashboard as JSON text."""

import json
import uuid
from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.providers.datadog.client import Datadog
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, made, merged
from sandbox.providers.values import UNKNOWN, Properties

_COMPUTED = ("id", "author_handle", "author_name", "created_at", "modified_at", "url")
_PATH = "/api/v1/dashboard"


def _same_dashboard(old: str | None, new: str | None) -> bool:
    return bool(old and new) and normalized(str(old)) == normalized(str(new))


class DashboardJson(Resource[Datadog]):
    """A dashboard."""

    pulumi_type: ClassVar[str] = "datadog:index/dashboardJson:DashboardJson"
    traits: ClassVar[Traits] = Traits(same={"dashboard": _same_dashboard}, unordered=frozenset({"dashboardLists"}))

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """The text is JSON."""
        text = inputs["dashboard"]
        if text is not UNKNOWN:
            try:
                is_object = isinstance(json.loads(text), dict)
            except ValueError:
                is_object = False
            if not is_object:
                yield Failure("dashboard", "'dashboard' must be a JSON object.")
        if "dashboardLists" in inputs:
            yield Failure("dashboardLists", "The sandbox's Datadog has no 'dashboardLists': leave it out.")

    def create(self, client: Datadog, inputs: Properties) -> Made:
        """POST the dashboard, then GET it until it is there."""
        dashboard = client.http.post(_PATH, _sent(inputs))
        for needed in ("id", "layout_type"):
            if needed not in dashboard:
                raise RefusedError(f"Datadog answered POST {_PATH} without {needed!r}. Run `pulumi refresh`.")
        state = _state(inputs, dashboard)
        with made(dashboard["id"], state):
            client.http.get(f"{_PATH}/{dashboard['id']}")
        return Made(dashboard["id"], state)

    def identify(self, _client: Datadog, resource_id: str) -> Made:
        """The dashboard's ID: `abc-def-ghi`."""
        return Made(resource_id, {})

    def read(self, client: Datadog, resource_id: str, state: Properties) -> Made | None:
        """GET the dashboard."""
        dashboard = client.find(f"{_PATH}/{resource_id}")
        return dashboard and Made(resource_id, _state(state, dashboard))

    def update(self, client: Datadog, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PUT the dashboard."""
        return _state({**inputs, "url": state.get("url")}, client.http.put(f"{_PATH}/{resource_id}", _sent(inputs)))

    def delete(self, client: Datadog, resource_id: str, _state: Properties) -> None:
        """DELETE the dashboard."""
        client.http.delete(f"{_PATH}/{resource_id}")


def normalized(text: str) -> dict[str, Any]:
    """A dashboard without what Datadog adds, so that what was sent and what came back compare."""
    dashboard = json.loads(text)
    for name in _COMPUTED:
        dashboard.pop(name, None)
    dashboard = {name: value for name, value in dashboard.items() if value is not None}
    widgets = dashboard.get("widgets") or []
    positions = {widget["id"]: f"@{index}" for index, widget in enumerate(widgets, 1) if "id" in widget}
    for tab in dashboard.get("tabs") or []:
        tab.pop("id", None)
        tab["widget_ids"] = [positions.get(widget_id, widget_id) for widget_id in tab.get("widget_ids", [])]
    _drop_widget_ids(widgets)
    if isinstance(dashboard.get("restricted_roles"), list):
        dashboard.pop("is_read_only", None)
    else:
        dashboard.setdefault("is_read_only", False)
    if isinstance(dashboard.get("notify_list"), list):
        dashboard["notify_list"] = sorted(dashboard["notify_list"])
    return dashboard


def _drop_widget_ids(widgets: list[dict[str, Any]]) -> None:
    for widget in widgets:
        widget.pop("id", None)
        definition = widget.get("definition") or {}
        if definition.get("type") == "group":
            _drop_widget_ids(definition.get("widgets") or [])


def _sent(inputs: Properties) -> dict[str, Any]:
    """What Datadog takes: no `is_read_only`, and an ID for every tab."""
    dashboard = json.loads(inputs["dashboard"])
    dashboard.pop("is_read_only", None)
    for index, tab in enumerate(dashboard.get("tabs") or []):
        tab["id"] = tab.get("id") or str(uuid.uuid5(uuid.UUID(int=0), f"tab-{index}"))
    return dashboard


def _state(known: Properties, dashboard: dict[str, Any]) -> Properties:
    text = json.dumps(normalized(json.dumps(dashboard)), sort_keys=True, separators=(",", ":"))
    return merged(known, dashboard=text, url=dashboard.get("url") or known.get("url"), dashboardListsRemoveds=[])
