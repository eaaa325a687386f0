"""Commit statuses: https://docs.github.com/rest/commits/statuses."""

from urllib.parse import urlsplit

from sandbox.world.github import history
from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import json_body, not_found, optional, required, validation_failed
from sandbox.world.github.identifiers import html_url, next_number, node_id, timestamp
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import minimal_repository, repository_url
from sandbox.world.github.users import find_user, simple_user_of
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

STATES = ("error", "failure", "pending", "success")
LONGEST_DESCRIPTION = 140
MOST_OF_A_CONTEXT = 1000
_STATUSES = "github.commit_statuses"


@routes.add("POST", "/repos/{owner}/{repo}/statuses/{sha}")
def create_status(request: Request) -> Response:
    """Say how a commit fares in a context (`default` when none is named); the last word in a context counts."""
    documentation = "commits/statuses#create-a-commit-status"
    repository = open_repository(request, documentation, needs="write", permission="statuses:write", denial=404)
    body = json_body(request, documentation)
    state = required(body, "state", str, documentation)
    described = {name: optional(body, name, str, documentation) for name in ("target_url", "description")}
    context = optional(body, "context", str, documentation) or "default"
    sha = request.parameters["sha"]
    if history.find_commit(request.state, repository, sha) is None:
        raise validation_failed("Status", [f"No commit found for SHA: {sha}"], documentation)
    problems = []
    if state not in STATES:
        problems.append("state is not included in the list")
    if described["target_url"] and urlsplit(described["target_url"]).scheme not in ("http", "https"):
        problems.append("target_url must use http(s) scheme")
    if described["description"] and len(described["description"]) > LONGEST_DESCRIPTION:
        problems.append(f"description is too long (maximum is {LONGEST_DESCRIPTION} characters)")
    given = [
        status for status in _statuses(request.state, repository, sha) if _same_context(status["context"], context)
    ]
    if len(given) >= MOST_OF_A_CONTEXT:
        problems.append("This SHA and context has reached the maximum number of statuses.")
    if problems:
        raise validation_failed("Status", problems, documentation)
    moment = timestamp()
    status: Document = {
        "id": next_number(request.state),
        "repository": repository["id"],
        "sha": sha,
        "state": state,
        "context": context,
        **described,
        "creator": request.identity["login"],
        "created_at": moment,
    }
    request.state.collection(_STATUSES).add(status)
    shown = _show_status(request, repository, status)
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}/statuses")
def list_statuses(request: Request) -> Response:
    """Every status of the commit that a ref names, newest first."""
    documentation = "commits/statuses#list-commit-statuses-for-a-reference"
    repository, commit = _requested_commit(request, documentation)
    page, headers = select_page(request, _statuses(request.state, repository, commit["sha"]))
    return found(request, [_show_status(request, repository, status) for status in page], headers)


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}/status")
def get_combined_status(request: Request) -> Response:
    """How the commit that a ref names fares over all: the newest status of each context, and the worst of them."""
    documentation = "commits/statuses#get-the-combined-status-for-a-specific-reference"
    repository, commit = _requested_commit(request, documentation)
    latest = latest_statuses(request.state, repository, commit["sha"])
    states = {status["state"] for status in latest.values()}
    page, headers = select_page(request, list(latest.values()))
    link = repository_url(request, repository, f"/commits/{commit['sha']}")
    shown = {
        "state": "failure" if states & {"error", "failure"} else "success" if states == {"success"} else "pending",
        "statuses": [_show_simple_status(request, repository, status) for status in page],
        "sha": commit["sha"],
        "total_count": len(latest),
        "repository": minimal_repository(request, repository),
        "commit_url": link,
        "url": f"{link}/status",
    }
    return found(request, shown, headers)


def latest_statuses(state: State, repository: Document, sha: str) -> dict[str, Document]:
    """The newest status of each context of a commit, by the context in lower case."""
    latest: dict[str, Document] = {}
    for status in _statuses(state, repository, sha):
        latest.setdefault(status["context"].lower(), status)
    return latest


def _requested_commit(request: Request, documentation: str) -> tuple[Document, Document]:
    repository = open_repository(request, documentation, permission="statuses:read")
    commit = history.resolve(request.state, repository, request.parameters["ref"])
    if commit is None:
        raise not_found(documentation)
    return repository, commit


def _statuses(state: State, repository: Document, sha: str) -> list[Document]:
    """A commit's statuses, newest first."""
    return [
        status
        for status in reversed(list(state.collection(_STATUSES).values()))
        if (status["repository"], status["sha"]) == (repository["id"], sha)
    ]


def _same_context(one: str, other: str) -> bool:
    return one.lower() == other.lower()


def _show_simple_status(request: Request, repository: Document, status: Document) -> Document:
    """A status without who gave it (schema `simple-commit-status`)."""
    user = find_user(request.state, status["creator"])
    return {
        "url": repository_url(request, repository, f"/statuses/{status['sha']}"),
        "avatar_url": html_url(request, f"/avatars/u/{user['id']}") if user else None,
        "id": status["id"],
        "node_id": node_id("StatusContext", status["id"]),
        "state": status["state"],
        "description": status["description"],
        "target_url": status["target_url"],
        "context": status["context"],
        "created_at": status["created_at"],
        "updated_at": status["created_at"],
    }


def _show_status(request: Request, repository: Document, status: Document) -> Document:
    """A status and who gave it (schema `status`)."""
    shown = _show_simple_status(request, repository, status)
    return {**shown, "creator": simple_user_of(request, status["creator"])}
