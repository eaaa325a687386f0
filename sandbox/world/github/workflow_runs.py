"""Workflow runs: what pushes and dispatches start. https://docs.github.com/rest/actions/workflow-runs.

A run is recorded in `github.workflow_runs` as `queued`; whatever executes workflows takes it from there and writes
back its `status` and `conclusion`.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sandbox.world.github import history
from sandbox.world.github.access import find_repository, open_repository
from sandbox.world.github.environments import find_environment, show_environment
from sandbox.world.github.errors import not_found
from sandbox.world.github.identifiers import html_url, next_number, node_id, timestamp
from sandbox.world.github.pages import found
from sandbox.world.github.pull_requests import show_pulls_of_branch
from sandbox.world.github.repositories import minimal_repository, repository_url
from sandbox.world.github.run_titles import display_title
from sandbox.world.github.users import add_user, simple_user_of
from sandbox.world.github.workflows import Workflow, register
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

WORKFLOW_TOKEN_LOGIN = "github-actions[bot]"  # noqa: S105  # a login, not a secret
ENVIRONMENT_FIELDS = ("id", "node_id", "name", "url", "html_url", "created_at", "updated_at")
SKIP = re.compile(r"\[(?:skip ci|ci skip|no ci|skip actions|actions skip)\]", re.IGNORECASE)
_CHANGING = threading.Lock()
"""Held while a run is read and written back: a review comes from another thread than its status."""
_RECORDING = threading.Lock()
"""Held while a run gets its number in its workflow."""
SKIP_TRAILER = re.compile(r"\n\n\n?(?:.*\n)*skip-checks: ?true\s*$", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Head:
    """What a run is shown to be of, where that is not the commit it runs at: a pull request's head."""

    branch: str
    sha: str
    repository: str
    """The full name of the one that the branch is in: of a fork, perhaps."""


def skips_workflows(message: str) -> bool:
    """Whether a commit's message asks that its push starts nothing.

    Source: https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs.
    """
    return SKIP.search(message) is not None or SKIP_TRAILER.search(message) is not None


def record_run(
    state: State,
    repository: Document,
    workflow: Workflow,
    commit: Document,
    *,
    event: str,
    branch: str,
    actor: str,
    before: str | None = None,
    pushed: Sequence[str] = (),
    inputs: Mapping[str, str] | None = None,
    payload: Mapping[str, Any] | None = None,
    ref: str | None = None,
    head: Head | None = None,
    chain: int = 0,
) -> Document:
    """Record one queued run and return it.

    Args:
        state: the world.
        repository: whose run.
        workflow: the file.
        commit: what it runs at, `github.sha`.
        event: what started it.
        branch: what it runs on.
        actor: the login of who started it.
        before: what a push's branch pointed at before.
        pushed: the IDs of the commits that a push brought, newest first.
        inputs: a dispatch's.
        payload: what the event holds beyond what the run itself says.
        ref: `github.ref` where it is not the branch.
        head: what it is shown to be of, where that is neither the branch nor the commit.
        chain: how many runs led to it by `workflow_run`.
    """
    add_user(state, actor)
    with _RECORDING:
        registered = register(state, repository, workflow.path, ran=True)
    number = next_number(state)
    run: Document = {
        "id": number,
        "repository": repository["full_name"],
        "workflow_id": registered["id"],
        "path": workflow.path,
        "name": workflow.name,
        "event": event,
        "ref": ref or f"refs/heads/{branch}",
        "sha": commit["sha"],
        "head_branch": head.branch if head else branch,
        "head_sha": head.sha if head else commit["sha"],
        "head_repository": head.repository if head else repository["full_name"],
        "before": before,
        "pushed": list(pushed),
        "inputs": dict(inputs or {}),
        "payload": dict(payload or {}),
        "actor": actor,
        "status": "queued",
        "conclusion": None,
        "run_number": registered["runs"],
        "run_attempt": 1,
        "approvals": [],
        "chain": chain,
        "created_at": timestamp(),
        "updated_at": timestamp(),
    }
    run["display_title"] = display_title(state, repository, workflow, run, commit)
    state.collection("github.workflow_runs")[str(number)] = run
    return run


def record_review(
    state: State,
    number: int,
    *,
    environment: str,
    login: str,
    verdict: Literal["approved", "rejected"],
    comment: str = "",
) -> None:
    """Record what a reviewer decided about a run's deployment to an environment. Raises KeyError for an unknown run."""
    said = {"environment": environment, "login": login, "state": verdict, "comment": comment}
    review = {**said, "at": timestamp()}
    runs = state.collection("github.workflow_runs")
    with _CHANGING:
        run = runs[str(number)]
        runs[str(number)] = {**run, "approvals": [*run["approvals"], review], "updated_at": timestamp()}


