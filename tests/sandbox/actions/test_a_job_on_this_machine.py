import json

from sandbox.actions.processes import is_alive
from tests.sandbox.actions.conftest import Forge

SHOW = """
on: [push, workflow_dispatch]
env: {LEVEL: workflow, FROM: "${{ github.workflow_ref }}"}
defaults: {run: {shell: bash}}
jobs:
  show:
    name: Show ${{ github.ref_name }}
    runs-on: ubuntu-latest
    env: {LEVEL: job}
    outputs:
      github: ${{ steps.look.outputs.github }}
      seen: ${{ steps.look.outputs.seen }}
      variables: ${{ steps.look.outputs.variables }}
    steps:
      - id: look
        run: |
          echo "seen=$(ls -A | wc -l) $LEVEL $FROM" >> "$GITHUB_OUTPUT"
          echo "github=$(jq --compact-output 'del(.token)' <<< "$GITHUB")" >> "$GITHUB_OUTPUT"
          echo "variables=$(jq --compact-output --null-input 'env | del(.GITHUB)')" >> "$GITHUB_OUTPUT"
          test ! -t 1 && test ! -t 0
        env: {GITHUB: "${{ toJSON(github) }}"}
      - if: github.run_number == '1'
        run: |
          diff <(jq --sort-keys . "$GITHUB_EVENT_PATH") <(jq --sort-keys . <<< "$EVENT")
          ! type act
        env: {EVENT: "${{ toJSON(github.event) }}"}
"""


def test_the_variables_and_contexts_say_what_the_world_says(forge: Forge) -> None:
    before = forge.commit({"x": "1"})
    result = forge.run(SHOW)
    assert (result.conclusion, result.jobs["show"].name) == ("success", "Show main"), result.log
    outputs = result.jobs["show"].outputs
    context, variables = json.loads(outputs["github"]), json.loads(outputs["variables"])
    run = forge.document(result.id)
    expected = {
        "sha": run["head_sha"],
        "ref": "refs/heads/main",
        "ref_name": "main",
        "ref_type": "branch",
        "repository": "acme/app",
        "repository_owner": "acme",
        "actor": "mona",
        "run_id": str(result.id),
        "run_number": "1",
        "run_attempt": "1",
        "event_name": "push",
        "api_url": "https://api.github.com",
        "server_url": "https://github.com",
    }
    assert {name: context[name] for name in expected} == expected
    assert {name: variables[f"GITHUB_{name.upper()}"] for name in expected} == expected
    assert (context["event"]["before"], context["event"]["after"]) == (before["sha"], run["head_sha"])
    assert [commit["id"] for commit in context["event"]["commits"]] == [run["head_sha"]]
    assert variables["GITHUB_WORKFLOW_REF"] == "acme/app/.github/workflows/flow.yml@refs/heads/main"
    assert (variables["EDGE"], variables["CI"], variables["GITHUB_ACTIONS"]) == ("yes", "true", "true")
    assert {"ACT", "SHA_REF", "VIRTUAL_ENV", "PYTEST_CURRENT_TEST"} & set(variables) == set()


def test_a_job_starts_in_an_empty_workspace_with_the_nearest_env(forge: Forge) -> None:
    seen = forge.run(SHOW).jobs["show"].outputs["seen"]
    assert seen == "0 job acme/app/.github/workflows/flow.yml@refs/heads/main"


def test_an_event_that_the_world_recorded_reaches_the_job_whole(forge: Forge) -> None:
    comment = {"comment": {"id": 5, "body": "@workflow:deploy '$(id)' ${{ x }}", "user": {"login": "mona"}}}
    result = forge.run(
        """
on: issue_comment
jobs:
  a:
    runs-on: ubuntu-latest
    if: startsWith(github.event.comment.body, '@workflow:')
    outputs: {body: "${{ steps.a.outputs.body }}"}
    steps:
      - {id: a, run: 'echo "body=$BODY" >> $GITHUB_OUTPUT', env: {BODY: "${{ github.event.comment.body }}"}}
""",
        event="issue_comment",
        payload=comment,
    )
    assert result.outputs == {"a": {"body": comment["comment"]["body"]}}


def test_outputs_and_conditions_run_from_job_to_job_as_on_github(forge: Forge) -> None:
    result = forge.run("""
on: push
jobs:
  good:
    runs-on: ubuntu-latest
    outputs: {text: "${{ steps.a.outputs.text }}"}
    steps:
      - {id: a, run: 'printf "text<<E\\nit''s $%s x }}\\n}}\\nE\\n" "{{" >> $GITHUB_OUTPUT'}
  bad: {runs-on: ubuntu-latest, needs: good, steps: [{run: exit 3}]}
  after_bad: {runs-on: ubuntu-latest, needs: bad, steps: [{run: exit 0}]}
  far_after_bad: {runs-on: ubuntu-latest, needs: after_bad, if: failure(), steps: [{run: exit 0}]}
  always:
    runs-on: ubuntu-latest
    needs: [good, bad, after_bad]
    if: always() && contains(needs.*.result, 'skipped')
    outputs: {needs: "${{ steps.a.outputs.needs }}"}
    steps:
      - id: a
        if: needs.bad.result == 'failure'
        run: |
          echo "needs=$(jq --compact-output . <<< "$NEEDS")" >> "$GITHUB_OUTPUT"
          test "$TEXT" = "$(printf "it's $%s x }}\\n}}" "{{")"
        env: {NEEDS: "${{ toJSON(needs) }}", TEXT: "${{ needs.good.outputs.text }}"}
  not_at_all: {runs-on: ubuntu-latest, if: "github.ref == 'refs/heads/other'", steps: [{run: exit 3}]}
  forgiven: {runs-on: ubuntu-latest, continue-on-error: true, steps: [{run: exit 3}]}
""")
    assert result.results == {
        "good": "success",
        "bad": "failure",
        "after_bad": "skipped",
        "far_after_bad": "success",
        "always": "success",
        "not_at_all": "skipped",
        "forgiven": "failure",
    }, result.log
    assert result.conclusion == "failure"
    assert json.loads(result.jobs["always"].outputs["needs"]) == {
        "good": {"result": "success", "outputs": {"text": "it's ${{ x }}\n}}"}},
        "bad": {"result": "failure", "outputs": {}},
        "after_bad": {"result": "skipped", "outputs": {}},
    }


def test_a_jobs_failure_that_may_be_is_no_failure_of_the_run(forge: Forge) -> None:
    result = forge.run("on: push\njobs: {a: {runs-on: ubuntu-latest, continue-on-error: true, steps: [{run: exit 3}]}}")
    assert (result.conclusion, result.results) == ("success", {"a": "failure"})


def test_what_a_step_leaves_running_ends_with_its_job(forge: Forge) -> None:
    mark = forge.folder / "mark"
    result = forge.run(
        f"""
on: push
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: (sleep 0.1; echo beside) & (sleep 60; touch {mark}) & echo $! > {forge.folder}/left
      - run: kill -0 "$(cat {forge.folder}/left)"
""",
        runner=forge.runner(),
    )
    assert result.conclusion == "success", result.log
    left = int((forge.folder / "left").read_text())
    assert not is_alive(left)
