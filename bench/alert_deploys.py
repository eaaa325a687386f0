"""A release and the alerts: an outage that begins with it has to page, and a slow minute after it must not.

Nothing that pages knows of releases. `latency`, which does not page, is held back while traffic has moved lately.
"""

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.alert_replay import Fault, Seconds, faulty, replay
from bench.alert_rules import ERROR_RATE, RULES, Probes, windowed
from components.datadog_monitoring.traffic_monitors import SETTLING_MINUTES, traffic_monitors

MUTED_MINUTES = 15
"""How long the usual downtime lasts that a pipeline sets when it deploys."""

SLOWEST_PART = 0.05
"""A 95th percentile is above its limit where more than this is."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outage:
    """Seconds from the promotion to the first page, for each replay: as declared, and where deploys mute alerts."""

    declared: Seconds
    probes_alone: Seconds
    """The same while no request reaches the logs."""
    muted: Seconds


def outage(probes: Probes, *, replays: int, seed: int) -> Outage:
    """Everything fails from the moment that traffic moves."""
    begins, series = faulty(Fault(error=1, minutes=60), probes, replays=replays, seed=seed)
    paging = [rule for rule in RULES["declared"] if rule.pages]
    speaks = {rule: rule.speaks(series) for rule in paging}

    def first(spoken: npt.NDArray[np.bool_], earliest: int = 0) -> Seconds:
        return (spoken[:, earliest:].argmax(axis=1) + earliest + 1) * 60 - begins

    everything = np.logical_or.reduce(list(speaks.values()))
    return Outage(
        declared=first(everything),
        probes_alone=first(np.logical_or.reduce([speaks[rule] for rule in paging if rule is not ERROR_RATE])),
        muted=first(everything, MUTED_MINUTES),
    )


def slow_minute_pages(failing: float, probes: Probes, *, replays: int, seed: int) -> float:
    """The part of releases that page because of one slow minute.

    Args:
        failing: the part of that minute's probes that exceed the health check's own limit, retries included.
        probes: who probes.
        replays: how many releases.
        seed: the same gives the same.
    """
    paging = [rule for rule in RULES["declared"] if rule.pages and rule is not ERROR_RATE]
    spoken = replay(Fault(error=failing, minutes=1), paging, probes, replays=replays, seed=seed, tail_minutes=60)
    return float(np.logical_or.reduce([np.isfinite(each.detection) for each in spoken]).mean())


def latency_speaks(slow: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
    """In which minutes after a promotion the monitor `latency` speaks.

    Args:
        slow: for each minute from the promotion on, the part of the requests that are slow, 0 to 1.
    """
    window = slow_window_minutes()
    shares = windowed(np.round(slow * 10_000).astype(np.int64), window) / 10_000 / window
    moved = np.arange(slow.size) < SETTLING_MINUTES
    return (shares > SLOWEST_PART) & ~moved


def slow_window_minutes() -> int:
    """How far `slow-requests`, as declared, looks back."""
    asked = next(
        monitor.query
        for monitor in traffic_monitors(
            service="app", environment="production", domain="app.example", latency_milliseconds=1500, probe_seconds=60
        )
        if monitor.key == "slow-requests"
    )
    found = re.search(r'"pc95", "@lambda.duration"\)\.last\("(\d+)m"\)', asked)
    if found is None:
        raise ValueError(f"this is not a 95th percentile within a window: {asked}")
    return int(found.group(1))
