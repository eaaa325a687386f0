"""Deployments, rollbacks and migrations, read from the events that the pipeline posts."""

from components.datadog_monitoring.dashboard.queries import counted_events, happened
from components.datadog_monitoring.dashboard.widgets import (
    Json,
    at,
    colored,
    events,
    formula,
    graph,
    note,
    number,
    timeseries,
)
from components.datadog_monitoring.dashboard.widgets import group as grouped

_SPAN = "1mo"
_WORDS = """**[DORA metrics](/ci/dora)**: how often this is deployed, how long a change takes, how many fail.
They need `doraMetrics` in the stack's configuration.
"""


def group(alerts: Json) -> Json:
    """Numbers of the last month, then what ended how and when."""
    return grouped(
        "Deployments and migrations",
        "vivid_pink",
        [
            *_numbers(),
            at(8, 0, 4, 5, alerts),
            at(0, 2, 4, 3, _by_outcome("Deployments by outcome", "kind:deployment")),
            at(4, 2, 4, 3, _by_outcome("Promotions and rollbacks by kind", "kind:(promotion OR rollback)", by="kind")),
            at(0, 5, 4, 3, _by_outcome("Migrations by outcome", "kind:migration")),
            at(4, 5, 5, 3, events("Migrations, newest first", happened("kind:migration"))),
            at(9, 5, 3, 3, note(_WORDS)),
        ],
    )


def _numbers() -> list[Json]:
    counted = {
        "Deployments": ("kind:deployment outcome:success", ""),
        "Failed deployments": ("kind:deployment outcome:failure", "white_on_red"),
        "Rollbacks": ("kind:rollback", "white_on_yellow"),
        "Failed migrations": ("kind:migration outcome:failure", "white_on_red"),
    }
    return [
        at(
            *(index * 2, 0, 2, 2),
            number(
                title,
                [counted_events("ended", kind)],
                formula("default_zero(ended)", title.lower()),
                colors=colored({0: palette}, comparator=">") if palette else [],
                span=_SPAN,
            ),
        )
        for index, (title, (kind, palette)) in enumerate(counted.items())
    ]


def _by_outcome(title: str, kind: str, *, by: str = "outcome") -> Json:
    return timeseries(
        title,
        [graph([counted_events("ended", kind, by=by)], [formula("ended", "events")], display="bars")],
    )
