"""A sketch of the dashboard: every widget of the production stack's JSON in its place, to scale, with made-up data."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from components.datadog_monitoring.dashboard import dashboard
from components.datadog_monitoring.dashboard.widgets import COLUMNS
from docs.pictures.dashboard_canvas import AMBER, FAINT, PAPER, PURPLE, Box
from docs.pictures.dashboard_widgets import MONITORS, draw_widget

Json = dict[str, Any]

GROUP_COLORS = {
    "vivid_blue": "#2f6fed",
    "vivid_purple": "#7b4fd6",
    "vivid_green": "#2a9d63",
    "vivid_orange": "#e07b27",
    "vivid_yellow": "#c79a12",
    "vivid_pink": "#cf4f8b",
    "gray": "#6b7280",
}
COLUMN, ROW = 1.0, 0.62
"""Inches of a column and of a row."""
GAP = 0.06
HEADER = 0.55


def draw(path: Path) -> None:
    """Write the sketch as SVG, the same bytes each time."""
    page = example()
    groups = page["widgets"]
    rows = max(each["layout"]["y"] + each["layout"]["height"] for each in groups)
    width, height = COLUMNS * COLUMN, rows * ROW + HEADER
    with mpl.rc_context({"svg.hashsalt": "dashboard", "svg.fonttype": "none", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(width, height), facecolor=PAPER)
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.axis("off")
        _header(Box(axes, 0, 0, width, HEADER), page)
        for each in groups:
            _group(_placed(axes, each["layout"], 0, HEADER), each["definition"])
        figure.savefig(path, format="svg", facecolor=PAPER, metadata={"Date": None, "Creator": None})


def example() -> Json:
    """The production stack's dashboard, with numbers as Datadog would give."""
    names = [name for group in MONITORS.values() for name in group]
    return dashboard(
        service="ai-tools",
        environment="production",
        domain="ai-tools.example.com",
        vercel_project="ai-tools-production",
        runbook_url="https://example.com/runbook",
        health_check_id="abc-def-ghi",
        slo_ids={"availability": "a", "latency": "b"},
        monitor_ids={name: str(number) for number, name in enumerate(names, 1)},
        log_drain=True,
    )


def _placed(axes: Axes, layout: Json, left: float, top: float, column: float = COLUMN) -> Box:
    return Box(
        axes,
        left + layout["x"] * column + GAP,
        top + layout["y"] * ROW + GAP,
        layout["width"] * column - 2 * GAP,
        layout["height"] * ROW - 2 * GAP,
    )


def _header(box: Box, page: Json) -> None:
    box.text(0.14, 0.13, page["title"], 13, weight="bold")
    left = 2.35
    for variable in page["template_variables"]:
        words = f"${variable['name']}  {variable['defaults'][0]}"
        wide = 0.2 + 0.07 * len(words)
        Box(box.axes, left, 0.13, wide, 0.3).card("white")
        box.text(left + 0.1, 0.28, words, 7, va="center", color=FAINT)
        left += wide + 0.1
    for words, color in (("release", PURPLE), ("rollback", AMBER)):
        box.axes.plot([left + 0.1, left + 0.1], [0.16, 0.4], color=color, lw=1.2, ls=(0, (1, 1.2)))
        box.text(left + 0.17, 0.28, words, 7, va="center", color=FAINT)
        left += 0.72
    box.text(box.width - 0.14, 0.28, "made-up data", 7.5, ha="right", va="center", color=FAINT, style="italic")


def _group(box: Box, definition: Json) -> None:
    color = GROUP_COLORS[definition["background_color"]]
    box.card("#e9ebf0", color)
    Box(box.axes, box.x, box.y, box.width, ROW - 2 * GAP).card(color, color)
    box.text(0.12, (ROW - 2 * GAP) / 2, definition["title"], 9.5, weight="bold", color="white", va="center")
    for widget in definition["widgets"]:
        inner = _placed(box.axes, widget["layout"], box.x, box.y + ROW - 2 * GAP, box.width / COLUMNS)
        draw_widget(inner, widget["definition"], definition["title"])
