"""The picture of docs/benchmarks.md, "Alerts": how soon an error is seen, and what pages for nothing."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from bench.alert_replay import Fault, replay
from bench.alert_rules import BURNS, NAIVE_PROBES, NAIVE_REQUESTS, WORKBOOK, Burn, Probes
from bench.alerting import SEED, months_of_noise, quantiles

ERRORS = (1, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.003, 0.002)
REPLAYS = 100
_WEEK = 7 * 24 * 60

_BLUES = ("#08306b", "#2171b5", "#4fa3d1", "#c6dbef")
_WIDTHS = (2.2, 2.2, 3, 8)
# The two tickets lie on one line, where both can speak: the slower is the broad one behind.
_RED, _ORANGE, _INK = "#cb181d", "#e6872e", "#252525"
_COLOURS = {
    "declared": _BLUES[1],
    "workbook": "#bdbdbd",
    "naive, of requests": _RED,
    "naive, of probes": _ORANGE,
}
_MINUTE_TICKS = {
    1: "1 min",
    5: "5 min",
    15: "15 min",
    60: "1 h",
    240: "4 h",
    1440: "1 day",
    4320: "3 days",
}
_STYLE = {
    # The same bytes each time: no random names, no date, and letters as outlines of the font that comes along.
    "svg.hashsalt": "alerting",
    "svg.fonttype": "path",
    "font.family": "DejaVu Sans",
    "font.size": 10,
    "axes.edgecolor": "#bdbdbd",
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def draw(path: Path) -> None:
    """Replay and draw; takes some seconds.

    Args:
        path: where the SVG goes.
    """
    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(11.5, 5.6), layout="constrained", facecolor="white")
        left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
        _detection(left)
        _false_pages(right)
        figure.savefig(path, format="svg", metadata={"Date": None})


def _detection(axes: Axes) -> None:
    probes = Probes.of_stack("production")
    for behind, (burn, colour, width) in enumerate(zip(BURNS, _BLUES, _WIDTHS, strict=True)):
        kind = "page" if burn.pages else "ticket"
        _closed_form(axes, burn, probes).set(
            color=colour, linewidth=width, zorder=3 - behind / 10, label=f"declared, {kind}: {burn.name}"
        )
    _closed_form(axes, WORKBOOK[-1], probes).set(
        color=_INK, linewidth=1.2, linestyle=(0, (3, 3)), zorder=4, label=f"workbook, ticket: {WORKBOOK[-1].name}"
    )
    replayed: list[tuple[float, float, float]] = []
    for index, error in enumerate(ERRORS):
        fault = Fault(error=error, minutes=_WEEK if error <= ERRORS[-3] else 24 * 60)
        *burns, naive = replay(fault, [*BURNS, NAIVE_PROBES], probes, replays=REPLAYS, seed=SEED + index)
        median, late = quantiles(np.min([spoken.detection for spoken in burns], axis=0) / 60)
        replayed.append((median, late, quantiles(naive.detection / 60)[0]))
    medians, lates, probe_medians = zip(*replayed, strict=True)
    percents = [100 * error for error in ERRORS]
    axes.plot(percents, probe_medians, color=_ORANGE, linewidth=1.8, linestyle=":", label=f"naive: {NAIVE_PROBES.name}")
    seen = NAIVE_REQUESTS.percent
    naive_errors = np.geomspace(seen, 100, 50)
    needed = np.maximum(NAIVE_REQUESTS.minutes * seen / naive_errors, 0.5)
    axes.plot(naive_errors, needed, color=_RED, linewidth=2.2, label=f"naive: {NAIVE_REQUESTS.name}")
    axes.axvspan(0.1, seen, color=_RED, alpha=0.06, linewidth=0)
    axes.text(0.72, 0.62, f"here “{NAIVE_REQUESTS.name}”\nnever speaks", color=_RED, ha="center", fontsize=9)
    axes.errorbar(
        percents,
        medians,
        yerr=[np.zeros(len(ERRORS)), np.subtract(lates, medians)],
        fmt="o",
        color=_INK,
        markersize=5,
        elinewidth=1,
        capsize=2.5,
        zorder=6,
        label="replayed: the first burn rate to speak,\nmedian to 95th percentile",
    )
    axes.set(
        xscale="log",
        yscale="log",
        xlim=(0.14, 130),
        ylim=(0.45, 9000),
        xlabel="part of probes and requests that fails",
        ylabel="until an alert speaks",
    )
    axes.set_xticks([0.2, 1, 5, 10, 100], ["0.2 %", "1 %", "5 %", "10 %", "100 %"])
    axes.set_yticks(list(_MINUTE_TICKS), list(_MINUTE_TICKS.values()))
    axes.minorticks_off()
    axes.grid(color="#ececec", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_title("How soon an error is seen", loc="left", fontweight="bold")
    axes.legend(fontsize=8, frameon=False, loc="upper right", handlelength=2.4)


def _closed_form(axes: Axes, burn: Burn, probes: Probes) -> Line2D:
    lowest = burn.factor * (1 - probes.target / 100)
    errors = np.geomspace(lowest * 1.0001, 1, 100)
    minutes = [burn.detection_minutes(error, probes.target) for error in errors]
    return axes.plot(100 * errors, minutes)[0]


def _false_pages(axes: Axes) -> None:
    found = months_of_noise()
    height = 0.19
    for row, (noise, by_group) in enumerate(found.items()):
        axes.text(0, row - 0.47, noise.name, fontsize=9, fontweight="bold")
        for place, (group, alarms) in enumerate(by_group.items()):
            y = row - 0.27 + place * height
            axes.barh(y, alarms.pages, height * 0.86, color=_COLOURS[group], label=group if row == 0 else None)
            number = "0" if alarms.pages == 0 else f"{alarms.pages:.2g}" if alarms.pages < 1 else f"{alarms.pages:.1f}"
            axes.annotate(number, (alarms.pages, y), xytext=(3, 0), textcoords="offset points", va="center", fontsize=8)
    axes.set_xscale("symlog", linthresh=1)
    axes.set(xlim=(0, 300), ylim=(len(found) - 0.35, -0.6), xlabel="pages in 30 days")
    axes.set_xticks([0, 1, 10, 100], ["0", "1", "10", "100"])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color="#ececec", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.set_title("What pages while the app is well", loc="left", fontweight="bold")
    axes.legend(fontsize=8, frameon=False, loc="center right", bbox_to_anchor=(1, 0.31))
