"""Builders of widgets in the words of Datadog's API (in its OpenAPI document the schemas named `…WidgetDefinition`).

A dashboard is twelve columns wide. A row is about as high as a line of a list and its padding.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Json = dict[str, Any]

COLUMNS = 12
_TITLE_ROWS = 1
"""What a group's own title takes, above its widgets."""


def at(x: int, y: int, width: int, height: int, definition: Json) -> Json:
    """A widget in its place: columns and rows from the top left of its group."""
    return {"definition": definition, "layout": {"x": x, "y": y, "width": width, "height": height}}


def group(title: str, color: str, widgets: Sequence[Json]) -> Json:
    """A titled group, as wide as the page."""
    return {
        "type": "group",
        "title": title,
        "show_title": True,
        "layout_type": "ordered",
        "background_color": color,
        "widgets": list(widgets),
    }


def stacked(groups: Iterable[Json]) -> list[Json]:
    """Groups one below the other, each as high as what is in it."""
    placed: list[Json] = []
    top = 0
    for each in groups:
        layouts = [widget["layout"] for widget in each["widgets"]]
        height = _TITLE_ROWS + max(layout["y"] + layout["height"] for layout in layouts)
        placed.append(at(0, top, COLUMNS, height, each))
        top += height
    return placed


def note(content: str, *, color: str = "transparent") -> Json:
    """Markdown."""
    return {
        "type": "note",
        "content": content,
        "background_color": color,
        "font_size": "14",
        "text_align": "left",
        "vertical_align": "top",
        "show_tick": False,
        "has_padding": True,
    }


def events(title: str, search: str, *, span: str = "1mo") -> Json:
    """The newest events that a search finds, within a span of their own."""
    return {
        "type": "list_stream",
        "title": title,
        "time": {"live_span": span},
        "requests": [
            {
                "response_format": "event_list",
                "query": {"data_source": "event_stream", "query_string": search, "event_size": "l"},
                "columns": [],
            }
        ],
    }


def monitor_list(title: str, query: str) -> Json:
    """Monitors by their state, what alerts first."""
    return {
        "type": "manage_status",
        "title": title,
        "query": query,
        "sort": "status,asc",
        "summary_type": "monitors",
        "display_format": "countsAndList",
        "color_preference": "text",
        "hide_zero_counts": True,
        "show_last_triggered": True,
        "show_priority": True,
    }


def objective(title: str, slo_id: str) -> Json:
    """A service level objective with what is left of its error budget."""
    return {
        "type": "slo",
        "title": title,
        "slo_id": slo_id,
        "view_type": "detail",
        "view_mode": "overall",
        "time_windows": ["7d", "30d"],
        "show_error_budget": True,
    }


def timeseries(
    title: str,
    requests: Sequence[Json],
    *,
    markers: Sequence[Json] = (),
    from_zero: bool = True,
) -> Json:
    """Graphs over the time that is looked at."""
    definition: Json = {
        "type": "timeseries",
        "title": title,
        "show_legend": True,
        "legend_layout": "auto",
        "legend_columns": ["avg", "max", "value"],
        "requests": list(requests),
        "yaxis": {"include_zero": from_zero},
    }
    if markers:
        definition["markers"] = list(markers)
    return definition


def graph(
    queries: Sequence[Json],
    formulas: Sequence[Json],
    *,
    display: str = "line",
    palette: str = "dog_classic",
    right: bool = False,
) -> Json:
    """One request of a timeseries."""
    return {
        "response_format": "timeseries",
        "display_type": display,
        "on_right_yaxis": right,
        "style": {"palette": palette},
        "queries": list(queries),
        "formulas": list(formulas),
    }


def number(
    title: str,
    queries: Sequence[Json],
    shown: Json,
    *,
    colors: Sequence[Json] = (),
    precision: int = 0,
    span: str = "",
) -> Json:
    """One number over the time that is looked at, or over a span of its own."""
    request: Json = {"response_format": "scalar", "queries": list(queries), "formulas": [shown]}
    if colors:
        request["conditional_formats"] = list(colors)
    definition: Json = {
        "type": "query_value",
        "title": title,
        "autoscale": True,
        "precision": precision,
        "requests": [request],
    }
    if span:
        definition["time"] = {"live_span": span}
    return definition


def toplist(title: str, query: Json, shown: Json, *, most: int) -> Json:
    """Groups by their size."""
    return {
        "type": "toplist",
        "title": title,
        "requests": [
            {
                "response_format": "scalar",
                "queries": [query],
                "formulas": [shown],
                "sort": {"count": most, "order_by": [{"type": "formula", "index": 0, "order": "desc"}]},
            }
        ],
    }


def formula(expression: str, alias: str, unit: str = "") -> Json:
    """What is drawn, its name in the legend and, unless it is a plain count, Datadog's name of its unit."""
    shown: Json = {"formula": expression, "alias": alias}
    if unit:
        shown["number_format"] = {"unit": {"type": "canonical_unit", "unit_name": unit}}
    return shown


def marker(value: float, label: str, *, severity: str = "error") -> Json:
    """A line across a graph; severity is Datadog's: `error`, `warning`, `ok`, `info`."""
    return {"value": f"y = {value:.12g}", "label": label, "display_type": f"{severity} dashed"}


def colored(limits: Mapping[float, str], *, comparator: str) -> list[Json]:
    """Colours of a number by limit, the first that holds wins."""
    return [{"comparator": comparator, "value": value, "palette": palette} for value, palette in limits.items()]
