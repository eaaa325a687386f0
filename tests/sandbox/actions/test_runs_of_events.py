from sandbox.actions.moments import StartingStep
from sandbox.world.github.issues import add_comment, open_issue
from sandbox.world.github.pulls import add_fork, open_pull_request
from sandbox.world.github.pushes import push_files
from sandbox.world.state import Document
from tests.sandbox.actions.conftest import FLOW, Forge

COMMANDS = """
name: Commands
run-name: "${{ startsWith(github.event.comment.body, '/') && 'Command' || 'Talk' }}"
on: {issue_comment: {types: [created]}}
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - run: echo "$BODY on $NUMBER at $GITHUB_REF ${{ github.sha == env.GITHUB_SHA }} $GITHUB_EVENT_NAME"
        env: {BODY: "${{ github.event.comment.body }}", NUMBER: "${{ github.event.issue.number }}"}
"""
AFTER = """
name: After
on: {workflow_run: {workflows: [Commands], types: [completed]}}
jobs:
  a:
    if: github.event.workflow_run.display_title == 'Command'
    runs-on: ubuntu-latest
    steps:
      - run: echo "after ${{ github.event.workflow_run.conclusion }} at $GITHUB_REF"
"""
CHECKS = """
on: {pull_request: }
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: echo "$(cat new.txt) at $GITHUB_REF for $GITHUB_HEAD_REF into ${{ github.base_ref }}"
"""
TARGET = """
on: [pull_request_target]
jobs:
  a:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: echo "$(ls new.txt || echo none) at $GITHUB_REF of ${{ github.event.pull_request.head.ref }}"
"""


FORKED = """
on: [pull_request]
permissions: write-all
jobs:
  a:
    runs-on: ubuntu-latest
    environment: staging
    steps:
      - run: echo "key [${{ secrets.KEY }}]"
"""


def runs(forge: Forge, event: str) -> list[Document]:
    """The runs of an event, oldest first."""
    return [run for run in forge.state.collection("github.workflow_runs").values() if run["event"] == event]


def test_a_comment_and_the_end_of_its_run_are_executed_at_the_default_branch(forge: Forge) -> None:
    head = forge.commit({".github/workflows/commands.yml": COMMANDS, ".github/workflows/after.yml": AFTER})
    number = open_issue(forge.state, forge.repository, login="mona", title="A wish")
    add_comment(forge.state, forge.repository, number, login="hubot", body="/deploy $(date)")
    (run,) = runs(forge, "issue_comment")
    runner = forge.runner()
    result = runner.wait(run["id"], 30)
    assert f"/deploy $(date) on {number} at refs/heads/main true issue_comment" in result.log
    (after,) = runs(forge, "workflow_run")
    assert (after["sha"], after["payload"]["workflow_run"]["id"]) == (head["sha"], run["id"])
    assert "after success at refs/heads/main" in runner.wait(after["id"], 30).log


def test_a_pull_requests_runs_have_the_merge_or_the_default_branch(forge: Forge) -> None:
    forge.commit({".github/workflows/target.yml": TARGET, ".github/workflows/checks.yml": CHECKS})
    push_files(forge.state, forge.repository, "feature", {"new.txt": "new"}, login="mona")
    number = open_pull_request(
        forge.state, forge.repository, login="mona", title="A change", head="feature", base="main"
    )
    runner = forge.runner()
    (safe,), (own,) = runs(forge, "pull_request_target"), runs(forge, "pull_request")
    assert "none at refs/heads/main of feature" in runner.wait(safe["id"], 30).log
    assert f"new at refs/pull/{number}/merge for feature into main" in runner.wait(own["id"], 30).log


def test_a_forks_run_reads_and_gets_no_secret(forge: Forge) -> None:
    forge.environment("staging", secrets={"KEY": "hidden"})
    fork = add_fork(forge.state, forge.repository, "mallory")
    push_files(forge.state, fork, "evil", {FLOW: FORKED}, login="mallory")
    open_pull_request(
        forge.state,
        forge.repository,
        login="mallory",
        title="Help",
        head="evil",
        base="main",
        head_repository=fork["full_name"],
    )
    scopes: list[str] = []

    def watch(_: StartingStep) -> None:
        scopes.extend(scope for token in forge.state.collection("github.tokens").values() for scope in token["scopes"])

    (run,) = [run for run in runs(forge, "pull_request") if run["repository"] == "acme/app"]
    result = forge.runner(on_step=watch).wait(run["id"], 30)
    assert "key []" in result.log
    assert {scope.partition(":")[2] for scope in scopes} == {"read"}
