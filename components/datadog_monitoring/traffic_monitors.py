"""Monitors of what users are served, read from the logs that Vercel sends.

An outage pages during a release as at any other time. Only slowness waits for a release to settle: new functions start
cold, so `latency` is slow requests and no traffic moved within the last minutes.
"""

from collections.abc import Iterator

from components.datadog_monitoring import metrics
from components.datadog_monitoring.definition import MonitorDefinition
from components.datadog_monitoring.metrics import NANOSECONDS_PER_MILLISECOND

_QUIET_REQUESTS = 100
_SLOW_MINUTES = 15
SETTLING_MINUTES = 2 * _SLOW_MINUTES
"""How long after traffic has moved slowness tells nothing: what was slow in the first half has left the window then."""
_LONGEST_WINDOW_MINUTES = 2 * 24 * 60


def traffic_monitors(
    *, service: str, environment: str, domain: str, latency_milliseconds: int, probe_seconds: int
) -> Iterator[MonitorDefinition]:
    """The monitors that read logs.

    Args:
        service: the app's name.
        environment: the stack's name.
        domain: the host that users open.
        latency_milliseconds: an invocation that takes longer is slow.
        probe_seconds: how often the health check asks, which every silence is measured by.
    """
    timed = metrics.invocations(domain)
    timeouts = metrics.timeouts(domain).replace('"', r"\"")
    slow = latency_milliseconds * NANOSECONDS_PER_MILLISECOND
    yield MonitorDefinition(
        key="error-rate",
        title="more than 2 % of requests fail",
        meaning="Users see server errors on what serves now.",
        type="log alert",
        # So many requests are taken for granted that two errors never page, however quiet the night is.
        query=f'formula("100 * default_zero(errors) / (requests + {_QUIET_REQUESTS})").last("10m") > 2',
        critical=2,
        warning=1,
        critical_recovery=1,
        severity=1,
        searches={"errors": metrics.server_errors(domain), "requests": metrics.requests(domain)},
        silence_told_by="drain-silent",
    )
    yield MonitorDefinition(
        key="slow-requests",
        title=f"the slowest 5 % take longer than {latency_milliseconds} ms",
        meaning="Users wait. It tells nobody by itself: `latency` does, once a release has settled.",
        type="log alert",
        query=f'logs("{timed}").index("*").rollup("pc95", "@lambda.duration").last("{_SLOW_MINUTES}m") > {slow}',
        critical=slow,
        severity=3,
        told_as="latency",
        silence_told_by="durations-missing",
    )
    yield MonitorDefinition(
        key="traffic-moved",
        title=f"traffic moved within {SETTLING_MINUTES} minutes",
        meaning="A release or a rollback has just moved traffic. It tells nobody: `latency` waits for it to end.",
        type="event-v2 alert",
        query=(
            f'events("service:{service} env:{environment} kind:(promotion OR rollback)")'
            f'.rollup("count").last("{SETTLING_MINUTES}m") > 0'
        ),
        critical=0,
        severity=5,
        once=True,
        told_as="latency",
    )
    yield MonitorDefinition(
        key="latency",
        title=f"the slowest 5 % take longer than {latency_milliseconds} ms, and not because of a release",
        meaning="Users wait, and have done so for longer than new functions need to start.",
        type="composite",
        query="$slow_requests && !$traffic_moved",
        severity=3,
        on_missing_data=None,
        silence_told_by="durations-missing",
    )
    yield MonitorDefinition(
        key="function-timeouts",
        title="functions are cut off for taking too long",
        meaning="Some users wait for the longest time there is and then see an error.",
        type="log alert",
        query=f'logs("{timeouts}").index("*").rollup("cardinality", "{metrics.REQUEST_ID}").last("10m") > 3',
        critical=3,
        severity=3,
        silence_told_by="drain-silent",
    )
    yield MonitorDefinition(
        key="drain-silent",
        title="no request has reached the logs",
        meaning="The health check alone writes some. Nothing is known of errors, and `error-rate` cannot speak.",
        type="log alert",
        query=f'logs("{metrics.requests(domain)}").index("*").rollup("count").last("{_window(30, probe_seconds)}") < 1',
        critical=1,
        severity=3,
        on_missing_data="show_and_notify_no_data",
    )
    yield MonitorDefinition(
        key="durations-missing",
        title="no invocation has reported how long it took",
        meaning="Slowness cannot be seen: `latency` and its objective read nothing.",
        type="log alert",
        query=f'logs("{timed}").index("*").rollup("count").last("{_window(60, probe_seconds)}") < 1',
        critical=1,
        severity=4,
        on_missing_data="show_and_notify_no_data",
    )


def _window(minutes: int, probe_seconds: int) -> str:
    """A window in which at least three probes of each location have to be seen; Datadog's longest is two days."""
    return f"{min(max(minutes, probe_seconds * 3 // 60), _LONGEST_WINDOW_MINUTES)}m"
