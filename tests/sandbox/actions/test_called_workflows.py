import pytest

from tests.sandbox.actions.conftest import Forge

CALLED = """
on:
  workflow_call:
    inputs:
      reason: {type: string, required: true}
      loud: {type: boolean, default: false}
    outputs: {said: {value: "${{ jobs.inner.outputs.said }}"}}
permissions: {}
concurrency: rollback-live
env: {FROM: called}
jobs:
  inner:
    name: Inner
    runs-on: ubuntu-latest
    environment: live
    permissions: {contents: read}
    outputs: {said: "${{ steps.s.outputs.said }}"}
    steps:
      - id: s
        run: |
          echo "said=$REASON $FROM [$S] [${{ vars.V }}] ${{ inputs.loud }} $GITHUB_EVENT_NAME" >> $GITHUB_OUTPUT
          test -n "$S"
        continue-on-error: true
        env: {REASON: "${{ inputs.reason }}", S: "${{ secrets.S && 'given' }}"}
  skipped: {runs-on: ubuntu-latest, if: inputs.loud, steps: [{run: exit 3}]}
"""
CALLER = """
on: push
permissions: PERMISSIONS
CONCURRENCY
env: {FROM: caller}
jobs:
  first:
    runs-on: ubuntu-latest
    outputs: {why: "${{ steps.w.outputs.why }}"}
    steps: [{id: w, run: "echo why=because >> $GITHUB_OUTPUT"}]
  call:
    name: Call
    needs: first
    uses: ./.github/workflows/called.yml
    with: {reason: "${{ needs.first.outputs.why }}"}
    SECRETS
  after: {runs-on: ubuntu-latest, needs: call, steps: [{run: "test '${{ needs.call.result }}' = success"}]}
"""


def _caller(*, secrets: str = "", permissions: str = "{contents: read}", concurrency: str = "") -> str:
    filled = CALLER.replace("SECRETS", secrets).replace("PERMISSIONS", permissions)
    return filled.replace("CONCURRENCY", concurrency)


CALLED_FILE = {".github/workflows/called.yml": CALLED}


@pytest.mark.parametrize(
    ("secrets", "given"),
    [("secrets: inherit", "given"), ("", ""), ("secrets: {S: 'passed-by-caller'}", "given"), ("secrets: {X: x}", "")],
)
def test_a_called_workflow_gets_its_inputs_and_only_what_secrets_it_is_given(
    forge: Forge, secrets: str, given: str
) -> None:
    forge.environment("live", secrets={"S": "value-of-s"}, variables={"V": "vee"})
    result = forge.run(_caller(secrets=secrets), CALLED_FILE)
    assert result.conclusion == "success", (result.message, result.log)
    said = f"because called [{given}] [vee] false push"
    assert result.outputs["call"] == {"said": said}
    assert result.results == {
        "first": "success",
        "call/inner": "success",
        "call/skipped": "skipped",
        "call": "success",
        "after": "success",
    }
    assert result.jobs["call/inner"].name == "Call / Inner"


@pytest.mark.parametrize(
    ("caller", "called", "reason"),
    [
        (_caller(permissions="{}"), CALLED, "is requesting 'contents: read', but is only allowed 'contents: none'"),
        (_caller(), CALLED.replace("workflow_call", "workflow_dispatch"), "it lacks `on: workflow_call`"),
        (_caller(), CALLED.replace("ubuntu-latest", "macos-latest"), "no runner has the label 'macos-latest'"),
        (_caller(secrets="environment: live"), CALLED, "a job that calls a workflow cannot have `environment`"),
    ],
)
def test_a_call_that_github_would_not_start_is_refused(forge: Forge, caller: str, called: str, reason: str) -> None:
    result = forge.run(caller, {".github/workflows/called.yml": called})
    assert result.conclusion == "startup_failure"
    assert reason in result.message


def test_a_call_with_wrong_inputs_fails(forge: Forge) -> None:
    result = forge.run(_caller().replace("with: {reason", "with: {season"), CALLED_FILE)
    assert result.results["call"] == "failure"
    assert "season is not defined in the referenced workflow" in result.log


def test_a_called_workflow_that_waits_for_its_callers_group_is_a_deadlock(forge: Forge) -> None:
    result = forge.run(_caller(concurrency="concurrency: rollback-live"), CALLED_FILE)
    assert result.results == {"first": "success", "call": "cancelled", "after": "skipped"}
    assert "a deadlock for concurrency group 'rollback-live' was detected" in result.log
