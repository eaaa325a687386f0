"""slo-alerts."""

from collections.abc import Iterator

from components.service_levels import BURN_RATES, PERIOD_DAYS, BurnRate
from policies.model import Resource, Stack, mapping
from policies.rule import Finding, Rule, Severity
from policies.rules.messages import section

_ALERT = "slo alert"
_OBJECTIVE = "objective-"
"""What comes before an objective's key in the name of its resource; its alerts lead to the section of that key."""


def _incomplete(stack: Stack) -> Iterator[Finding]:
    objectives = {each.name.rpartition(_OBJECTIVE)[2]: each for each in stack.of("ServiceLevelObjective")}
    if stack.context.production and not objectives:
        yield None, "production has no objective"
    alerts = [monitor for monitor in stack.of("Monitor") if monitor.inputs.get("type") == _ALERT]
    for key, objective in objectives.items():
        own = [alert for alert in alerts if section(alert) == key]
        for rate in BURN_RATES:
            if not any(_factor(alert) == rate.factor for alert in own):
                yield objective, f"no alert speaks when its budget burns {rate.factor:g} times too fast"
    for alert in alerts:
        if section(alert) not in objectives:
            yield alert, "it is about no objective of the stack"
        # Unknown until the objective exists.
        if query := alert.text("query"):
            rates = [rate for rate in BURN_RATES if rate.factor == _factor(alert)]
            if not any(_asks(query, rate) for rate in rates):
                yield alert, f"its windows are not those of its burn rate over {PERIOD_DAYS} days"


def _factor(alert: Resource) -> float:
    critical = mapping(alert.inputs.get("monitorThresholds")).get("critical")
    return float(critical) if isinstance(critical, (str, int, float)) else 0


def _asks(query: str, rate: BurnRate) -> bool:
    windows = f'.over("{PERIOD_DAYS}d").long_window("{rate.long_hours}h").short_window("{rate.short_minutes}m")'
    return query.startswith("burn_rate(") and query.endswith(f"{windows} > {rate.factor:g}")


RULE = Rule(
    id="slo-alerts",
    severity=Severity.MANDATORY,
    what="Every objective has an alert for each burn rate, with that rate's windows; production has an objective.",
    why="With one of them missing, a fast or a slow leak empties the error budget and nobody hears of it.",
    fix="Let `burn_rate_monitors` make them all, from components/service_levels.py.",
    stack=_incomplete,
)
