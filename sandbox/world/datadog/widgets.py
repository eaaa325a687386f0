"""What Datadog takes as a widget: its kind, its fields, and its place on the grid.

The words of the refusals are Datadog's (https://github.com/DataDog/terraform-provider-datadog/issues/3750). Widgets
that cover one another are taken, as in dozens of dashboards that Datadog itself publishes
(https://github.com/DataDog/integrations-extras).
"""

from collections.abc import Mapping
from typing import Any

from sandbox.world.datadog.errors import error

WIDGETS = frozenset(
    (
        *("alert_graph", "alert_value", "bar_chart", "change", "check_status", "cohort", "distribution"),
        *("embedded_app", "event_stream", "event_timeline", "free_text", "funnel", "geomap", "group", "heatgrid"),
        *("heatmap", "hostmap", "iframe", "image", "list_stream", "log_stream", "manage_status", "note", "point_plot"),
        *("powerpack", "query_table", "query_value", "retention_curve", "run_workflow", "sankey", "scatterplot"),
        *("servicemap", "slo", "slo_list", "split_group", "sunburst", "timeseries", "toplist", "topology_map"),
        *("trace_service", "treemap", "wildcard"),
    )
)
_TITLE = ("type", "title", "title_size", "title_align", "description")
_TIME = ("time", "requests", "custom_links")
FIELDS: Mapping[str, frozenset[str]] = {
    "alert_value": frozenset((*_TITLE, "alert_id", "precision", "text_align", "unit")),
    "group": frozenset(
        ("type", "title", "title_align", "show_title", "layout_type", "background_color", "banner_img", "widgets")
    ),
    "list_stream": frozenset((*_TITLE, "time", "requests", "legend_size", "show_legend")),
    "manage_status": frozenset(
        (
            *_TITLE,
            *("query", "sort", "summary_type", "display_format", "color_preference", "hide_zero_counts"),
            *("show_last_triggered", "show_priority", "count", "start"),
        )
    ),
    "note": frozenset(
        (
            *("type", "content", "background_color", "font_size", "text_align", "vertical_align", "show_tick"),
            *("tick_pos", "tick_edge", "has_padding"),
        )
    ),
    "query_value": frozenset(
        (*_TITLE, *_TIME, "autoscale", "precision", "custom_unit", "text_align", "timeseries_background")
    ),
    "slo": frozenset(
        (
            *_TITLE,
            *("slo_id", "view_type", "view_mode", "time_windows", "show_error_budget", "global_time_target"),
            "additional_query_filters",
        )
    ),
    "timeseries": frozenset(
        (
            *_TITLE,
            *_TIME,
            *("show_legend", "legend_layout", "legend_columns", "legend_size", "markers", "events"),
            *("yaxis", "right_yaxis"),
        )
    ),
    "toplist": frozenset((*_TITLE, *_TIME, "style")),
}
"""The fields of the widgets that stacks use, after Datadog's OpenAPI document. The other kinds are not looked into."""

COLUMNS = 12
"""https://docs.datadoghq.com/dashboards/: "Dashboards have a maximum width of 12 grid squares"."""


def check_definition(position: int, definition: Mapping[str, Any]) -> None:
    """Refuse a field that a kind of widget does not have."""
    fields = FIELDS.get(definition["type"])
    unexpected = sorted(set(definition) - fields) if fields else []
    if unexpected:
        what = f"Additional properties are not allowed ('{unexpected[0]}' was unexpected)"
        raise error(
            400, f"Invalid widget definition at position {position} of type {definition['type']}. Error: {what}"
        )


def check_layout(position: int, kind: str, layout: Mapping[str, Any], *, on_grid: bool) -> None:
    """Refuse a place that is incomplete or, on a grid, not within its columns."""
    where = f"Invalid widget at position {position} of type {kind}. Error: MSL widget out of grid."
    for name in ("x", "y", "width", "height"):
        if name not in layout:
            raise error(400, f"{where} '{name}' is a required property")
        lowest = 1 if on_grid and name in ("width", "height") else 0
        if isinstance(layout[name], bool) or not isinstance(layout[name], int) or layout[name] < lowest:
            raise error(400, f"{where} '{name}' is a whole number, at least {lowest}")
    if on_grid and layout["x"] + layout["width"] > COLUMNS:
        raise error(400, f"{where} {layout['x']} + {layout['width']} is more than {COLUMNS} columns")
