import httpx2
import pytest

from sandbox.world.github.issues import add_comment, open_issue
from sandbox.world.github.pulls import close_pull_request, open_pull_request
from sandbox.world.github.pushes import push_files
from sandbox.world.github.workflow_run_events import end_run
from tests.sandbox.world.github.conftest import REPOSITORY, World

BOT = "github-actions[bot]"


def on(event: str, **more: str) -> str:
    """A workflow file that an event starts."""
    return "".join(
        [*(f"{name.replace('_', '-')}: {value}\n" for name, value in more.items()), f"on: {event}\njobs: {{}}\n"]
    )


def deliver(world: World, **files: str) -> None:
    """Put workflow files on main without starting anything."""
    paths = {f".github/workflows/{name}.yml": content for name, content in files.items()}
    push_files(world.state, world.repository, "main", dict(paths), login="operator", message="Deliver [skip ci]")


def test_a_persons_comment_starts_the_default_branchs_workflows(world: World, operator: httpx2.Client) -> None:
    deliver(world, made=on("{issue_comment: {types: [created]}}"), changed=on("{issue_comment: {types: edited}}"))
    push_files(world.state, world.repository, "feature", {"a.txt": "a"}, login="mona")
    open_pull_request(world.state, world.repository, login="mona", title="A change", head="feature", base="develop")
    open_issue(world.state, world.repository, login="mona", title="A wish")
    comment = world.user("hubot").post(f"{REPOSITORY}/issues/1/comments", json={"body": "/deploy"}).json()
    (run,) = world.runs()
    assert (run["event"], run["path"], run["actor"]) == ("issue_comment", ".github/workflows/made.yml", "hubot")
    assert (run["ref"], run["sha"]) == ("refs/heads/main", operator.get(f"{REPOSITORY}/commits/main").json()["sha"])
    payload = run["payload"]
    assert (payload["action"], payload["issue"]["number"]) == ("created", 1)
    assert payload["issue"]["pull_request"]["url"] == f"https://api.github.com{REPOSITORY}/pulls/1"
    told = payload["comment"]
    assert (told["id"], told["body"], told["user"]["login"]) == (comment["id"], "/deploy", "hubot")
    assert told["html_url"] == f"https://github.com/acme/ai-tools/issues/1#issuecomment-{comment['id']}"
    operator.patch(f"{REPOSITORY}/issues/comments/{comment['id']}", json={"body": "/stop"})
    assert world.runs()[1]["payload"]["changes"] == {"body": {"from": "/deploy"}}
    add_comment(world.state, world.repository, 2, login="mona", body="hello")
    assert "pull_request" not in world.runs()[2]["payload"]["issue"]
    assert world.runs()[2]["display_title"] == "A wish"


def test_what_a_workflows_token_writes_starts_nothing(world: World) -> None:
    deliver(world, made=on("[issue_comment, push, pull_request_target]"), told=on("workflow_dispatch"))
    push_files(world.state, world.repository, "feature", {"a.txt": "[skip ci]"}, login="mona", message="[skip ci]")
    open_pull_request(world.state, world.repository, login="mona", title="A change", head="feature", base="main")
    count = len(world.runs())
    token = world.app("issues:write", "contents:write", "actions:write", login=BOT, app_id=15368)
    assert token.post(f"{REPOSITORY}/issues/1/comments", json={"body": "done"}).status_code == 201
    body = {"message": "x", "content": "eA==", "branch": "feature"}
    assert token.put(f"{REPOSITORY}/contents/x.txt", json=body).status_code == 201
    assert len(world.runs()) == count
    path = f"{REPOSITORY}/actions/workflows/told.yml/dispatches"
    assert token.post(path, json={"ref": "main"}).status_code == 204
    assert world.runs()[-1]["event"] == "workflow_dispatch"


def test_a_pull_requests_events_start_its_own_and_the_default_branchs_workflows(world: World) -> None:
    deliver(world, safe=on("{pull_request_target: {types: [opened, synchronize, closed]}}"), own=on("pull_request"))
    push_files(world.state, world.repository, "feature", {"a.txt": "a"}, login="mona")
    number = open_pull_request(
        world.state, world.repository, login="mona", title="A change", head="feature", base="main"
    )
    opened = world.runs()
    assert [(run["event"], run["ref"]) for run in opened] == [
        ("pull_request_target", "refs/heads/main"),
        ("pull_request", f"refs/pull/{number}/merge"),
    ]
    assert {run["payload"]["action"] for run in opened} == {"opened"}
    commit = push_files(world.state, world.repository, "feature", {"a.txt": "b"}, login="mona")
    pushed = world.runs()[2:]
    assert [run["payload"]["action"] for run in pushed] == ["synchronize", "synchronize"]
    assert {(run["head_sha"], run["payload"]["pull_request"]["head"]["sha"]) for run in pushed} == {
        (commit["sha"],) * 2
    }
    close_pull_request(world.state, world.repository, number, login="mona")
    assert [(run["event"], run["payload"]["action"]) for run in world.runs()[4:]] == [("pull_request_target", "closed")]


def test_the_end_of_a_run_starts_what_waits_for_it_up_to_three_levels(world: World, operator: httpx2.Client) -> None:
    deliver(
        world,
        a=on("push", name="A", run_name="Run of ${{ github.ref_name }} by ${{ github.actor }}"),
        b=on("{workflow_run: {workflows: [A], types: [completed], branches: [develop]}}", name="B"),
        c=on("{workflow_run: {workflows: [A, B, C], types: [completed]}}", name="C"),
        d=on("{workflow_run: {workflows: [A], types: [requested]}}", name="D"),
    )
    push_files(world.state, world.repository, "main", {"x.txt": "x"}, login="mona")
    (run,) = world.runs()
    chain: list[str] = []
    while run is not None:
        (run,) = end_run(world.state, run["id"], conclusion="failure", jobs=[]) or [None]
        chain += [run["name"]] if run else []
    assert chain == ["C", "C", "C"]
    started = world.runs()[1]
    assert (started["event"], started["ref"], started["actor"]) == ("workflow_run", "refs/heads/main", "mona")
    told = started["payload"]["workflow_run"]
    assert (told["name"], told["conclusion"], told["event"]) == ("A", "failure", "push")
    assert told["display_title"] == "Run of main by mona"
    shown = operator.get(f"{REPOSITORY}/actions/runs/{told['id']}").json()
    assert {name: shown[name] for name in ("id", "head_sha", "status")} == {
        name: told[name] for name in ("id", "head_sha", "status")
    }


@pytest.mark.parametrize(("loud", "title"), [(True, "Roll back: x!"), (False, "Roll back: x")])
def test_a_dispatched_run_is_called_by_its_inputs(
    world: World, operator: httpx2.Client, loud: bool, title: str
) -> None:
    file = """\
run-name: "Roll back: ${{ inputs.reason }}${{ inputs.loud && '!' || '' }}"
on:
  workflow_dispatch:
    inputs: {reason: {required: true}, loud: {type: boolean}}
jobs: {}
"""
    deliver(world, rollback=file)
    asked = {"ref": "main", "inputs": {"reason": "x", "loud": loud}, "return_run_details": True}
    made = operator.post(f"{REPOSITORY}/actions/workflows/rollback.yml/dispatches", json=asked).json()
    assert operator.get(made["run_url"]).json()["display_title"] == title
