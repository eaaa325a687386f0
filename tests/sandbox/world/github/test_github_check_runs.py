from typing import Any

import httpx2

from sandbox.world.github.check_runs import add_check_run
from sandbox.world.github.pulls import open_pull_request
from sandbox.world.github.pushes import push_files
from sandbox.world.github.workflow_run_events import end_run
from tests.sandbox.world.github.conftest import REPOSITORY, World

CHECK = "on: {pull_request: , push: {branches: [feature]}}\njobs: {unit: {name: Unit tests, steps: []}}\n"


def test_the_jobs_of_runs_are_checks_of_the_head(world: World, operator: httpx2.Client) -> None:
    files = {".github/workflows/check.yml": CHECK}
    commit = push_files(world.state, world.repository, "feature", dict(files), login="mona")
    open_pull_request(world.state, world.repository, login="mona", title="X", head="feature", base="main")
    job: dict[str, Any] = {
        "id": "unit",
        "name": "Unit tests",
        "status": "completed",
        "conclusion": "failure",
        "steps": [],
    }
    end_run(
        world.state,
        world.runs()[1]["id"],
        conclusion="failure",
        jobs=[{**job, "started_at": None, "completed_at": None}],
    )
    reader = world.app("checks:read")
    answer = reader.get(f"{REPOSITORY}/commits/feature/check-runs", params={"app_id": 15368}).json()
    assert answer["total_count"] == 2
    assert {(check["name"], check["status"], check["conclusion"]) for check in answer["check_runs"]} == {
        ("Unit tests", "queued", None),
        ("Unit tests", "completed", "failure"),
    }
    assert {(check["head_sha"], check["app"]["slug"]) for check in answer["check_runs"]} == {
        (commit["sha"], "github-actions")
    }
    path = f"{REPOSITORY}/commits/{commit['sha']}/check-runs"
    assert operator.get(path, params={"status": "completed"}).json()["total_count"] == 1
    assert operator.get(f"{REPOSITORY}/commits/none/check-runs").status_code == 422
    assert world.app("contents:read").get(path).status_code == 403


def test_only_the_newest_check_of_a_name_is_shown_unless_all_are_asked_for(
    world: World, operator: httpx2.Client
) -> None:
    sha = operator.get(f"{REPOSITORY}/commits/main").json()["sha"]
    add_check_run(world.state, world.repository, sha, "preview", conclusion="failure", app_id=8329, app_slug="vercel")
    newest = add_check_run(world.state, world.repository, sha, "preview", app_id=8329, app_slug="vercel")
    add_check_run(world.state, world.repository, sha, "scan", conclusion=None, app_id=9)
    path = f"{REPOSITORY}/commits/main/check-runs"
    (preview,) = operator.get(path, params={"check_name": "preview"}).json()["check_runs"]
    assert (preview["id"], preview["conclusion"], preview["app"]["slug"]) == (newest, "success", "vercel")
    assert operator.get(path, params={"filter": "all"}).json()["total_count"] == 3
    (scan,) = operator.get(path, params={"app_id": 9}).json()["check_runs"]
    assert (scan["status"], scan["completed_at"]) == ("in_progress", None)
