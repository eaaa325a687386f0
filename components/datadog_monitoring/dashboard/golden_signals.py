"""The four golden signals, read from the logs that Vercel sends: traffic, errors, latency, saturation."""

from components.datadog_monitoring import metrics
from components.datadog_monitoring.dashboard.queries import (
    CACHE,
    DURATION,
    HOST,
    MEMORY_SIZE,
    MEMORY_USED,
    PATH,
    all_requests,
    counted_requests,
    failed_requests,
    measured,
    release_markers,
)
from components.datadog_monitoring.dashboard.widgets import (
    Json,
    at,
    colored,
    formula,
    graph,
    marker,
    note,
    number,
    timeseries,
    toplist,
)
from components.datadog_monitoring.dashboard.widgets import group as grouped

ERROR_RATE = "100 * default_zero(errors) / requests"
"""Percent, as the monitor `error-rate` has it."""
ALERTS_AT_PERCENT, WARNS_AT_PERCENT = 2, 1
"""The monitor's own thresholds."""
_TITLE, _COLOR = "Golden signals", "vivid_green"
_CLASSES = {"2xx": (200, 299), "3xx": (300, 399), "4xx": (400, 499), "5xx": (500, 599)}


def group(alerts: Json) -> Json:
    """Numbers first, then graphs, then where the errors are."""
    return grouped(
        _TITLE,
        _COLOR,
        [
            *_numbers(),
            at(8, 0, 4, 5, alerts),
            at(0, 2, 4, 3, _requests()),
            at(4, 2, 4, 3, _errors()),
            at(0, 5, 4, 3, _latency()),
            at(4, 5, 4, 3, _timeouts()),
            at(8, 5, 4, 3, _memory()),
            at(0, 8, 6, 3, _failing_paths()),
            at(6, 8, 6, 3, _cache()),
        ],
    )


def missing(runbook_url: str) -> Json:
    """What is said where there are no logs to read."""
    words = (
        "Requests, errors and latency are read from the logs that Vercel sends, and this stack has no log drain: "
        f"`logs` in its configuration brings them. Until then only the health check looks ([runbook]({runbook_url}))."
    )
    return grouped(_TITLE, _COLOR, [at(0, 0, 12, 1, note(words))])


def _numbers() -> list[Json]:
    green, yellow, red = "white_on_green", "white_on_yellow", "white_on_red"
    shown = [
        number("Requests", [all_requests()], formula("requests", "requests")),
        number(
            "Server errors, %",
            [failed_requests(), all_requests()],
            formula(ERROR_RATE, "of all requests", "percent"),
            colors=[
                *colored({ALERTS_AT_PERCENT: red, WARNS_AT_PERCENT: yellow}, comparator=">"),
                *colored({WARNS_AT_PERCENT: green}, comparator="<="),
            ],
            precision=2,
        ),
        number(
            "95 % answered within",
            [measured("slowest", metrics.invocations(HOST), aggregation="pc95", metric=DURATION)],
            formula("slowest", "p95", "nanosecond"),
            precision=1,
        ),
        number(
            "Timeouts",
            [counted_requests("timeouts", metrics.timeouts(HOST))],
            formula("default_zero(timeouts)", "timeouts"),
            colors=[*colored({0: red}, comparator=">"), *colored({0: green}, comparator="<=")],
        ),
    ]
    return [at(index * 2, 0, 2, 2, each) for index, each in enumerate(shown)]


def _requests() -> Json:
    by_class = {
        name: graph(
            [counted_requests(f"of_{name}", metrics.answered(HOST, lowest, highest))],
            [formula(f"of_{name}", name)],
            display="bars",
            palette=palette,
        )
        for (name, (lowest, highest)), palette in zip(_CLASSES.items(), ("green", "blue", "yellow", "red"), strict=True)
    }
    return timeseries("Requests by status", [*by_class.values(), *release_markers()])


def _errors() -> Json:
    return timeseries(
        "Server errors: their part (left, %) and number (right)",
        [
            graph(
                [failed_requests(), all_requests()],
                [formula(ERROR_RATE, "of all requests", "percent")],
                palette="warm",
            ),
            graph(
                [failed_requests("failed")],
                [formula("failed", "server errors")],
                display="bars",
                palette="red",
                right=True,
            ),
            *release_markers(),
        ],
        markers=[
            marker(ALERTS_AT_PERCENT, "error-rate alerts"),
            marker(WARNS_AT_PERCENT, "error-rate warns", severity="warning"),
        ],
    )


def _latency() -> Json:
    ran = metrics.invocations(HOST)
    return timeseries(
        "Latency of functions",
        [
            graph(
                [
                    measured("typical", ran, aggregation="median", metric=DURATION),
                    measured("slowest", ran, aggregation="pc95", metric=DURATION),
                ],
                [formula("typical", "p50", "nanosecond"), formula("slowest", "p95", "nanosecond")],
            ),
            *release_markers(),
        ],
    )


def _timeouts() -> Json:
    return timeseries(
        "Timeouts: functions cut off, and status 504",
        [
            graph(
                [counted_requests("timeouts", metrics.timeouts(HOST))],
                [formula("timeouts", "timeouts")],
                display="bars",
                palette="red",
            ),
            *release_markers(),
        ],
    )


def _memory() -> Json:
    ran = metrics.invocations(HOST)
    return timeseries(
        "Saturation: memory of functions",
        [
            graph(
                [
                    measured("used", ran, aggregation="max", metric=MEMORY_USED),
                    measured("size", ran, aggregation="max", metric=MEMORY_SIZE),
                ],
                [formula("used", "most used", "mebibyte"), formula("size", "there is", "mebibyte")],
            ),
            *release_markers(),
        ],
    )


def _cache() -> Json:
    return timeseries(
        "Requests by what Vercel's cache did",
        [
            graph(
                [counted_requests("requests", metrics.requests(HOST), by=CACHE)],
                [formula("requests", "requests")],
                display="bars",
            ),
            *release_markers(),
        ],
    )


def _failing_paths() -> Json:
    most = 10
    return toplist(
        "Server errors by path",
        counted_requests("errors", metrics.server_errors(HOST), by=PATH, most=most),
        formula("errors", "server errors"),
        most=most,
    )
