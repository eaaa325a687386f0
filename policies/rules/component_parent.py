"""component-parent."""

from collections.abc import Iterator

from policies.model import Stack
from policies.rule import Finding, Rule, Severity


def _orphans(stack: Stack) -> Iterator[Finding]:
    components = {resource.name for resource in stack.resources if resource.is_component}
    for resource in stack.resources:
        if resource.is_component:
            if resource.parent:
                yield resource, f"a component's parent is the stack, not {resource.parent}"
        elif resource.parent not in components:
            yield resource, "it has no component as parent"


RULE = Rule(
    id="component-parent",
    severity=Severity.MANDATORY,
    what="Every resource has its component as parent.",
    why="A resource without one is outside of what its component promises, and moves in no plan with it.",
    fix="Create it in a component, with `opts=pulumi.ResourceOptions(parent=self)`.",
    stack=_orphans,
)
