from typing import Any

import httpx2
import pytest

from sandbox.world.github.workflow_runs import record_review
from tests.sandbox.world.github.conftest import REPOSITORY, Put, World

ROLLBACK = """\
name: Rollback
on:
  workflow_dispatch:
    inputs:
      target: {type: string, default: previous}
      reason: {type: string, required: true}
      kind: {type: choice, options: [standard, hotfix], default: standard}
      loud: {type: boolean}
jobs: {}
"""
DISPATCHES = f"{REPOSITORY}/actions/workflows/rollback.yml/dispatches"


@pytest.fixture
def delivered(put: Put) -> None:
    """The workflow is on main, and a workflow that nobody can dispatch too."""
    put(".github/workflows/rollback.yml", ROLLBACK, message="Deliver [skip ci]")
    put(".github/workflows/check.yml", "on: pull_request\njobs: {}\n", message="Deliver [skip ci]")


@pytest.mark.usefixtures("delivered")
def test_a_dispatch_records_a_run_with_its_inputs(world: World, operator: httpx2.Client) -> None:
    client = world.app("actions:write", login="github-actions[bot]")
    body = {"ref": "main", "inputs": {"reason": "checkout fails", "loud": True}}
    response = client.post(DISPATCHES, json=body)
    assert (response.status_code, response.content) == (204, b"")
    (run,) = world.runs()
    assert run["inputs"] == {"target": "previous", "reason": "checkout fails", "kind": "standard", "loud": "true"}
    assert (run["event"], run["ref"], run["status"]) == ("workflow_dispatch", "refs/heads/main", "queued")
    assert run["head_sha"] == operator.get(f"{REPOSITORY}/git/ref/heads/main").json()["object"]["sha"]


@pytest.mark.usefixtures("delivered")
def test_a_dispatch_that_asks_for_details_gets_the_runs_links(world: World, operator: httpx2.Client) -> None:
    body = {"ref": "refs/heads/main", "inputs": {"reason": "x"}, "return_run_details": True}
    details = operator.post(DISPATCHES, json=body).json()
    run = operator.get(details["run_url"]).json()
    assert (run["id"], run["name"], run["event"]) == (details["workflow_run_id"], "Rollback", "workflow_dispatch")
    assert (run["run_number"], run["actor"]["login"], run["conclusion"]) == (1, "operator", None)
    assert (
        operator.post(f"{REPOSITORY}/actions/workflows/{run['workflow_id']}/dispatches", json=body).status_code == 200
    )
    assert [run["run_number"] for run in world.runs()] == [1, 2]


@pytest.mark.usefixtures("delivered")
@pytest.mark.parametrize(
    ("workflow", "body", "refusal"),
    [
        ("none.yml", {"ref": "main"}, (404, "Not Found")),
        ("12", {"ref": "main"}, (404, "Not Found")),
        ("check.yml", {"ref": "main"}, (422, "Workflow does not have 'workflow_dispatch' trigger")),
        ("rollback.yml", {"ref": "develop"}, (422, "Workflow does not have 'workflow_dispatch' trigger")),
        ("rollback.yml", {"ref": "none"}, (422, "No ref found for: none")),
        ("rollback.yml", {}, (422, 'Invalid request.\n\n"ref" wasn\'t supplied.')),
        ("rollback.yml", {"ref": "main"}, (422, "Required input 'reason' not provided")),
        ("rollback.yml", {"ref": "main", "inputs": {"reason": ""}}, (422, "Required input 'reason' not provided")),
        (
            "rollback.yml",
            {"ref": "main", "inputs": {"reason": "x", "a": 1, "b": 2}},
            (422, 'Unexpected inputs provided: ["a", "b"]'),
        ),
        (
            "rollback.yml",
            {"ref": "main", "inputs": {"reason": "x", "kind": "rollback"}},
            (422, "Provided value 'rollback' for input 'kind' not in the list of allowed values"),
        ),
        (
            "rollback.yml",
            {"ref": "main", "inputs": {"reason": "x", "loud": "very"}},
            (422, "Provided value 'very' for input 'loud' not in the list of allowed values"),
        ),
    ],
)
def test_a_dispatch_that_cannot_run_is_refused_and_records_nothing(
    world: World, operator: httpx2.Client, workflow: str, body: dict[str, Any], refusal: tuple[int, str]
) -> None:
    response = operator.post(f"{REPOSITORY}/actions/workflows/{workflow}/dispatches", json=body)
    assert (response.status_code, response.json()["message"]) == refusal
    assert world.runs() == []


@pytest.mark.usefixtures("delivered")
def test_a_reader_cannot_dispatch(world: World) -> None:
    body = {"ref": "main", "inputs": {"reason": "x"}}
    assert world.user("hubot").post(DISPATCHES, json=body).status_code == 403
    assert world.runs() == []


@pytest.mark.usefixtures("delivered")
def test_who_approved_a_run_can_be_asked(world: World, operator: httpx2.Client) -> None:
    operator.put(f"{REPOSITORY}/environments/production", json={})
    body = {"ref": "main", "inputs": {"reason": "x"}, "return_run_details": True}
    number = operator.post(DISPATCHES, json=body).json()["workflow_run_id"]
    approvals = f"{REPOSITORY}/actions/runs/{number}/approvals"
    assert operator.get(approvals).json() == []
    record_review(world.state, number, environment="production", login="octocat", verdict="approved", comment="go")
    (review,) = operator.get(approvals).json()
    assert (review["state"], review["user"]["login"], review["comment"]) == ("approved", "octocat", "go")
    assert [environment["name"] for environment in review["environments"]] == ["production"]


def test_a_run_that_is_not_there_is_404(operator: httpx2.Client) -> None:
    assert operator.get(f"{REPOSITORY}/actions/runs/1").status_code == 404
