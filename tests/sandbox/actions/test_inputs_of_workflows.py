import base64
from typing import Any

import pytest

from sandbox.actions.inputs import called, dispatched
from sandbox.actions.workflow_file import WorkflowError
from tests.sandbox.actions.conftest import Forge

DECLARED: dict[str, Any] = {
    "reason": {"type": "string", "required": True},
    "kind": {"type": "choice", "options": ["standard", "hotfix"], "default": "standard"},
    "loud": {"type": "boolean", "default": True},
    "times": {"type": "number"},
    "where": {"type": "environment"},
    "plain": None,
}


def test_defaults_are_filled_in_and_booleans_are_booleans() -> None:
    given = {"reason": "r", "times": "2"}
    assert dispatched(DECLARED, given, ["live"]) == {
        "reason": "r",
        "kind": "standard",
        "loud": True,
        "times": "2",
        "where": "",
        "plain": "",
    }


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({}, "Required input 'reason' not provided."),
        ({"reason": "r", "kind": "x"}, "Provided value 'x' for input 'kind' not in the list of allowed values."),
        ({"reason": "r", "loud": "yes"}, "Provided value 'yes' for input 'loud' not in the list of allowed values."),
        ({"reason": "r", "times": "many"}, "Provided value 'many' for input 'times' is not a number."),
        ({"reason": "r", "where": "x"}, "Provided value 'x' for input 'where' not in the list of allowed values."),
        ({"reason": "r", "more": "x"}, "Unexpected inputs provided: more."),
    ],
)
def test_a_dispatch_with_wrong_inputs_is_refused(given: dict[str, str], problem: str) -> None:
    with pytest.raises(WorkflowError) as refusal:
        dispatched(DECLARED, given, ["live"])
    assert str(refusal.value) == problem


CALLED: dict[str, Any] = {
    "reason": {"type": "string", "required": True},
    "loud": {"type": "boolean"},
    "times": {"type": "number", "default": 3},
}


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"reason": "r", "loud": True}, {"reason": "r", "loud": True, "times": 3}),
        ({"reason": 5}, {"reason": "5", "loud": False, "times": 3}),
        ({}, "Input reason is required, but not provided while calling w.yml."),
        ({"reason": "r", "loud": "true"}, "The input loud of w.yml is 'true': a boolean is needed."),
        ({"reason": "r", "x": 1}, "Invalid input, x is not defined in the referenced workflow (w.yml)."),
    ],
)
def test_a_call_gives_inputs_of_the_declared_types(given: dict[str, Any], outcome: Any) -> None:
    if isinstance(outcome, str):
        with pytest.raises(WorkflowError) as refusal:
            called(CALLED, given, "w.yml")
        assert str(refusal.value) == outcome
    else:
        assert called(CALLED, given, "w.yml") == outcome


DISPATCHED = """
on:
  workflow_dispatch:
    inputs:
      reason: {required: true}
      kind: {type: choice, options: [standard, hotfix], default: standard}
      loud: {type: boolean}
env: {REASON: "${{ inputs.reason }}"}
jobs:
  a:
    if: inputs.kind == 'standard' && !inputs.loud
    runs-on: ubuntu-latest
    outputs: {reason: "${{ steps.a.outputs.reason }}"}
    steps:
      - id: a
        if: inputs.loud == false && github.event.inputs.kind == 'standard'
        run: |
          echo "reason=$(base64 -w0 <<< "$REASON")" >> "$GITHUB_OUTPUT"
          test "$REASON" = "$INNER"
        env: {INNER: "${{ github.event.inputs.reason }}"}
"""


@pytest.mark.parametrize(
    "reason",
    [
        "$(touch {0}/escaped)",
        "'; touch {0}/escaped; '",
        "${{{{ secrets.S }}}} }}}} ${{{{ fromJSON('1') }}}}",
        "it''s }}}} ')) || true",
        "a\nb: c\n::set-output name=x::y",
        'é 😀 \\ " \t',
    ],
)
def test_an_input_is_data_whatever_it_says(forge: Forge, reason: str) -> None:
    forge.folder.mkdir()
    reason = reason.format(forge.folder)
    inputs = {"reason": reason, "kind": "standard", "loud": "false"}
    result = forge.run(DISPATCHED, event="workflow_dispatch", inputs=inputs)
    assert result.conclusion == "success", result.log
    assert base64.b64decode(result.outputs["a"]["reason"]).decode() == f"{reason}\n"
    assert not (forge.folder / "escaped").exists()


def test_a_run_with_wrong_inputs_is_not_started(forge: Forge) -> None:
    result = forge.run(DISPATCHED, event="workflow_dispatch", inputs={"kind": "rollback"})
    assert result.conclusion == "startup_failure"
    assert result.message.splitlines() == [
        "Required input 'reason' not provided.",
        "Provided value 'rollback' for input 'kind' not in the list of allowed values.",
    ]
    assert forge.document(result.id)["conclusion"] == "startup_failure"
