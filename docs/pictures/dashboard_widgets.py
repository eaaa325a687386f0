"""How each kind of widget looks in the sketch of the dashboard, with made-up data."""

import textwrap
from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.patches import Rectangle

from docs.pictures.dashboard_canvas import AMBER, BLUE, FAINT, GREEN, INK, LIGHT, LINE, PAPER, PURPLE, RED, Box

Json = dict[str, Any]

MONITORS = {
    "Service levels": tuple(
        f"{objective}-{hours}h" for objective in ("availability", "latency") for hours in (1, 6, 24, 48)
    ),
    "Golden signals": (
        "error-rate",
        "latency",
        "slow-requests",
        "function-timeouts",
        "drain-silent",
        "durations-missing",
    ),
    "Health check": ("health", "certificate", "certificate-ends", "prober-dead"),
    "Deployments and migrations": (
        *("failed-build", "failed-deployment", "rollback", "failed-rollback", "failed-migration", "migration-waiting"),
    ),
}
"""Most of the monitors, by the group that lists them."""
EVENTS = (
    ("promotion", "v1.42.0", "success"),
    ("deployment", "v1.42.0", "success"),
    ("rollback", "v1.40.2", "warning"),
    ("deployment", "v1.41.0", "error"),
    ("promotion", "v1.40.2", "success"),
    ("deployment", "v1.40.2", "success"),
)
STATES = {"success": GREEN, "warning": AMBER, "error": RED}
INCIDENT = 21
"""Which of thirty bars shows what was rolled back."""


def draw_widget(box: Box, definition: Json, group: str) -> None:
    """A widget of a group."""
    kind = definition["type"]
    box.card("white" if kind != "note" else "#fbfaf3")
    if kind != "note":
        fits = int(box.width / 0.066)
        box.text(0.08, 0.07, textwrap.shorten(definition["title"], fits, placeholder="…"), 6.8, weight="bold")
    draws: dict[str, Callable[[Box, Json, str], None]] = {
        "timeseries": _timeseries,
        "query_value": _number,
        "list_stream": _events,
        "manage_status": _monitors,
        "slo": _objective,
        "toplist": _toplist,
        "note": _note,
    }
    draws[kind](box, definition, group)


def _random(definition: Json) -> np.random.Generator:
    """The same for a title each time."""
    return np.random.default_rng(sum(definition["title"].encode()))


def _timeseries(box: Box, definition: Json, group: str) -> None:
    random = _random(definition)
    plot = box.within(0.12, 0.3, 0.12, 0.14)
    plot.line([0, 1], [0, 0], color=LINE, lw=0.8)
    drawn = [request for request in definition["requests"] if request["display_type"] != "overlay"]
    overlaid = len(drawn) < len(definition["requests"])
    for share, color in ((0.3, PURPLE), (0.72, AMBER)) if overlaid else ():
        plot.line([share, share], [0, 1], color=color, lw=1, ls=(0, (1, 1.2)))
    bars = [request for request in drawn if request["display_type"] == "bars"]
    _stacked(plot, bars, random, title=definition["title"])
    lines = [formula for request in drawn if request["display_type"] == "line" for formula in request["formulas"]]
    for index, _ in enumerate(lines):
        level = 0.22 + 0.26 * index
        values = level + np.cumsum(random.normal(0, 0.018, 60))
        values = values + (0.16 if group != "Cost of the synthetic tests" else 0) * np.exp(
            -(((np.arange(60) - 44) / 3) ** 2)
        )
        plot.line(np.linspace(0, 1, 60), np.clip(values, 0.04, 0.96), color=(BLUE, "#1f4e79")[index % 2], lw=1.1)
    for index, marker in enumerate(definition.get("markers", [])):
        color = RED if marker["display_type"].startswith("error") else AMBER
        high = (0.92, 0.74, 0.6, 0.48)[index]
        plot.line([0, 1], [high, high], color=color, lw=0.8, ls=(0, (4, 2)))
        plot.text(
            plot.width, (1 - high) * plot.height - 0.015, marker["label"], 5, color=color, ha="right", va="bottom"
        )


def _stacked(plot: Box, bars: list[Json], random: np.random.Generator, *, title: str) -> None:
    count = 30
    failing, moved = "error" in title.lower() or "Failed" in title, "rollbacks" in title
    xs = np.arange(count) / count
    bottoms = np.zeros(count)
    rare = any(query["data_source"] == "events" for request in bars for query in request["queries"])
    grouped = len(bars) == 1 and any(query.get("group_by") for query in bars[0]["queries"])
    palettes = {"green": GREEN, "blue": LIGHT, "yellow": AMBER, "red": RED, "dog_classic": BLUE}
    colors = [palettes[request["style"]["palette"]] for request in bars]
    colors = [GREEN, AMBER if moved else RED] if grouped and rare else [BLUE, LIGHT, AMBER] if grouped else colors
    for index, color in enumerate(colors):
        if rare:
            heights = 0.22 * random.binomial(2, (0.22, 0.05, 0)[index], count)
        elif failing or color == RED:
            heights = np.where(np.abs(np.arange(count) - INCIDENT) <= 1, random.uniform(0.1, 0.3, count), 0)
        else:
            heights = random.uniform(0.8, 1.2, count) * (0.5, 0.1, 0.06, 0.05)[index]
        plot.bars(xs, bottoms, bottoms + heights, color)
        bottoms = bottoms + heights


_NUMBERS = {
    "Requests": ("48.2k", ""),
    "Server errors, %": ("0.12 %", GREEN),
    "95 % answered within": ("412 ms", ""),
    "Timeouts": ("0", GREEN),
    "Checks that passed": ("99.97 %", ""),
    "Certificate: days left": ("61", GREEN),
    "Deployments": ("23", ""),
    "Failed deployments": ("2", RED),
    "Rollbacks": ("1", AMBER),
    "Failed migrations": ("0", ""),
    "Whole account, USD": ("$ 58.10", ""),
}


