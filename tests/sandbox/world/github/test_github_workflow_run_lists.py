from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from sandbox.world.github.pushes import push_files
from sandbox.world.github.workflow_run_events import end_run
from sandbox.world.github.workflow_runs import update_run
from tests.sandbox.world.github.conftest import REPOSITORY, World

RUNS = f"{REPOSITORY}/actions/runs"
CHECK = "name: Check\non: push\njobs: {unit: {name: Unit tests, steps: []}, lint: {steps: []}}\n"
OTHER = "name: Other\non: {push: {branches: [develop]}}\njobs: {}\n"
JOB = {
    "id": "unit",
    "name": "Unit tests",
    "status": "completed",
    "conclusion": "success",
    "started_at": "2026-01-02T03:04:05Z",
    "completed_at": "2026-01-02T03:05:05Z",
    "steps": [{"number": 1, "name": "Test", "status": "completed", "conclusion": "success"}],
    "log": "",
}


@pytest.fixture(autouse=True)
def delivered(world: World) -> None:
    files = {".github/workflows/check.yml": CHECK, ".github/workflows/other.yml": OTHER}
    push_files(world.state, world.repository, "main", dict(files), login="mona")
    push_files(world.state, world.repository, "develop", dict(files), login="octocat")
    end_run(world.state, world.runs()[0]["id"], conclusion="success", jobs=[JOB])


def numbers(client: httpx2.Client, path: str = RUNS, **query: str) -> list[int]:
    """Which of the runs, in the order of their recording from 0, an answer has."""
    everything = [run["id"] for run in client.get(RUNS).json()["workflow_runs"]][::-1]
    answer = client.get(path, params=query)
    assert answer.status_code == 200
    return [everything.index(run["id"]) for run in answer.json()["workflow_runs"]]


def test_runs_are_listed_newest_first_in_pages(operator: httpx2.Client) -> None:
    assert numbers(operator) == [2, 1, 0]
    answer = operator.get(RUNS, params={"per_page": 1, "page": 2})
    assert (answer.json()["total_count"], len(answer.json()["workflow_runs"])) == (3, 1)
    assert 'rel="next"' in answer.headers["link"]
    assert numbers(operator, f"{REPOSITORY}/actions/workflows/check.yml/runs") == [1, 0]
    assert operator.get(f"{REPOSITORY}/actions/workflows/none.yml/runs").status_code == 404


def test_runs_are_found_by_what_they_are_of(world: World, operator: httpx2.Client) -> None:
    assert numbers(operator, status="success") == numbers(operator, status="completed") == [0]
    assert numbers(operator, status="queued", branch="develop") == [2, 1]
    assert numbers(operator, actor="Mona", event="push") == [0]
    assert numbers(operator, head_sha=world.runs()[1]["head_sha"]) == [2, 1]
    assert numbers(operator, event="workflow_run") == []
    assert world.app("contents:read").get(RUNS).status_code == 403


def test_runs_are_found_by_their_time(operator: httpx2.Client) -> None:
    today, tomorrow = (datetime.now(UTC) + timedelta(days=days) for days in (0, 1))
    assert len(numbers(operator, created=f">={today - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}")) == 3
    assert len(numbers(operator, created=f"{today - timedelta(days=1):%Y-%m-%d}..{tomorrow:%Y-%m-%d}")) == 3
    assert numbers(operator, created=f">{tomorrow:%Y-%m-%d}") == []
    assert numbers(operator, created="<2020-01-01") == []
    assert operator.get(RUNS, params={"created": "soon"}).status_code == 422


def test_a_runs_jobs_are_those_that_ended_and_those_still_to_come(world: World, operator: httpx2.Client) -> None:
    ended, running = (run["id"] for run in world.runs()[:2])
    answer = operator.get(f"{RUNS}/{ended}/jobs").json()
    assert (answer["total_count"], answer["jobs"][0]["steps"][0]["name"]) == (1, "Test")
    assert (answer["jobs"][0]["name"], answer["jobs"][0]["conclusion"]) == ("Unit tests", "success")
    update_run(world.state, running, status="in_progress", jobs=[JOB])
    jobs = operator.get(f"{RUNS}/{running}/jobs").json()["jobs"]
    assert [(job["name"], job["status"]) for job in jobs] == [("Unit tests", "completed"), ("lint", "in_progress")]
    assert operator.get(f"{RUNS}/1/jobs").status_code == 404
