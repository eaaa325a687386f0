"""monitor-runbook."""

from collections.abc import Iterator

from policies.model import Context, Resource
from policies.rule import Rule, Severity
from policies.rules.messages import ALERTS, runbook_asset, section


def _unexplained(alert: Resource, _: Context) -> Iterator[str]:
    named = section(alert)
    if not named:
        yield "its message leads to no section of the runbook"
    # Datadog's provider takes no asset for the monitor of a synthetic test.
    if alert.kind != "Monitor":
        return
    attached = runbook_asset(alert)
    if not attached:
        yield "no runbook is attached to it"
    elif named and not attached.endswith(f"#{named}"):
        yield "the runbook that is attached to it is another section than its message's"


RULE = Rule(
    id="monitor-runbook",
    severity=Severity.MANDATORY,
    what="Every monitor leads to its section of the runbook, in its message and as an asset.",
    why="Whoever is woken has to know what to type next.",
    fix="Give the monitor a section in docs/runbook.md of the same name.",
    kinds=ALERTS,
    resource=_unexplained,
)
