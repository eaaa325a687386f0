"""Monitors of the error budgets: one for each burn rate of each objective (components/service_levels.py)."""

from collections.abc import Iterator

from components.datadog_monitoring.definition import MonitorDefinition
from components.service_levels import BURN_RATES, PERIOD_DAYS, BurnRate

_PAGES = (1, 2)
_WAITS = 4


def burn_rate_monitors(
    objective: str, *, target: float, counted: str, silence_told_by: str
) -> Iterator[MonitorDefinition]:
    """The alerts of one objective, the fastest first.

    Args:
        objective: its key: `availability`, `latency`.
        target: percent.
        counted: what fails: `probes fail`.
        silence_told_by: the monitor that speaks when nothing is counted.
    """
    paging = [rate for rate in BURN_RATES if rate.pages]
    for rate in BURN_RATES:
        yield MonitorDefinition(
            key=f"{objective}-{rate.key}",
            title=f"{objective} burns its error budget {rate.factor:g} times too fast",
            meaning=_meaning(rate, objective, target, counted),
            type="slo alert",
            query=(
                f'burn_rate("$slo_id").over("{PERIOD_DAYS}d").long_window("{rate.long_hours}h")'
                f'.short_window("{rate.short_minutes}m") > {rate.factor:g}'
            ),
            critical=rate.factor,
            severity=_PAGES[paging.index(rate)] if rate.pages else _WAITS,
            on_missing_data=None,
            objective=objective,
            silence_told_by=silence_told_by,
        )


def _meaning(rate: BurnRate, objective: str, target: float, counted: str) -> str:
    return (
        f"Over {rate.long_hours} h, and still over the last {rate.short_minutes} minutes, more than "
        f"{100 * rate.error_rate(target):.3g} % of the {counted}. {rate.budget:.0%} of the {PERIOD_DAYS} days' budget "
        f"for {objective} ({target:g} %) is gone."
    )
