"""resource-budget."""

from collections.abc import Iterator

from policies.limits import MOST_RESOURCES
from policies.model import Stack
from policies.rule import Finding, Rule, Severity


def _too_many(stack: Stack) -> Iterator[Finding]:
    if len(stack.resources) > MOST_RESOURCES:
        yield None, f"it has {len(stack.resources)} resources, more than {MOST_RESOURCES}"


RULE = Rule(
    id="resource-budget",
    severity=Severity.ADVISORY,
    what="A stack has no more resources than policies/limits.py allows.",
    why="Each takes calls to its service in every preview and refresh, and Pulumi Cloud bills by resource.",
    fix="Remove what is not needed, or raise `MOST_RESOURCES` in the same change.",
    stack=_too_many,
)
