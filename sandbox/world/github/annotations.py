"""What jobs said in annotations: https://docs.github.com/rest/checks/runs#list-check-run-annotations.

A job's come from the workflow commands that its steps print (`::error::…`), which the runner notes in its log.
"""

import re

from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import not_found
from sandbox.world.github.identifiers import html_url
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.workflow_jobs import jobs_of
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

LEVELS = {"error": "failure", "warning": "warning", "notice": "notice"}
_LINE = re.compile(r"[^|]*\|[^|]*\| ##\[(error|warning|notice)\](.*)")


@routes.add("GET", "/repos/{owner}/{repo}/check-runs/{check_run_id}/annotations")
def list_annotations(request: Request) -> Response:
    """The annotations of a check, oldest first: those of a job; other apps' checks have none."""
    documentation = "checks/runs#list-check-run-annotations"
    repository = open_repository(request, documentation, permission="checks:read")
    number = int(request.parameters["check_run_id"])
    logs = [
        (run, str(job.get("log", "")))
        for run in request.state.collection("github.workflow_runs").values()
        if run["repository"] == repository["full_name"]
        for job in jobs_of(request.state, repository, run)
        if job["number"] == number
    ]
    known = request.state.collection("github.check_runs").get(str(number), {}).get("repository") == repository["id"]
    if not logs and not known:
        raise not_found(documentation)
    shown = [
        _annotation(request, run, line[1], line[2])
        for run, log in logs
        for text in log.splitlines()
        if (line := _LINE.fullmatch(text)) is not None
    ]
    page, headers = select_page(request, shown)
    return found(request, list(page), headers)


def _annotation(request: Request, run: Document, command: str, message: str) -> Document:
    return {
        "path": ".github",
        "start_line": 1,
        "end_line": 1,
        "start_column": None,
        "end_column": None,
        "annotation_level": LEVELS[command],
        "title": "",
        "message": message,
        "raw_details": "",
        "blob_href": html_url(request, f"/{run['repository']}/blob/{run['head_sha']}/.github"),
    }
