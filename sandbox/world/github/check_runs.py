"""The checks of a commit: https://docs.github.com/rest/checks/runs.

The jobs of workflow runs are the checks of GitHub Actions; other apps' are added by `add_check_run`.
"""

import zlib
from typing import Any

from sandbox.world.github import history
from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import error
from sandbox.world.github.identifiers import html_url, next_number, node_id, timestamp
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.pull_requests import show_pulls_of_branch
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.users import add_user, simple_user
from sandbox.world.github.workflow_jobs import job_page, jobs_of
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

ACTIONS_APP = 15368
"""GitHub Actions, among the apps."""
ACTIONS_SLUG = "github-actions"


def add_check_run(
    state: State,
    repository: Document,
    sha: str,
    name: str,
    *,
    conclusion: str | None = "success",
    status: str | None = None,
    app_id: int = ACTIONS_APP,
    app_slug: str | None = None,
) -> int:
    """Give a commit a check as an app would; returns its number.

    Args:
        state: the world.
        repository: whose commit.
        sha: the commit's full ID.
        name: the check's.
        conclusion: None for one that has not ended.
        status: `completed` with a conclusion and `in_progress` without, unless it is said.
        app_id: the app's number.
        app_slug: its name in links; that of GitHub Actions, or one made of the number.
    """
    now = timestamp()
    check = {
        "id": next_number(state),
        "repository": repository["id"],
        "sha": sha,
        "name": name,
        "status": status or ("completed" if conclusion else "in_progress"),
        "conclusion": conclusion,
        "app": {"id": app_id, "slug": app_slug or (ACTIONS_SLUG if app_id == ACTIONS_APP else f"app-{app_id}")},
        "started_at": now,
        "completed_at": now if conclusion else None,
    }
    state.collection("github.check_runs")[str(check["id"])] = check
    return check["id"]


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}/check-runs")
def list_check_runs(request: Request) -> Response:
    """The checks of the commit that a ref names, newest first.

    Of the checks of one name in one suite only the newest is shown, unless `filter=all` asks for the others.
    """
    documentation = "checks/runs#list-check-runs-for-a-git-reference"
    repository = open_repository(request, documentation, permission="checks:read")
    commit = history.resolve(request.state, repository, request.parameters["ref"])
    if commit is None:
        raise error(422, f"No commit found for SHA: {request.parameters['ref']}", documentation)
    checks = [*_of_jobs(request, repository, commit["sha"]), *_of_apps(request, repository, commit["sha"])]
    checks.sort(key=lambda check: check["started_at"] or "", reverse=True)
    if request.query.get("filter", "latest") == "latest":
        latest: dict[tuple[int, str], Document] = {}
        for check in checks:
            latest.setdefault((check["check_suite"]["id"], check["name"]), check)
        checks = list(latest.values())
    query = request.query
    checks = [
        check
        for check in checks
        if query.get("check_name", check["name"]) == check["name"]
        and query.get("status", check["status"]) == check["status"]
        and query.get("app_id", str(check["app"]["id"])) == str(check["app"]["id"])
    ]
    page, headers = select_page(request, checks)
    return found(request, {"total_count": len(checks), "check_runs": list(page)}, headers)


def _of_jobs(request: Request, repository: Document, sha: str) -> list[Document]:
    """The jobs of a commit's runs as checks; each run is a suite."""
    return [
        _check(
            request,
            repository,
            {
                "id": job["number"],
                "sha": sha,
                "started_at": job["started_at"] or run["created_at"],
                "completed_at": job["completed_at"] or (run["updated_at"] if job["conclusion"] else None),
                **{name: job[name] for name in ("name", "status", "conclusion")},
                "app": {"id": ACTIONS_APP, "slug": ACTIONS_SLUG},
            },
            suite=run["id"],
            page=job_page(request, run, job),
            pull_requests=show_pulls_of_branch(request, repository, repository, run["head_branch"]),
        )
        for run in reversed(list(request.state.collection("github.workflow_runs").values()))
        if (run["repository"], run["head_sha"]) == (repository["full_name"], sha)
        for job in jobs_of(request.state, repository, run)
    ]


def _of_apps(request: Request, repository: Document, sha: str) -> list[Document]:
    """The checks that apps gave a commit; those of one app are a suite."""
    return [
        _check(
            request,
            repository,
            check,
            suite=zlib.crc32(f"{sha}/{check['app']['id']}".encode()),
            page=html_url(request, f"/{repository['full_name']}/runs/{check['id']}"),
            pull_requests=[],
        )
        for check in reversed(list(request.state.collection("github.check_runs").values()))
        if (check["repository"], check["sha"]) == (repository["id"], sha)
    ]


def _check(
    request: Request, repository: Document, check: Document, *, suite: int, page: str, pull_requests: list[Document]
) -> Document:
    link = repository_url(request, repository, f"/check-runs/{check['id']}")
    return {
        "id": check["id"],
        "node_id": node_id("CheckRun", check["id"]),
        "name": check["name"],
        "head_sha": check["sha"],
        "external_id": "",
        "url": link,
        "html_url": page,
        "details_url": page,
        **{name: check[name] for name in ("status", "conclusion", "started_at", "completed_at")},
        "output": {
            "title": None,
            "summary": None,
            "text": None,
            "annotations_count": 0,
            "annotations_url": f"{link}/annotations",
        },
        "check_suite": {"id": suite},
        "app": _app(request, check["app"]),
        "pull_requests": pull_requests,
    }


def _app(request: Request, app: Document) -> dict[str, Any]:
    page = html_url(request, f"/apps/{app['slug']}")
    owner = add_user(request.state, "github" if app["id"] == ACTIONS_APP else app["slug"])
    return {
        "id": app["id"],
        "slug": app["slug"],
        "node_id": node_id("App", app["id"]),
        "owner": simple_user(request, owner),
        "name": "GitHub Actions" if app["id"] == ACTIONS_APP else app["slug"],
        "description": None,
        "external_url": page,
        "html_url": page,
        "created_at": owner["created_at"],
        "updated_at": owner["created_at"],
        "permissions": {"checks": "write", "contents": "read", "metadata": "read"},
        "events": [],
    }
