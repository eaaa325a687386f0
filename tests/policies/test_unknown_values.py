"""What only the provider will know breaks no rule, wherever it stands, and at no input, however odd, does one raise."""

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from policies.model import Resource, Secret, Stack, Unknown
from policies.plan import read_plan
from policies.rule import Violation, check, check_resource, check_stack
from policies.rules import RULES
from tests.example import EXAMPLE
from tests.policies.engine_words import events
from tests.policies.mutations import CHECKS, WORKFLOW
from tests.policies.stacks import recorded

Path = tuple[str | int, ...]

_FILES = frozenset({CHECKS, WORKFLOW, "workflows-.github/deploy/deploy/__init__.py"})
"""Of the delivered files, one of each sort: the others are read in the same way."""
_ALL = recorded("production")
PRODUCTION = dataclasses.replace(
    _ALL, resources=tuple(each for each in _ALL.resources if each.kind != "RepositoryFile" or each.name in _FILES)
)
MORE = (
    Resource(
        type="vercel:index/projectEnvironmentVariables:ProjectEnvironmentVariables",
        name="app-variables",
        parent="app",
        inputs={"variables": [{"key": "MODEL", "value": Secret("a-large-model"), "sensitive": True}]},
    ),
    Resource(
        type="vercel:index/sharedEnvironmentVariable:SharedEnvironmentVariable",
        name="app-shared-MODEL",
        parent="app",
        inputs={"key": "MODEL", "value": Secret("a-large-model"), "sensitive": True},
    ),
)
STACK = dataclasses.replace(PRODUCTION, resources=(*PRODUCTION.resources, *MORE))
_IN_ORDER = sorted(STACK.resources, key=lambda each: each.name)
NAMES = [each.name for each in _IN_ORDER if each.inputs]
ONE_OF_EACH = sorted({(each.kind, each.text("type")): each.name for each in _IN_ORDER if each.inputs}.values())
"""By what the rules tell apart."""
ODD: tuple[Any, ...] = (None, 7, "text", [None], {"key": None}, Secret())


def paths(value: Any, below: Path = ()) -> Iterator[Path]:
    """Where every value is, within mappings and lists."""
    if below:
        yield below
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from paths(entry, (*below, key))
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from paths(entry, (*below, index))


def with_value(held: Any, path: Path, value: Any) -> Any:
    """A copy in which another value stands there."""
    if not path:
        return value
    if isinstance(held, list):
        return [with_value(each, path[1:], value) if index == path[0] else each for index, each in enumerate(held)]
    return {key: with_value(each, path[1:], value) if key == path[0] else each for key, each in held.items()}


def changed(name: str, path: Path, value: Any) -> Stack:
    """The stack with another value among one resource's inputs."""
    return dataclasses.replace(
        STACK,
        resources=tuple(
            dataclasses.replace(each, inputs=with_value(dict(each.inputs), path, value)) if each.name == name else each
            for each in STACK.resources
        ),
    )


def of_name(name: str) -> Resource:
    return next(each for each in STACK.resources if each.name == name)


def found(name: str, path: Path, value: Any) -> list[Violation]:
    """What is wrong then with that resource by itself, and with the stack as a whole."""
    stack = changed(name, path, value)
    resource = next(each for each in stack.resources if each.name == name)
    return [
        violation
        for rule in RULES
        for said in (check_resource(resource, stack.context, rule), check_stack(stack, rule))
        for violation in said
    ]


def test_what_is_changed_here_meets_the_rules_as_it_is() -> None:
    assert check(STACK, RULES) == []
    assert len(NAMES) > 40


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_input_is_no_violation(name: str) -> None:
    for path in paths(dict(of_name(name).inputs)):
        assert found(name, path, Unknown()) == [], path


def test_a_stack_of_which_nothing_is_known_is_no_violation() -> None:
    blank = dataclasses.replace(
        STACK,
        resources=tuple(
            dataclasses.replace(each, inputs=dict.fromkeys(each.inputs, Unknown())) for each in STACK.resources
        ),
    )
    assert check(blank, RULES) == []
    assert check(read_plan("production", EXAMPLE, events(blank)), RULES) == []


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_no_rule_raises_at_an_odd_input(name: str) -> None:
    for path in paths(dict(of_name(name).inputs)):
        for odd in ODD:
            assert all(violation.message for violation in found(name, path, odd))


def test_what_is_unknown_hides_nothing_that_is_known() -> None:
    weak = changed("branch-ruleset", ("rules", "deletion"), False)
    unsure = dataclasses.replace(
        weak, resources=tuple(each if each.name == "branch-ruleset" else _unknown(each) for each in weak.resources)
    )
    assert [(each.rule, each.message) for each in check(unsure, RULES)] == [
        ("branch-protected", "the branch can be deleted")
    ]


def _unknown(resource: Resource) -> Resource:
    return dataclasses.replace(resource, inputs=dict.fromkeys(resource.inputs, Unknown()))
