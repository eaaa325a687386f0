"""The example's stacks meet every rule, and each way of breaking the program is found by the rule that is for it."""

from collections import Counter

import pytest

from components.datadog_monitoring import synthetic_cost
from policies.limits import DOLLARS_PER_SYNTHETIC_RUN, MOST_RESOURCES, MOST_SYNTHETIC_DOLLARS
from policies.model import Resource, Secret, Stack
from policies.rule import Rule, check
from policies.rules import RULES
from policies.rules.synthetic_budget import dollars
from tests.components.recording import SECRET_CONFIG
from tests.example import STACK_FILES
from tests.policies.mutations import MUTATIONS, Mutation
from tests.policies.stacks import recorded

STACKS = tuple(STACK_FILES)


@pytest.mark.parametrize("stack", STACKS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_stack_as_it_is_meets_the_rule(rule: Rule, stack: str) -> None:
    assert check(recorded(stack), [rule]) == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_what_breaks_the_program_is_caught_by_its_rule_and_no_other(mutation: Mutation) -> None:
    found = check(mutation.change(recorded(mutation.stack)), RULES)
    assert {violation.rule for violation in found} == {mutation.rule}
    messages = " ".join(violation.message for violation in found)
    assert [value for value in SECRET_CONFIG.values() if value in messages] == [], "a message shows a secret"


def test_every_rule_has_mutations() -> None:
    assert Counter(mutation.rule for mutation in MUTATIONS).keys() == {rule.id for rule in RULES}


def test_no_two_rules_or_mutations_are_called_alike() -> None:
    for names in ([rule.id for rule in RULES], [str(mutation) for mutation in MUTATIONS]):
        assert [name for name, times in Counter(names).items() if times > 1] == []


def test_a_rule_looks_at_a_resource_a_stack_or_both() -> None:
    assert [rule.id for rule in RULES if rule.resource is None and rule.stack is None] == []
    assert [rule.id for rule in RULES if rule.kinds and rule.resource is None] == []


def test_a_secret_is_not_printed() -> None:
    resource = Resource(type="a:b:C", name="c", inputs={"value": Secret("the value")})
    assert "the value" not in repr(resource)


@pytest.mark.parametrize("stack", STACKS)
def test_a_limit_leaves_room_and_is_not_out_of_sight(stack: str) -> None:
    known = recorded(stack)
    assert len(known.resources) <= MOST_RESOURCES < 2 * len(known.resources)
    if stack == "production":
        assert MOST_SYNTHETIC_DOLLARS / 2 < dollars(known) <= MOST_SYNTHETIC_DOLLARS


@pytest.mark.parametrize("stack", STACKS)
def test_the_cost_is_the_one_that_the_stack_says(stack: str) -> None:
    known = recorded(stack)
    assert round(dollars(known), 2) == known.outputs["syntheticCost"]["usd"]
    assert synthetic_cost.DOLLARS_PER_RUN == DOLLARS_PER_SYNTHETIC_RUN


def test_a_paused_test_costs_nothing() -> None:
    test = Resource(
        type="datadog:index/syntheticsTest:SyntheticsTest",
        name="t",
        inputs={"status": "paused", "locations": ["a"], "optionsList": {"tickEvery": 60}},
    )
    assert dollars(Stack(context=recorded("staging").context, resources=(test,))) == 0
