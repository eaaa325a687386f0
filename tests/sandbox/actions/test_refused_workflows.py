import pytest

from tests.sandbox.actions.conftest import Forge

STEPS = "steps: [{run: echo}]"


def job(body: str) -> str:
    return f"on: push\njobs: {{a: {{{body}}}}}"


REFUSED = {
    "no runner has the label 'windows-latest'": job(f"runs-on: windows-latest, {STEPS}"),
    "no runner has the label ['self-hosted', 'linux']": job(f"runs-on: [self-hosted, linux], {STEPS}"),
    "no runner has the label None": job(STEPS),
    "The sandbox starts no service containers (`services`)": job(
        f"runs-on: ubuntu-latest, services: {{db: {{image: postgres}}}}, {STEPS}"
    ),
    "The sandbox runs no containers (`container`)": job(f"runs-on: ubuntu-latest, container: node, {STEPS}"),
    "The sandbox runs no matrix (`strategy`)": job(
        f"runs-on: ubuntu-latest, strategy: {{matrix: {{x: [1]}}}}, {STEPS}"
    ),
    "Nothing stands in for the action acme/thing@v1": job("runs-on: ubuntu-latest, steps: [{uses: acme/thing@v1}]"),
    "it has no containers": job("runs-on: ubuntu-latest, steps: [{uses: 'docker://alpine'}]"),
    "The commit has no action.yml in ./here": job("runs-on: ubuntu-latest, steps: [{uses: ./here}]"),
    "needs either `run` or `uses`": job("runs-on: ubuntu-latest, steps: [{name: x}]"),
    "the sandbox has no shell `pwsh`": job("runs-on: ubuntu-latest, steps: [{run: x, shell: pwsh}]"),
    "it has neither `steps` nor `uses`": job("runs-on: ubuntu-latest"),
    "Unrecognized named-value: 'secret'": job("runs-on: ubuntu-latest, steps: [{run: '${{ secret.x }}'}]"),
    "steps[0].if: Unrecognized named-value: 'secrets'": job(
        "runs-on: ubuntu-latest, steps: [{run: x, if: \"secrets.X != ''\"}]"
    ),
    "Unexpected end in": job("runs-on: ubuntu-latest, steps: [{run: '${{ (github.sha }}'}]"),
    "the sandbox must know the environment before the run starts": (
        "on: push\njobs: {b: {runs-on: ubuntu-latest, " + STEPS + "}, a: {needs: b, runs-on: ubuntu-latest, "
        "environment: '${{ needs.b.outputs.x }}', " + STEPS + "}}"
    ),
    "there is no permission `content: read`": job(f"runs-on: ubuntu-latest, permissions: {{content: read}}, {STEPS}"),
    "job 'a' depends on unknown job 'b'": job(f"runs-on: ubuntu-latest, needs: b, {STEPS}"),
    "job 'a' depends on itself": "on: push\njobs: {a: {needs: b, runs-on: x}, b: {needs: a, runs-on: x}}",
    "calls workflows of the same commit only": job("uses: acme/other/.github/workflows/x.yml@v1"),
    "workflow was not found": job("uses: ./.github/workflows/none.yml"),
    "it declares no `jobs`": "on: push",
    "Invalid workflow file": "on: push\njobs: {a: [",
    "is not started by push": "on: pull_request\njobs: {a: {}}",
}


@pytest.mark.parametrize(("reason", "workflow"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_run_as_on_github_is_not_run_at_all(forge: Forge, reason: str, workflow: str) -> None:
    result = forge.run(workflow)
    assert (result.conclusion, result.jobs) == ("startup_failure", {})
    assert reason in result.message
    assert reason in forge.document(result.id)["message"]


def test_an_expression_that_cannot_be_computed_fails_the_job(forge: Forge) -> None:
    result = forge.run("""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - {id: s, run: 'echo x={ >> $GITHUB_OUTPUT'}
      - {run: 'echo ${{ fromJSON(steps.s.outputs.x).y }}'}
""")
    assert result.conclusion == "failure"
    assert "Unable to interpolate expression" in result.log
