"""monitor-recipient."""

from collections.abc import Iterator

from policies.model import Resource, Stack, is_unknown
from policies.rule import Finding, Rule, Severity
from policies.rules.messages import ALERTS, is_known, recipients, said_in, section


def _unheard(stack: Stack) -> Iterator[Finding]:
    alerts = [resource for resource in stack.resources if resource.kind in ALERTS]
    # What a composite asks is unknown before its members exist; that it speaks for them, its section says.
    told = {section(each) for each in alerts if each.inputs.get("type") == "composite" and _tells(each)}
    unsure = any(_may_be_a_composite(each) for each in alerts)
    for alert in alerts:
        is_part = alert.inputs.get("type") != "composite" and (unsure or section(alert) in told)
        if is_known(alert) and not _tells(alert) and not is_part:
            yield alert, "nobody is told when it alerts"
        if alert.inputs.get("draftStatus") == "draft":
            yield alert, "it is a draft, and Datadog sends no notifications for one"
        if alert.inputs.get("status") == "paused":
            yield alert, "it is paused, so it never alerts"


def _may_be_a_composite(alert: Resource) -> bool:
    """Whether it may speak for others, and nobody knows yet whether, or for which."""
    kind = alert.inputs.get("type")
    return (is_unknown(kind) and alert.kind == "Monitor") or (kind == "composite" and not is_known(alert))


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
