"""A rule, what it finds, and how a set of rules is run."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from policies.model import Context, Resource, Stack

Finding = tuple[Resource | None, str]
"""The resource that is wrong, None for the stack as a whole, and what is wrong with it."""


class Severity(StrEnum):
    """What a violation leads to."""

    MANDATORY = "mandatory"
    """Nothing is changed."""
    ADVISORY = "advisory"
    """It is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """One rule. It has `resource`, which is asked before that resource is touched, or `stack`, or both."""

    id: str
    severity: Severity
    what: str
    """What must be so, as a sentence."""
    why: str
    fix: str
    """What to change where it is not so."""
    kinds: frozenset[str] = frozenset()
    """The classes of resources that `resource` is asked about; all where empty."""
    resource: Callable[[Resource, Context], Iterable[str]] | None = None
    """What is wrong with a resource."""
    stack: Callable[[Stack], Iterable[Finding]] | None = None
    """What is wrong with a stack, where one resource does not tell."""


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Violation:
    """A rule that is not met."""

    rule: str
    resource: str
    """The resource's name; empty for the stack as a whole."""
    message: str
    """What is wrong. It never shows a secret."""


def check(stack: Stack, rules: Iterable[Rule]) -> list[Violation]:
    """Every violation of some rules, in the order of the rules."""
    return [
        violation
        for rule in rules
        for found in (_each_resource(stack, rule), check_stack(stack, rule))
        for violation in found
    ]


def check_resource(resource: Resource, context: Context, rule: Rule) -> Iterator[Violation]:
    """What one rule finds wrong with one resource by itself."""
    if rule.resource is not None and (not rule.kinds or resource.kind in rule.kinds):
        for message in rule.resource(resource, context):
            yield Violation(rule=rule.id, resource=resource.name, message=message)


def check_stack(stack: Stack, rule: Rule) -> Iterator[Violation]:
    """What one rule finds wrong with a stack as a whole."""
    if rule.stack is not None:
        for resource, message in rule.stack(stack):
            yield Violation(rule=rule.id, resource=resource.name if resource else "", message=message)


def _each_resource(stack: Stack, rule: Rule) -> Iterator[Violation]:
    for resource in stack.resources:
        yield from check_resource(resource, stack.context, rule)