def update_run(state: State, number: int, **changes: Any) -> None:
    """Write what became of a run: `status`, `conclusion`, `jobs`. Raises KeyError for an unknown run."""
    runs = state.collection("github.workflow_runs")
    with _CHANGING:
        runs[str(number)] = {**runs[str(number)], **changes, "updated_at": timestamp()}


def take_run(state: State, number: int) -> bool:
    """Take a queued run in order to execute it; False when another has taken it. Raises KeyError for an unknown run."""
    runs = state.collection("github.workflow_runs")
    with _CHANGING:
        run = runs[str(number)]
        if run["status"] != "queued":
            return False
        runs[str(number)] = {**run, "status": "in_progress", "updated_at": timestamp()}
    return True


def run_url(request: Request, repository: Document, run: Document) -> str:
    """The API's link to a run."""
    return repository_url(request, repository, f"/actions/runs/{run['id']}")


def run_page(request: Request, run: Document) -> str:
    """The page of a run."""
    return html_url(request, f"/{run['repository']}/actions/runs/{run['id']}")


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}")
def get_run(request: Request) -> Response:
    """A run."""
    documentation = "actions/workflow-runs#get-a-workflow-run"
    repository, run = _named(request, documentation)
    return found(request, show_run(request, repository, run))


@routes.add("GET", "/repos/{owner}/{repo}/actions/runs/{run_id}/approvals")
def list_reviews(request: Request) -> Response:
    """Who approved or rejected a run's deployments."""
    repository, run = _named(request, "actions/workflow-runs#get-the-review-history-for-a-workflow-run")
    reviews = []
    for review in run["approvals"]:
        known = find_environment(request.state, repository["owner"], repository["name"], review["environment"])
        shown = [show_environment(request, repository, known[1])] if known else []
        reviews.append(
            {
                "state": review["state"],
                "comment": review["comment"],
                "user": simple_user_of(request, review["login"]),
                "environments": [{name: environment[name] for name in ENVIRONMENT_FIELDS} for environment in shown],
            }
        )
    return found(request, reviews)


def _named(request: Request, documentation: str) -> tuple[Document, Document]:
    repository = open_repository(request, documentation, permission="actions:read")
    run = request.state.collection("github.workflow_runs").get(request.parameters["run_id"])
    if run is None or run["repository"] != repository["full_name"]:
        raise not_found(documentation)
    return repository, run


def show_run(request: Request, repository: Document, run: Document) -> Document:
    """A run (schema `workflow-run`)."""
    link = run_url(request, repository, run)
    commit = history.find_commit(request.state, repository, run["head_sha"])
    if commit is None:
        raise LookupError(f"run {run['id']} is of commit {run['head_sha']}, which this world does not have")
    suite = repository_url(request, repository, f"/check-suites/{run['id']}")
    owner, _, name = run["head_repository"].partition("/")
    source = find_repository(request.state, owner, name) or repository
    return {
        "id": run["id"],
        "name": run["name"],
        "node_id": node_id("WorkflowRun", run["id"]),
        "head_branch": run["head_branch"],
        "head_sha": run["head_sha"],
        "path": run["path"],
        "display_title": run["display_title"],
        "run_number": run["run_number"],
        "run_attempt": run["run_attempt"],
        "event": run["event"],
        "status": run["status"],
        "conclusion": run["conclusion"],
        "workflow_id": run["workflow_id"],
        "url": link,
        "html_url": run_page(request, run),
        "pull_requests": show_pulls_of_branch(request, repository, source, run["head_branch"]),
        "created_at": run["created_at"],
        "updated_at": run["updated_at"],
        "run_started_at": run["created_at"],
        "actor": simple_user_of(request, run["actor"]),
        "triggering_actor": simple_user_of(request, run["actor"]),
        "jobs_url": f"{link}/jobs",
        "logs_url": f"{link}/logs",
        "check_suite_url": suite,
        "artifacts_url": f"{link}/artifacts",
        "cancel_url": f"{link}/cancel",
        "rerun_url": f"{link}/rerun",
        "previous_attempt_url": None,
        "workflow_url": repository_url(request, repository, f"/actions/workflows/{run['workflow_id']}"),
        "head_commit": {
            "id": commit["sha"],
            "tree_id": commit["tree"],
            "message": commit["message"],
            "timestamp": commit["committer"]["date"],
            "author": {name: commit["author"][name] for name in ("name", "email")},
            "committer": {name: commit["committer"][name] for name in ("name", "email")},
        },
        "repository": minimal_repository(request, repository),
        "head_repository": minimal_repository(request, source),
    }