def _number(box: Box, definition: Json, _group: str) -> None:
    words, color = _NUMBERS[definition["title"]]
    inner = box.within(0, 0.26, 0, 0)
    if color:
        inner.within(0.06, 0, 0.06, 0.06).card(color, color)
    inner.text(
        inner.width / 2,
        inner.height / 2 - 0.03,
        words,
        17,
        ha="center",
        va="center",
        weight="bold",
        color="white" if color else INK,
    )


def _events(box: Box, definition: Json, _group: str) -> None:
    migrations = "Migrations" in definition["title"]
    rows = [("migration", version, state) for _, version, state in EVENTS[::2]] if migrations else EVENTS
    step = 0.42
    for index, (kind, version, state) in enumerate(rows[: int((box.height - 0.3) / step)]):
        row = Box(box.axes, box.x + 0.1, box.y + 0.32 + index * step, box.width - 0.2, step)
        row.axes.add_patch(Rectangle((row.x, row.y + 0.02), 0.05, step - 0.1, color=STATES[state], lw=0))
        row.text(0.14, 0.02, f"Production {kind}  {version}", 6.6)
        row.text(0.14, 0.19, f"by octocat · {'ended well' if state != 'error' else 'failed'}", 5.6, color=FAINT)
        row.text(row.width, 0.02, f"{2 + 19 * index} h ago", 5.6, color=FAINT, ha="right")


def _monitors(box: Box, _definition: Json, group: str) -> None:
    everything = [name for names in MONITORS.values() for name in names]
    listed = sorted(MONITORS.get(group, everything), key=lambda name: name != "rollback")
    counts = (("1 warn", AMBER),) if "rollback" in listed else ()
    left = 0.1
    for words, color in (*counts, (f"{len(listed) - len(counts)} ok", GREEN)):
        wide = 0.2 + 0.062 * len(words)
        Box(box.axes, box.x + left, box.y + 0.3, wide, 0.22).card(color, color)
        box.text(left + wide / 2, 0.41, words, 6.4, color="white", ha="center", va="center", weight="bold")
        left += wide + 0.08
    step = 0.235
    for index, name in enumerate(listed[: int((box.height - 0.66) / step)]):
        top = 0.62 + index * step
        color = AMBER if name == "rollback" else GREEN
        Box(box.axes, box.x + 0.1, box.y + top, 0.4, 0.17).card(color, color)
        box.text(0.3, top + 0.085, "WARN" if color == AMBER else "OK", 4.8, color="white", ha="center", va="center")
        box.text(0.6, top + 0.085, name, 6.2, va="center")


def _objective(box: Box, definition: Json, _group: str) -> None:
    target, figures = (
        ("99.9 %", ("99.98 %", "99.95 %")) if "Avail" in definition["title"] else ("99 %", ("99.4 %", "99.2 %"))
    )
    box.text(box.width - 0.1, 0.08, f"target {target}", 6, color=FAINT, ha="right")
    for index, (window, value, left) in enumerate(zip(("7 days", "30 days"), figures, (0.82, 0.46), strict=True)):
        half = Box(
            box.axes,
            box.x + 0.1 + index * (box.width / 2 - 0.05),
            box.y + 0.34,
            box.width / 2 - 0.15,
            box.height - 0.44,
        )
        half.text(half.width / 2, 0.04, window, 6.4, color=FAINT, ha="center")
        half.text(half.width / 2, 0.28, value, 14, color=GREEN, ha="center", weight="bold")
        half.text(0, half.height - 0.62, "error budget left", 5.8, color=FAINT)
        half.text(half.width, half.height - 0.62, f"{left:.0%}", 6.4, ha="right")
        bar = Box(box.axes, half.x, half.y + half.height - 0.42, half.width, 0.16)
        bar.card(PAPER)
        Box(box.axes, bar.x, bar.y, bar.width * left, bar.height).card(GREEN, GREEN)


def _toplist(box: Box, _definition: Json, _group: str) -> None:
    step = 0.25
    rows = (("/api/generate", 0.9, "31"), ("/api/session", 0.45, "14"), ("/tools/[slug]", 0.2, "6"), ("/", 0.06, "2"))
    for index, (name, share, count) in enumerate(rows):
        top = 0.36 + index * step
        bar = (box.width - 0.75) * share
        box.axes.add_patch(Rectangle((box.x + 0.5, box.y + top), bar, step - 0.06, color="#f3c6c6", lw=0))
        box.text(0.42, top + 0.095, count, 6.4, ha="right", va="center", weight="bold")
        box.text(0.56, top + 0.095, name, 6.2, va="center")


def _note(box: Box, definition: Json, _group: str) -> None:
    top = 0.09
    for paragraph in filter(None, definition["content"].splitlines()):
        heading = paragraph.startswith("#")
        words = _plain(paragraph)
        size = 8.5 if heading else 6.6
        for line in textwrap.wrap(words, max(12, int((box.width - 0.2) / (size * 0.0083)))):
            box.text(0.1, top, line, size, weight="bold" if heading else "normal")
            top += size * 0.021
        top += 0.05


def _plain(markdown: str) -> str:
    """Markdown's words without its signs and addresses."""
    words = markdown.lstrip("# ").replace("**", "").replace("`", "")
    words = f"• {words[2:]}" if words.startswith("- ") else words
    parts = words.split("](")
    return "".join([parts[0], *(part.split(")", 1)[1] for part in parts[1:])]).replace("[", "")
