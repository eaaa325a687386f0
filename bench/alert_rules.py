"""Alert rules as the replay reads them: the declared ones, the SRE workbook's, and naive ones.

A rule looks at a series once a minute and says when it speaks. Before a series begins everything was well. Burn rates
are components/service_levels.py's own; the two other monitors that page are read from their definitions or, where
those are arguments of a resource, held to the program by tests/bench/test_alerting.py.
"""

import re
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from components.datadog_monitoring.traffic_monitors import traffic_monitors
from components.service_levels import BURN_RATES
from operations.stack_files import read_config
from sandbox.paths import configuration

Counts = npt.NDArray[np.integer]
Speaks = npt.NDArray[np.bool_]

REQUESTS_PER_MINUTE = 100
"""What users ask, day and night: many for a small app, which favours the rules that read requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Probes:
    """How an environment is probed, and what it promises of that."""

    locations: int
    seconds: int
    """Between two probes of one location: whole minutes, and at most the shortest window, of which it is a part."""
    target: float
    """Percent of probes that are to succeed."""

    @classmethod
    def of_stack(cls, stack: str) -> "Probes":
        """What a committed stack file says, `production`."""
        config = read_config(configuration() / f"Pulumi.{stack}.yaml")
        return cls(
            locations=len(config["ai-tools:healthCheckLocations"]),
            seconds=int(config["ai-tools:healthCheckSeconds"]),
            target=float(config["ai-tools:availabilityTarget"]),
        )

    @property
    def step(self) -> int:
        """Minutes between two probes of one location."""
        return self.seconds // 60

    def within(self, minutes: int) -> int:
        """How many probes any window of that many minutes holds.

        Raises:
            ValueError: where that is not the same for every window.
        """
        if self.seconds % 60 or minutes % self.step:
            raise ValueError(f"{minutes} minutes do not hold the same number of probes every {self.seconds} s each")
        return self.locations * minutes // self.step


@dataclass(frozen=True, kw_only=True, slots=True)
class Series:
    """What happened, minute by minute, in several replays."""

    probes: Probes
    failed: Counts
    """Failed probes: replay, location, minute. A probe counts in the minute that it ends in."""
    errors: Counts
    """Failed requests: replay, minute."""
    requests: int = REQUESTS_PER_MINUTE
    """How many there are a minute."""


class Rule(Protocol):
    """One alert."""

    @property
    def name(self) -> str:
        """What the tables call it."""
        ...

    @property
    def pages(self) -> bool:
        """Whether it wakes somebody; otherwise it is a ticket."""
        ...

    def speaks(self, series: Series) -> Speaks:
        """Whether it speaks at the end of each minute: replay, minute."""
        ...


def windowed(counts: Counts, minutes: int) -> Counts:
    """Of each minute, the sum of the last so many, itself included; the minutes are the last axis."""
    total = np.cumsum(counts, axis=-1, dtype=np.int32)
    summed = total.copy()
    summed[..., minutes:] -= total[..., :-minutes]
    return summed


@dataclass(frozen=True, kw_only=True, slots=True)
class Burn:
    """More than a factor times the budget's share fails, over a long window and over a short one."""

    name: str
    pages: bool
    factor: float
    long_minutes: int
    short_minutes: int

    def speaks(self, series: Series) -> Speaks:
        """See Rule."""
        failed = series.failed.sum(axis=1)
        share = self.factor * (1 - series.probes.target / 100)
        long, short = (
            # A burn rate has to be exceeded: what equals it but for rounding does not.
            windowed(failed, minutes) > share * series.probes.within(minutes) + 1e-9
            for minutes in (self.long_minutes, self.short_minutes)
        )
        return long & short

    def detection_minutes(self, error: float, target: float) -> float:
        """The workbook's closed form, for errors that come evenly: infinite where the factor is not exceeded.

        Args:
            error: the part that fails, 0 to 1.
            target: percent.
        """
        share = self.factor * (1 - target / 100)
        return share / error * self.long_minutes if error > share else float("inf")


@dataclass(frozen=True, kw_only=True, slots=True)
class Threshold:
    """More than so many percent of the probes, or of the requests, of one window fail."""

    name: str
    pages: bool = True
    percent: float
    minutes: int
    of_requests: bool
    assumed: int = 0
    """So many requests a window are counted beside those that there are, all good."""

    def speaks(self, series: Series) -> Speaks:
        """See Rule."""
        if self.of_requests:
            counts, every = series.errors, series.requests * self.minutes + self.assumed
        else:
            counts, every = series.failed.sum(axis=1), series.probes.within(self.minutes)
        return windowed(counts, self.minutes) * 100 > self.percent * every


@dataclass(frozen=True, kw_only=True, slots=True)
class Locations:
    """The health check's own alert: so many locations failed their last probe, for at least so many minutes."""

    name: str
    pages: bool = True
    locations: int
    minutes: int

    def speaks(self, series: Series) -> Speaks:
        """See Rule."""
        # Any window as long as the interval holds one probe of each location: the last.
        failing = (windowed(series.failed, series.probes.step) > 0).sum(axis=1) >= min(
            self.locations, series.probes.locations
        )
        return windowed(failing.astype(np.uint8), self.minutes + 1) > self.minutes


def _said(minutes: int) -> str:
    return f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"


BURNS = tuple(
    Burn(
        name=f"{rate.factor:g} over {rate.long_hours} h and {_said(rate.short_minutes)}",
        pages=rate.pages,
        factor=rate.factor,
        long_minutes=rate.long_hours * 60,
        short_minutes=rate.short_minutes,
    )
    for rate in BURN_RATES
)
"""The declared burn rates."""

HEALTH = Locations(name="2 locations for 1 min", locations=2, minutes=1)
"""The health check's `min_location_failed` and `min_failure_duration`."""


def _error_rate() -> Threshold:
    asked = next(
        monitor
        for monitor in traffic_monitors(
            service="app", environment="production", domain="app.example", latency_milliseconds=1500, probe_seconds=60
        )
        if monitor.key == "error-rate"
    )
    found = re.search(r'\(requests \+ (\d+)\)"\)\.last\("(\d+)m"\) > (\d+)$', asked.query)
    if found is None:
        raise ValueError(f"this is not a share of requests within a window: {asked.query}")
    assumed, minutes, percent = map(int, found.groups())
    return Threshold(
        name=f"{percent} % of requests in {minutes} min",
        percent=percent,
        minutes=minutes,
        of_requests=True,
        assumed=assumed,
    )


ERROR_RATE = _error_rate()

WORKBOOK = (
    Burn(name="14.4 over 1 h and 5 min", pages=True, factor=14.4, long_minutes=60, short_minutes=5),
    Burn(name="6 over 6 h and 30 min", pages=True, factor=6, long_minutes=360, short_minutes=30),
    Burn(name="1 over 3 d and 6 h", pages=False, factor=1, long_minutes=4320, short_minutes=360),
)
"""https://sre.google/workbook/alerting-on-slos/, "Recommended parameters for an SLO-based alerting configuration"."""

NAIVE_REQUESTS = Threshold(name="5 % of requests in 5 min", percent=5, minutes=5, of_requests=True)
NAIVE_PROBES = Threshold(name="5 % of probes in 5 min", percent=5, minutes=5, of_requests=False)

RULES: dict[str, tuple[Rule, ...]] = {
    "declared": (*BURNS, HEALTH, ERROR_RATE),
    "workbook": WORKBOOK,
    "naive, of requests": (NAIVE_REQUESTS,),
    "naive, of probes": (NAIVE_PROBES,),
}
"""What is compared."""
