from typing import Any

import pytest

from sandbox.openapi.operations import documents_of
from sandbox.world.datadog.widgets import FIELDS
from tests.sandbox.world.datadog.conftest import Datadog

NOTE = {"definition": {"type": "note", "content": "Runbook"}}


def dashboard(**more: Any) -> dict[str, Any]:
    return {"title": "AI Tools: production", "layout_type": "ordered", "reflow_type": "auto", "widgets": [NOTE], **more}


def placed(layout: dict[str, int], *, inside: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """A dashboard of fixed places with one widget: a note, or a group."""
    group = {"type": "group", "layout_type": "ordered", "widgets": inside}
    definition = NOTE["definition"] if inside is None else group
    return {"reflow_type": "fixed", "widgets": [{"definition": definition, "layout": layout}]}


def test_a_dashboard_is_created_shown_changed_and_deleted(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/dashboard", dashboard())
    path = f"/api/v1/dashboard/{created['id']}"
    assert created["url"] == f"/dashboard/{created['id']}/ai-tools-production"
    assert created["widgets"][0]["definition"] == NOTE["definition"]
    assert datadog.done("GET", path) == created
    changed = datadog.done("PUT", path, dashboard(title="Other", description="why"))
    assert (changed["id"], changed["title"], changed["description"]) == (created["id"], "Other", "why")
    assert datadog.done("DELETE", path) == {"deleted_dashboard_id": created["id"]}
    assert datadog.refused("DELETE", path) == (404, f"Dashboard with ID {created['id']} not found")


def test_what_was_read_can_be_written_back_and_changes_nothing_but_the_time(datadog: Datadog) -> None:
    group = {"definition": {"type": "group", "layout_type": "ordered", "widgets": [NOTE]}}
    created = datadog.done("POST", "/api/v1/dashboard", dashboard(widgets=[group]))
    read = {name: value for name, value in created.items() if name != "is_read_only"}
    again = datadog.done("PUT", f"/api/v1/dashboard/{created['id']}", read)
    assert {**again, "modified_at": None} == {**created, "modified_at": None}


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"layout_type": "grid"}, "'grid' is not one of"),
        ({"reflow_type": "none"}, "'none' is not one of"),
        ({"is_read_only": True}, "Additional properties are not allowed ('is_read_only' was unexpected)"),
        ({"pages": []}, "Additional properties are not allowed ('pages' was unexpected)"),
        ({"widgets": {}}, "is not of type 'array'"),
        ({"widgets": [{"definition": {"type": "graph"}}]}, "'graph' is not a type of widget"),
        ({"widgets": [{"type": "note"}]}, "None is not a type of widget"),
        ({"widgets": [{**NOTE, "title": "x"}]}, "('title' was unexpected)"),
        ({"widgets": [{"definition": {"type": "note", "content": "x", "title": "x"}}]}, "('title' was unexpected)"),
        ({"reflow_type": "fixed"}, "'layout' is a required property"),
        (placed({"x": 0, "width": 12, "height": 1}), "MSL widget out of grid. 'y' is a required property"),
        (placed({"x": 4, "y": 0, "width": 9, "height": 1}), "4 + 9 is more than 12 columns"),
        (placed({"x": 0, "y": 0, "width": 0, "height": 1}), "'width' is a whole number, at least 1"),
        (placed({"x": 0, "y": -1, "width": 2, "height": 1}), "'y' is a whole number, at least 0"),
        (placed({"x": 0, "y": 0, "width": 12, "height": 2}, inside=[NOTE]), "'layout' is a required property"),
        ({"tags": ["env:production"]}, "team:NAME"),
        (
            {"template_variables": [{"name": "env", "default": "*", "defaults": ["*"]}]},
            "'template_variables' is invalid",
        ),
        ({"template_variables": [{"name": "env", "defaults": [""]}]}, "Minimum length of parameter 'defaults'"),
    ],
)
def test_a_dashboard_that_datadog_would_not_take_is_refused(
    datadog: Datadog, wrong: dict[str, Any], error: str
) -> None:
    status, answered = datadog.refused("POST", "/api/v1/dashboard", dashboard(**wrong))
    assert status == 400
    assert error in answered


@pytest.mark.parametrize("name", ["title", "layout_type", "widgets"])
def test_a_dashboard_needs_a_title_a_layout_and_widgets(datadog: Datadog, name: str) -> None:
    wanted = {key: value for key, value in dashboard().items() if key != name}
    assert datadog.refused("POST", "/api/v1/dashboard", wanted) == (400, f"'{name}' is a required property")


def test_the_layout_type_of_a_dashboard_cannot_change(datadog: Datadog) -> None:
    created = datadog.done("POST", "/api/v1/dashboard", dashboard())["id"]
    free = {"title": "x", "layout_type": "free", "widgets": list[str]()}
    assert "cannot be changed" in datadog.refused("PUT", f"/api/v1/dashboard/{created}", free)[1]


def test_a_widget_of_fixed_place_is_taken_within_the_twelve_columns(datadog: Datadog) -> None:
    place = {"x": 4, "y": 0, "width": 8, "height": 1}
    created = datadog.done("POST", "/api/v1/dashboard", dashboard(**placed(place)))
    assert created["widgets"][0]["layout"] == place


@pytest.mark.parametrize("kind", FIELDS)
def test_the_fields_of_a_widget_are_those_of_datadogs_document(kind: str) -> None:
    document = documents_of("datadog")[0]
    choices = document.part("schemas", "WidgetDefinition")["oneOf"]
    for choice in map(document.resolved, choices):
        named = document.resolved(choice["properties"]["type"])
        if kind in named["enum"]:
            assert set(choice["properties"]) == FIELDS[kind]
            break
    else:
        pytest.fail(f"Datadog's document has no widget {kind}")
