"""Commits: https://docs.github.com/rest/commits/commits and https://docs.github.com/rest/git/commits."""

import difflib
from datetime import datetime
from urllib.parse import quote

from sandbox.world.github import git_objects, history
from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import error, not_found
from sandbox.world.github.identifiers import html_url, node_id
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.users import simple_user_of
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

UNSIGNED = {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def show_commit(request: Request, repository: Document, commit: Document) -> Document:
    """A commit without its files (schema `commit`)."""
    sha = commit["sha"]
    link = repository_url(request, repository, f"/commits/{sha}")
    return {
        "sha": sha,
        "node_id": node_id("Commit", f"{repository['id']}:{sha}"),
        "commit": {
            "author": commit["author"],
            "committer": commit["committer"],
            "message": commit["message"],
            "tree": _tree(request, repository, commit),
            "url": repository_url(request, repository, f"/git/commits/{sha}"),
            "comment_count": 0,
            "verification": UNSIGNED,
        },
        "url": link,
        "html_url": html_url(request, f"/{repository['full_name']}/commit/{sha}"),
        "comments_url": f"{link}/comments",
        "author": simple_user_of(request, commit["author_login"]),
        "committer": simple_user_of(request, commit["committer_login"]),
        "parents": _parents(request, repository, commit, "/commits"),
    }


def show_git_commit(request: Request, repository: Document, commit: Document) -> Document:
    """A commit as Git has it (schema `git-commit`)."""
    sha = commit["sha"]
    return {
        "sha": sha,
        "node_id": node_id("Commit", f"{repository['id']}:{sha}"),
        "url": repository_url(request, repository, f"/git/commits/{sha}"),
        "html_url": html_url(request, f"/{repository['full_name']}/commit/{sha}"),
        "author": commit["author"],
        "committer": commit["committer"],
        "tree": _tree(request, repository, commit),
        "message": commit["message"],
        "parents": _parents(request, repository, commit, "/git/commits"),
        "verification": UNSIGNED,
    }


@routes.add("GET", "/repos/{owner}/{repo}/commits")
def list_commits(request: Request) -> Response:
    """The commits reachable from `sha` (a branch, tag or commit), newest first, optionally those that change `path`."""
    documentation = "commits/commits#list-commits"
    repository = open_repository(request, documentation, permission="contents:read")
    head = _head(request, repository, request.query.get("sha") or repository["default_branch"], documentation)
    path = request.query.get("path", "").strip("/")
    bounds = {name: _moment(request.query[name], documentation) for name in ("since", "until") if name in request.query}
    commits = [
        commit
        for commit in history.log(request.state, repository, head)
        if (not path or _changes(commit, path)) and _within(commit, bounds)
    ]
    page, headers = select_page(request, commits)
    return found(request, [show_commit(request, repository, commit) for commit in page], headers)


@routes.add("GET", "/repos/{owner}/{repo}/commits/{ref:path}")
def get_commit(request: Request) -> Response:
    """The commit that a ref names, with the files it changed."""
    documentation = "commits/commits#get-a-commit"
    repository = open_repository(request, documentation, permission="contents:read")
    commit = history.resolve(request.state, repository, request.parameters["ref"])
    if commit is None:
        raise error(422, f"No commit found for SHA: {request.parameters['ref']}", documentation)
    if "application/vnd.github.sha" in request.headers.get("accept", ""):
        return Response(200, commit["sha"])
    page, headers = select_page(request, commit["files"], default=100)
    files = [_file(request, repository, commit, change) for change in page]
    stats = {name: sum(file[name] for file in files) for name in ("additions", "deletions")}
    stats["total"] = stats["additions"] + stats["deletions"]
    return found(request, {**show_commit(request, repository, commit), "stats": stats, "files": files}, headers)


@routes.add("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}")
def get_git_commit(request: Request) -> Response:
    """A commit as Git has it, by its full ID."""
    documentation = "git/commits#get-a-commit-object"
    repository = open_repository(request, documentation, permission="contents:read")
    commit = history.find_commit(request.state, repository, request.parameters["commit_sha"])
    if commit is None:
        raise not_found(documentation)
    return found(request, show_git_commit(request, repository, commit))


def _head(request: Request, repository: Document, name: str, documentation: str) -> Document:
    commit = history.resolve(request.state, repository, name)
    if commit is None:
        raise not_found(documentation)
    return commit


def _moment(text: str, documentation: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as problem:
        raise error(422, f"Invalid timestamp: {text}", documentation) from problem


def _within(commit: Document, bounds: dict[str, datetime]) -> bool:
    moment = datetime.fromisoformat(commit["committer"]["date"])
    return bounds.get("since", moment) <= moment <= bounds.get("until", moment)


def _changes(commit: Document, path: str) -> bool:
    return any(change["path"] == path or change["path"].startswith(f"{path}/") for change in commit["files"])


def _tree(request: Request, repository: Document, commit: Document) -> Document:
    return {"sha": commit["tree"], "url": repository_url(request, repository, f"/git/trees/{commit['tree']}")}


def _parents(request: Request, repository: Document, commit: Document, folder: str) -> list[Document]:
    return [
        {
            "sha": sha,
            "url": repository_url(request, repository, f"{folder}/{sha}"),
            "html_url": html_url(request, f"/{repository['full_name']}/commit/{sha}"),
        }
        for sha in commit["parents"]
    ]


def _file(request: Request, repository: Document, commit: Document, change: Document) -> Document:
    added, removed = line_counts(request.state, change["before"], change["after"])
    path, page = quote(change["path"]), html_url(request, f"/{repository['full_name']}")
    return {
        "sha": change["after"] or change["before"],
        "filename": change["path"],
        "status": change["status"],
        "additions": added,
        "deletions": removed,
        "changes": added + removed,
        "blob_url": f"{page}/blob/{commit['sha']}/{path}",
        "raw_url": f"{page}/raw/{commit['sha']}/{path}",
        "contents_url": repository_url(request, repository, f"/contents/{path}?ref={commit['sha']}"),
    }


def line_counts(state: State, before: str | None, after: str | None) -> tuple[int, int]:
    """How many lines a change of a content, known by IDs, adds and removes."""
    old, new = (git_objects.read_blob(state, sha).splitlines() if sha else [] for sha in (before, after))
    added = removed = 0
    for tag, old_start, old_end, new_start, new_end in difflib.SequenceMatcher(None, old, new).get_opcodes():
        if tag != "equal":
            removed += old_end - old_start
            added += new_end - new_start
    return added, removed
