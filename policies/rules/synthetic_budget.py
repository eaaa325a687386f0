"""synthetic-budget."""

from collections.abc import Iterator
from typing import Any

from policies.limits import DOLLARS_PER_SYNTHETIC_RUN, MOST_SYNTHETIC_DOLLARS
from policies.model import Resource, Stack, at, differs, is_unknown, sequence
from policies.rule import Finding, Rule, Severity

_SECONDS = 30 * 24 * 3600


def dollars(stack: Stack) -> float:
    """What the synthetic tests of a stack cost in 30 days, in USD, without retries."""
    return sum(_runs(test) for test in stack.of("SyntheticsTest")) * DOLLARS_PER_SYNTHETIC_RUN


def _runs(test: Resource) -> float:
    every = _seconds(test)
    if test.inputs.get("status") == "paused" or not isinstance(every, (int, float)) or every <= 0:
        return 0
    return len(sequence(test.inputs.get("locations"))) * _SECONDS / every


def _seconds(test: Resource) -> Any:
    return at(test.inputs, "optionsList", "tickEvery")


def _too_expensive(stack: Stack) -> Iterator[Finding]:
    cost = dollars(stack)
    if cost > MOST_SYNTHETIC_DOLLARS:
        yield None, f"its synthetic tests cost {cost:.2f} USD in 30 days, more than {MOST_SYNTHETIC_DOLLARS:.2f}"
    for test in stack.of("SyntheticsTest"):
        if differs(test.inputs.get("type"), "api"):
            yield test, "only API tests are in the budget: a browser test costs more than twenty times as much"
        if test.inputs.get("subtype") == "multi":
            yield test, "each of its steps is billed as a test of its own"
        every = _seconds(test)
        if not is_unknown(every) and not (isinstance(every, (int, float)) and every > 0):
            yield test, "it does not say how often it runs, so nobody knows what it costs"


RULE = Rule(
    id="synthetic-budget",
    severity=Severity.MANDATORY,
    what="The synthetic tests of a stack are API tests of one step that cost no more than policies/limits.py allows.",
    why="Datadog bills each run from each location: an interval in the wrong unit costs sixty times as much.",
    fix="Test less often or from fewer places, or raise `MOST_SYNTHETIC_DOLLARS` in the same change.",
    stack=_too_expensive,
)
