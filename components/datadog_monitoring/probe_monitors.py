"""Monitors of the health check itself: an objective's alerts stay silent when nobody probes."""

from collections.abc import Iterator

from components.datadog_monitoring import metrics
from components.datadog_monitoring.definition import MonitorDefinition

_SHORTEST_MINUTES = 15


def probe_monitors(*, probe_seconds: int) -> Iterator[MonitorDefinition]:
    """The monitor that speaks when no probe has run for three turns.

    Args:
        probe_seconds: how often each location asks.
    """
    minutes = max(_SHORTEST_MINUTES, probe_seconds * 3 // 60)
    yield MonitorDefinition(
        key="prober-dead",
        title=f"no health check has run for {minutes} minutes",
        meaning="Nobody knows whether the app is healthy, and the alerts of its availability cannot speak.",
        type="query alert",
        query=f"sum(last_{minutes}m):{metrics.probes('$check_id')} < 1",
        critical=1,
        severity=2,
        on_missing_data="show_and_notify_no_data",
    )
