"""Service levels as arithmetic: which burn rates alert, what each means, and what a target asks of its probes.

The windows and the parts of the budget are those of Google's SRE workbook
(https://sre.google/workbook/alerting-on-slos/, "Multiwindow, Multi-Burn-Rate Alerts"), with its last row, 10 % of the
budget in three days, taken at one and two days: Datadog's long window ends at 48 hours.
"""

import math
from dataclasses import dataclass

PERIOD_DAYS = 30
"""What a target and its error budget are about; Datadog knows 7, 30 and 90."""

SHORT_WINDOWS_PER_LONG = 12
"""A short window ends an alert soon after the errors do; the workbook's is a twelfth of the long one."""

FEWEST_PROBES = 3
"""So many probes have to fail before an alert pages: one or two failures are the prober's own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BurnRate:
    """One alert: that much of the budget gone within the long window, and still going within the short one."""

    long_hours: int
    budget: float
    """The part of the whole period's error budget that is gone when the alert speaks, 0 to 1."""
    pages: bool
    """Whether somebody is woken; otherwise it waits for the morning."""

    @property
    def key(self) -> str:
        """Its name among an objective's alerts: `1h`."""
        return f"{self.long_hours}h"

    @property
    def short_minutes(self) -> int:
        """The short window."""
        return self.long_hours * 60 // SHORT_WINDOWS_PER_LONG

    @property
    def factor(self) -> float:
        """How many times faster than the target allows the budget burns."""
        return round(self.budget * PERIOD_DAYS * 24 / self.long_hours, 4)

    def error_rate(self, target: float) -> float:
        """From which part of failing probes or requests on it speaks, 0 to 1; `target` is in percent."""
        return round(self.factor * (1 - target / 100), 9)

    def failures(self, target: float, *, checks_per_hour: float) -> int:
        """How many checks have to fail within its long window before it speaks."""
        return int(self.error_rate(target) * checks_per_hour * self.long_hours + 1e-9) + 1


BURN_RATES = (
    BurnRate(long_hours=1, budget=0.02, pages=True),
    BurnRate(long_hours=6, budget=0.05, pages=True),
    BurnRate(long_hours=24, budget=0.10, pages=False),
    BurnRate(long_hours=48, budget=0.10, pages=False),
)


def unreachable(target: float) -> str:
    """Why a target is too low for its alerts; empty where it is not.

    Datadog takes a burn rate of at most 1/(1-target): that is where everything fails.

    Args:
        target: percent.
    """
    fastest = max(rate.factor for rate in BURN_RATES)
    highest = 1 / (1 - target / 100)
    if fastest < highest:
        return ""
    return (
        f"a burn rate of {fastest:g} is out of reach, for everything failing is one of {highest:.4g}; "
        f"take a target above {100 * (1 - 1 / fastest):.4g}"
    )


def highest_target(*, locations: int, seconds: int) -> float:
    """The highest target in percent, of two decimals, for which FEWEST_PROBES have to fail before an alert pages.

    Args:
        locations: how many places probe.
        seconds: between two probes of one place.
    """
    probes = locations * 3600 / seconds
    tolerated = max((FEWEST_PROBES - 1) / (rate.factor * rate.long_hours * probes) for rate in BURN_RATES if rate.pages)
    return math.floor(10_000 * (1 - tolerated)) / 100


def too_few_probes(target: float, *, locations: int, seconds: int) -> str:
    """Why a target does not go with its probes; empty where it does.

    So few failures would page, or the short window would now and then hold no probe, and its alert begin and end again
    and again in one outage.

    Args:
        target: percent of the probes that are to succeed.
        locations: how many places probe.
        seconds: between two probes of one place.
    """
    shortest = min(rate.short_minutes for rate in BURN_RATES)
    if seconds > shortest * 60:
        return f"the shortest window, {shortest} minutes, would often be without a probe: probe at least that often"
    highest = highest_target(locations=locations, seconds=seconds)
    if target <= highest:
        return ""
    probes = locations * 3600 / seconds
    failing = min(rate.failures(target, checks_per_hour=probes) for rate in BURN_RATES if rate.pages)
    return (
        f"{failing} failed of {probes:g} probes an hour would page, and at least {FEWEST_PROBES} should; take a target "
        f"of at most {highest:g}, or probe from more locations or more often"
    )
