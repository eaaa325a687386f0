"""Service levels as arithmetic: which burn rates alert, what error rate each means, and what a target asks of the probes.

The windows and the parts of the budget are those of Google's SRE workbook
(https://sre.google/workbook/alerting-on-slos/, "Multiwindow, Multi-Burn-Rate Alerts"), with its last row, 10 % of the
budget in three days, taken at one and two days: Datadog's long window ends at 48 hours.
"""

from collections.abc import Iterator
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
        return self.factor * (1 - target / 100)

    def failures(self, target: float, *, checks_per_hour: float) -> int:
        """How many checks have to fail within its long window before it speaks."""
        return int(self.error_rate(target) * checks_per_hour * self.long_hours + 1e-9) + 1


BURN_RATES = (
    BurnRate(long_hours=1, budget=0.02, pages=True),
    BurnRate(long_hours=6, budget=0.05, pages=True),
    BurnRate(long_hours=24, budget=0.10, pages=False),
    BurnRate(long_hours=48, budget=0.10, pages=False),
)


def highest_factor(target: float) -> float:
    """Datadog's bound of a burn rate: every check fails. `target` is in percent."""
    return 1 / (1 - target / 100)


def lowest_target() -> float:
    """The target in percent, exclusive, from which on every one of the burn rates can be reached."""
    return 100 * (1 - 1 / max(rate.factor for rate in BURN_RATES))


def refusals(target: float, *, locations: int, seconds: int) -> Iterator[str]:
    """Why an availability target does not go with its probes; nothing where it does.

    Args:
        target: percent of the probes that are to succeed.
        locations: how many places probe.
        seconds: between two probes of one place.
    """
    fastest = max(BURN_RATES, key=lambda rate: rate.factor)
    if fastest.factor >= highest_factor(target):
        yield (
            f"a burn rate of {fastest.factor:g} cannot be reached: it is at most 1/(1-target) = "
            f"{highest_factor(target):.4g}; take a target above {lowest_target():.4g}"
        )
        return
    for rate in BURN_RATES:
        failing = rate.failures(target, checks_per_hour=locations * 3600 / seconds)
        if rate.pages and failing < FEWEST_PROBES:
            yield (
                f"{failing} failed probe{'s' if failing > 1 else ''} of {locations} location{'s' if locations > 1 else ''} "
                f"every {seconds} s would page for {rate.key}; at least {FEWEST_PROBES} should: probe more often, from "
                "more locations, or lower the target"
            )
            return
