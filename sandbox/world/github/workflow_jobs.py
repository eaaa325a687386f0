"""The jobs of workflow runs: https://docs.github.com/rest/actions/workflow-jobs."""

import zlib

from sandbox.world.github import history
from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import not_found
from sandbox.world.github.identifiers import node_id
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.workflow_runs import run_page, run_url
from sandbox.world.github.workflows import workflows_at
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()


def jobs_of(state: State, repository: Document, run: Document) -> list[Document]:
    """The jobs of a run: those that ended as they are kept, then those of its file that have not, each with `number`.

    A job that calls a workflow is shown by the jobs of that one.
    """
    ended = run.get("jobs") or []
    names = [job["id"] for job in ended]
    jobs = [job for job in ended if not any(name.startswith(f"{job['id']}/") for name in names)]
    if run["status"] != "completed":
        commit = history.find_commit(state, repository, run["sha"])
        files = [file for file in workflows_at(state, commit) if file.path == run["path"]] if commit else []
        jobs += [
            {
                "id": job,
                "name": name,
                "status": run["status"],
                "conclusion": None,
                "started_at": None,
                "completed_at": None,
                "steps": [],
            }
            for file in files
            for job, name in file.jobs.items()
            if job not in names
        ]
    return [{**job, "number": _number(run, job)} for job in jobs]


def job_page(request: Request, run: Document, job: Document) -> str:
    """The page of a job."""
    return f"{run_page(request, run)}/job/{job['number']}"


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/jobs")
def list_jobs(request: Request) -> Response:
    """The jobs of a run."""
    documentation = "actions/workflow-jobs#list-jobs-for-a-workflow-run"
    repository = open_repository(request, documentation, permission="actions:read")
    run = request.state.collection("github.workflow_runs").get(request.parameters["run_id"])
    if run is None or run["repository"] != repository["full_name"]:
        raise not_found(documentation)
    jobs = jobs_of(request.state, repository, run)
    page, headers = select_page(request, jobs)
    shown = [_job(request, repository, run, job) for job in page]
    return found(request, {"total_count": len(jobs), "jobs": shown}, headers)


def _number(run: Document, job: Document) -> int:
    # The same for a job that runs and one that has ended, though only the latter is kept.
    return zlib.crc32(f"{run['id']}/{job['id']}".encode())


def _job(request: Request, repository: Document, run: Document, job: Document) -> Document:
    number = job["number"]
    started = job["started_at"] or run["created_at"]
    return {
        "id": number,
        "run_id": run["id"],
        "run_url": run_url(request, repository, run),
        "run_attempt": run["run_attempt"],
        "node_id": node_id("CheckRun", number),
        "head_sha": run["head_sha"],
        "head_branch": run["head_branch"],
        "workflow_name": run["name"],
        "url": repository_url(request, repository, f"/actions/jobs/{number}"),
        "html_url": job_page(request, run, job),
        "check_run_url": repository_url(request, repository, f"/check-runs/{number}"),
        "name": job["name"],
        "status": job["status"],
        "conclusion": job["conclusion"],
        "created_at": run["created_at"],
        "started_at": started,
        "completed_at": job["completed_at"] or (started if job["conclusion"] else None),
        "steps": job["steps"],
        "labels": ["ubuntu-latest"],
        "runner_id": None,
        "runner_name": None,
        "runner_group_id": None,
        "runner_group_name": None,
    }
