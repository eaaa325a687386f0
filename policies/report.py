"""Violations for a person to read."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from policies.model import Stack
from policies.rule import Severity, Violation
from policies.rules import RULES

_STYLES = {Severity.MANDATORY: "red", Severity.ADVISORY: "yellow"}
_BY_ID = {rule.id: rule for rule in RULES}


def show(console: Console, stack: Stack, violations: Sequence[Violation]) -> None:
    """A line for each violation, then how to mend each rule that is not met, once."""
    name = stack.context.names.environment
    if not violations:
        console.print(f"{name}: {len(stack.resources)} resources meet all {len(RULES)} rules.")
        return
    table = Table("Rule", "Severity", "Resource", "What is wrong", title=f"{name}: {len(violations)} violations")
    for each in violations:
        severity = _BY_ID[each.rule].severity
        # As text: a resource's name may look like rich's own markup.
        cells = (each.rule, Text(severity, style=_STYLES[severity]), Text(each.resource or name), Text(each.message))
        table.add_row(*cells)
    console.print(table)
    for rule in dict.fromkeys(each.rule for each in violations):
        console.print(Text(f"{rule}: {_BY_ID[rule].why}\n  Fix: {_BY_ID[rule].fix}"), soft_wrap=True)


def mandatory(violations: Sequence[Violation]) -> list[Violation]:
    """Those after which nothing may be changed."""
    return [each for each in violations if _BY_ID[each.rule].severity is Severity.MANDATORY]
