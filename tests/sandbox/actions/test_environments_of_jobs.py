import pytest

from sandbox.world.state import State
from tests.sandbox.actions.conftest import Forge

SCOPED = """
on: push
permissions: {}
jobs:
  build:
    runs-on: ubuntu-latest
    environment: build
    steps:
      - run: echo "[${{ secrets.TOKEN }}] [${{ secrets.ONLY_BUILD }}] [${{ vars.WHERE }}] [$B]"
        if: vars.WHERE == 'build'
        env: {B: "${{ secrets.ONLY_LIVE }}"}
      - run: test "$T" = build-secret && test "${{ secrets.only_build }}" = yes
        env: {T: "${{ secrets.TOKEN }}"}
  live:
    runs-on: ubuntu-latest
    environment: {name: "li${{ 'v' }}e", url: "https://${{ vars.WHERE }}"}
    steps:
      - run: echo "[${{ secrets.ONLY_BUILD }}] [${{ vars.ONLY_BUILD }}] [${{ vars.WHERE }}]"
      - {run: "test \\"$T\\" = live-secret", env: {T: "${{ secrets.TOKEN }}"}}
  none:
    runs-on: ubuntu-latest
    steps:
      - run: echo "[${{ secrets.TOKEN }}] [${{ vars.WHERE }}]"
      - {if: "env.T != ''", run: exit 3, env: {T: "${{ secrets.TOKEN }}"}}
"""


@pytest.fixture
def scoped(forge: Forge) -> Forge:
    forge.environment("build", secrets={"TOKEN": "build-secret", "ONLY_BUILD": "yes"}, variables={"WHERE": "build"})
    forge.environment("live", secrets={"TOKEN": "live-secret", "ONLY_LIVE": "x"}, variables={"WHERE": "live"})
    return forge


def test_a_job_sees_its_own_environment_and_nothing_of_the_others(scoped: Forge) -> None:
    result = scoped.run(SCOPED)
    assert result.conclusion == "success", result.log
    lines = {job: result.jobs[job].log.splitlines()[0].rpartition(" | ")[2] for job in result.jobs}
    assert lines == {"build": "[***] [***] [build] []", "live": "[] [] [live]", "none": "[] []"}


def test_no_secret_is_printed_whichever_form_it_takes(forge: Forge) -> None:
    value = 'pass"word\nsecond line'
    forge.environment("live", secrets={"S": value})
    result = forge.run("""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    environment: live
    outputs: {leak: "x${{ secrets.S }}", fine: fine}
    steps:
      - run: |
          printf '%s\\n' "$S"; printf '%s' "$S" | base64 -w0; echo; jq --null-input env.S
          printf '%s' "$S" | jq --slurp --raw-input --raw-output @uri
          echo "::warning::$(head -1 <<< "$S")"; printf '%s\\n' "$S" >> "$GITHUB_STEP_SUMMARY"
          echo "$GH" | rev; echo "$GH"
        env: {S: "${{ secrets.S }}", GH: "${{ github.token }}"}
""")
    assert result.conclusion == "success"
    everything = result.log + result.summary + str(forge.document(result.id))
    for part in ('pass"word', "pass%22word", "cGFzcyJ3b3Jk", "second line", "ghs_"):
        assert part not in everything
    assert result.jobs["a"].outputs == {"fine": "fine"}
    assert "Skip output 'leak' since it may contain secret." in result.log


@pytest.mark.parametrize(
    ("branches", "branch", "runs"),
    [
        (None, "develop", True),
        (("main",), "main", True),
        (("main",), "develop", False),
        (("release/*", "dev*"), "develop", True),
        ((), "main", False),
    ],
)
def test_a_branch_that_may_not_deploy_gets_no_step_and_no_secret(
    forge: Forge, branches: tuple[str, ...] | None, branch: str, *, runs: bool
) -> None:
    forge.environment("live", secrets={"S": "x"}, branches=branches)
    result = forge.run(
        "on: push\njobs: {a: {runs-on: ubuntu-latest, environment: Live, steps: [{run: echo step}]}}", branch=branch
    )
    refusal = f'Branch "{branch}" is not allowed to deploy to live due to environment protection rules.'
    assert (result.conclusion, "step" in result.log, refusal in result.log) == (
        ("success", True, False) if runs else ("failure", False, True)
    )
    assert result.jobs["a"].steps == () or runs


TOKENS = """
on: push
permissions: {issues: write, contents: read}
jobs:
  own: {runs-on: ubuntu-latest, permissions: {actions: write, pull-requests: read}, steps: [{run: sleep 0}]}
  none: {runs-on: ubuntu-latest, permissions: {}, steps: [{run: sleep 0}]}
  files: {runs-on: ubuntu-latest, steps: [{run: sleep 0}]}
"""


def _tokens(state: State) -> list[dict[str, object]]:
    return [token for token in state.collection("github.tokens").values() if token["login"] == "github-actions[bot]"]


def test_each_jobs_token_holds_its_permissions_while_the_job_runs(forge: Forge) -> None:
    held: dict[str, list[str]] = {}

    def look(job: str) -> None:
        (token,) = _tokens(forge.state)
        assert (token["type"], token["app_id"]) == ("App", 15368)
        held[job] = sorted(str(scope) for scope in token["scopes"])  # pyrefly: ignore[not-iterable]

    chained = TOKENS.replace("none: {", "none: {needs: own, ").replace("files: {", "files: {needs: none, ")
    result = forge.run(chained, runner=forge.runner(on_step=lambda step: look(step.job)))
    assert result.conclusion == "success", result.log
    assert held == {
        "own": ["actions:write", "pull_requests:read"],
        "none": [],
        "files": ["contents:read", "issues:write"],
    }
    assert _tokens(forge.state) == []


def test_a_token_without_declared_permissions_only_reads(forge: Forge) -> None:
    seen: list[object] = []
    runner = forge.runner(on_step=lambda _: seen.extend(token["scopes"] for token in _tokens(forge.state)))
    forge.run("on: push\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: sleep 0}]}}", runner=runner)
    assert seen == [["contents:read", "packages:read"]]
