"""monitor-recipient."""

from collections.abc import Iterator

from policies.model import Resource, Stack
from policies.rule import Finding, Rule, Severity
from policies.rules.messages import ALERTS, recipients, said_in, section


def _unheard(stack: Stack) -> Iterator[Finding]:
    alerts = [resource for resource in stack.resources if resource.kind in ALERTS]
    # What a composite asks is unknown before its members exist; that it speaks for them, its section says.
    told = {section(each) for each in alerts if each.inputs.get("type") == "composite" and _tells(each)}
    for alert in alerts:
        if not _tells(alert) and (alert.inputs.get("type") == "composite" or section(alert) not in told):
            yield alert, "nobody is told when it alerts"


def _tells(alert: Resource) -> bool:
    return bool(recipients(said_in(alert, "is_alert")))


RULE = Rule(
    id="monitor-recipient",
    severity=Severity.MANDATORY,
    what="Every monitor tells somebody when it alerts, or is a part of a composite that does.",
    why="An alert that nobody receives is found by users first.",
    fix="Let components/datadog_monitoring/message.py write the message; set `datadogNotify`.",
    stack=_unheard,
)
