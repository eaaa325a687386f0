"""monitor-runbook."""

import functools
import re
from collections.abc import Iterator
from pathlib import Path

from policies.model import Context, Resource
from policies.rule import Rule, Severity
from policies.rules.messages import ALERTS, is_known, runbook_asset, section

_RUNBOOK = Path(__file__).resolve().parents[2] / "docs/runbook.md"


def _unexplained(alert: Resource, _: Context) -> Iterator[str]:
    named = section(alert)
    if not named and is_known(alert):
        yield "its message leads to no section of the runbook"
    if named and named not in _sections():
        yield f"docs/runbook.md has no section {named}"
    # Datadog's provider takes no asset for the monitor of a synthetic test.
    if alert.kind != "Monitor":
        return
    attached = runbook_asset(alert)
    if attached is None:
        return
    if not attached:
        yield "no runbook is attached to it"
    elif named and not attached.endswith(f"#{named}"):
        yield "the runbook that is attached to it is another section than its message's"


@functools.cache
def _sections() -> frozenset[str]:
    """What an address can lead to: the headings as GitHub links them."""
    headings = re.findall(r"^#+ +(.+?) *$", _RUNBOOK.read_text(), re.MULTILINE)
    return frozenset(re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings)


RULE = Rule(
    id="monitor-runbook",
    severity=Severity.MANDATORY,
    what="Every monitor leads to its section of docs/runbook.md, in its message and as an asset.",
    why="Whoever is woken has to know what to type next.",
    fix="Give the monitor a section in docs/runbook.md of the same name.",
    kinds=ALERTS,
    resource=_unexplained,
)
