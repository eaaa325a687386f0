"""Finding workflow runs: https://docs.github.com/rest/actions/workflow-runs#list-workflow-runs-for-a-repository."""

from datetime import UTC, datetime, timedelta

from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import invalid_request, not_found
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.workflow_runs import show_run
from sandbox.world.github.workflows import find_workflow
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

FIELDS = {"event": "event", "branch": "head_branch", "head_sha": "head_sha"}
"""What a run must be equal in, by the name of the query."""


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs")
def list_runs(request: Request) -> Response:
    """The runs of a repository, newest first, as far as the query's filters let them through."""
    documentation = "actions/workflow-runs#list-workflow-runs-for-a-repository"
    repository = open_repository(request, documentation, permission="actions:read")
    return _listed(request, repository, None, documentation)


@routes.add("GET", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs")
def list_runs_of_workflow(request: Request) -> Response:
    """The runs of one workflow, by its number or file name, likewise."""
    documentation = "actions/workflow-runs#list-workflow-runs-for-a-workflow"
    repository = open_repository(request, documentation, permission="actions:read")
    path = find_workflow(request.state, repository, request.parameters["workflow_id"])
    if path is None:
        raise not_found(documentation)
    return _listed(request, repository, path, documentation)


def _listed(request: Request, repository: Document, path: str | None, documentation: str) -> Response:
    since, until = _period(request.query.get("created", ""), documentation)
    runs = [
        run
        for run in reversed(list(request.state.collection("github.workflow_runs").values()))
        if run["repository"] == repository["full_name"]
        and path in (None, run["path"])
        and since <= datetime.fromisoformat(run["created_at"]) <= until
        and _is_wanted(request, run)
    ]
    page, headers = select_page(request, runs)
    shown = [show_run(request, repository, run) for run in page]
    return found(request, {"total_count": len(runs), "workflow_runs": shown}, headers)


def _is_wanted(request: Request, run: Document) -> bool:
    query = request.query
    return (
        all(query.get(name, run[field]) == run[field] for name, field in FIELDS.items())
        and query.get("actor", run["actor"]).lower() == run["actor"].lower()
        and query.get("status", run["status"]) in (run["status"], run["conclusion"])
    )


def _period(asked: str, documentation: str) -> tuple[datetime, datetime]:
    """The moments that `created` lets through: a day or moment, with `>`, `>=`, `<` or `<=` before it, or `A..B`."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    second = timedelta(seconds=1)
    start, dots, end = asked.partition("..")
    if dots:
        since = first if start in ("", "*") else _span(start, documentation)[0]
        return since, last if end in ("", "*") else _span(end, documentation)[1]
    if not asked:
        return first, last
    begins, ends = _span(asked.lstrip("<>="), documentation)
    operator = asked[: len(asked) - len(asked.lstrip("<>="))]
    periods = {
        "": (begins, ends),
        ">": (ends + second, last),
        ">=": (begins, last),
        "<": (first, begins - second),
        "<=": (first, ends),
    }
    return periods.get(operator, (begins, ends))


def _span(text: str, documentation: str) -> tuple[datetime, datetime]:
    """The first and last second of a day, or a moment twice."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise invalid_request(f"{text!r} is not a date.", documentation) from problem
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment, moment if "T" in text else moment + timedelta(days=1, seconds=-1)
