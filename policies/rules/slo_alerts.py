"""slo-alerts."""

from collections.abc import Iterator
from typing import Any

from components.service_levels import BURN_RATES, PERIOD_DAYS, BurnRate, unreachable
from policies.model import Resource, Stack, at, differs, is_unknown, sequence
from policies.rule import Finding, Rule, Severity
from policies.rules.messages import is_known, section

_ALERT = "slo alert"
_EVERYTHING = 100
"""Percent."""
_OBJECTIVE = "objective-"
"""What comes before an objective's key in the name of its resource; its alerts lead to the section of that key."""


def _incomplete(stack: Stack) -> Iterator[Finding]:
    objectives = {each.name.rpartition(_OBJECTIVE)[2]: each for each in stack.of("ServiceLevelObjective")}
    if stack.context.production and not objectives:
        yield None, "production has no objective"
    alerts = [monitor for monitor in stack.of("Monitor") if monitor.inputs.get("type") == _ALERT]
    unsure = any(_may_be_any_alert(monitor) for monitor in stack.of("Monitor"))
    for key, objective in objectives.items():
        for problem in _unlike_its_alerts(objective):
            yield objective, problem
        own = [alert for alert in alerts if section(alert) == key]
        for rate in BURN_RATES:
            if not unsure and not any(_factor(alert) == rate.factor for alert in own):
                yield objective, f"no alert speaks when its budget burns {rate.factor:g} times too fast"
    for alert in alerts:
        if is_known(alert) and section(alert) not in objectives:
            yield alert, "it is about no objective of the stack"
        # Unknown until the objective exists.
        query = alert.text("query")
        if query and not is_unknown(_critical(alert)):
            rates = [rate for rate in BURN_RATES if rate.factor == _factor(alert)]
            if not any(_asks(query, rate) for rate in rates):
                yield alert, f"its windows are not those of its burn rate over {PERIOD_DAYS} days"


def _unlike_its_alerts(objective: Resource) -> Iterator[str]:
    """Why the burn rates, which follow from the period and the target, are not about this objective."""
    period, said = f"{PERIOD_DAYS}d", objective.inputs.get("thresholds")
    if not is_unknown(said) and not sequence(said):
        yield "it has no target"
    known = [each for each in sequence(said) if not is_unknown(each)]
    times = [objective.inputs.get("timeframe", period), *(at(each, "timeframe") for each in known)]
    if any(differs(time, period) for time in times):
        yield f"it is about another time than the {PERIOD_DAYS} days of its alerts"
    said_targets = [objective.inputs.get("targetThreshold"), *(at(each, "target") for each in known)]
    for target in sorted({target for target in said_targets if isinstance(target, (int, float))}):
        if problem := unreachable(target) if target < _EVERYTHING else "nothing may ever fail":
            yield f"with its target of {target:g} %, {problem}"


def _may_be_any_alert(monitor: Resource) -> bool:
    """Whether it may be the alert that an objective seems to lack."""
    kind = monitor.inputs.get("type")
    return is_unknown(kind) or (kind == _ALERT and (not is_known(monitor) or is_unknown(_critical(monitor))))


def _critical(alert: Resource) -> Any:
    return at(alert.inputs, "monitorThresholds", "critical")


def _factor(alert: Resource) -> float:
    critical = _critical(alert)
    try:
        return float(critical)
    except (TypeError, ValueError):
        return 0


def _asks(query: str, rate: BurnRate) -> bool:
    windows = f'.over("{PERIOD_DAYS}d").long_window("{rate.long_hours}h").short_window("{rate.short_minutes}m")'
    return query.startswith("burn_rate(") and query.endswith(f"{windows} > {rate.factor:g}")


RULE = Rule(
    id="slo-alerts",
    severity=Severity.MANDATORY,
    what="Every objective has an alert for each burn rate, with that rate's windows and period, and a target in their "
    "reach; production has an objective.",
    why="With one of them missing, a fast or a slow leak empties the error budget and nobody hears of it.",
    fix="Let `burn_rate_monitors` make them all, from components/service_levels.py.",
    stack=_incomplete,
)
