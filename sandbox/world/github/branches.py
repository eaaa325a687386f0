"""Branches and the refs behind them: https://docs.github.com/rest/branches/branches, https://docs.github.com/rest/git/refs."""

import threading
from urllib.parse import quote

from sandbox.world.github import history
from sandbox.world.github.access import open_repository
from sandbox.world.github.commits import show_commit
from sandbox.world.github.errors import error, json_body, not_found, optional, required
from sandbox.world.github.identifiers import html_url, node_id
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.ref_moves import Move, apply_move
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.rule_enforcement import Change, applies, find_violations, list_rulesets
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

_CREATING = threading.Lock()
"""Held between looking whether a ref is there and making it: of two who make it, one is told that it exists."""

HEADS = "refs/heads/"


@routes.add("GET", "/repos/{owner}/{repo}/branches")
def list_branches(request: Request) -> Response:
    """The branches, by name."""
    documentation = "branches/branches#list-branches"
    repository = open_repository(request, documentation, permission="contents:read")
    branches = [
        {
            "name": ref.removeprefix(HEADS),
            "commit": {"sha": sha, "url": repository_url(request, repository, f"/commits/{sha}")},
            "protected": _protected(request, repository, ref),
        }
        for ref, sha in history.list_refs(request.state, repository, HEADS).items()
    ]
    if "protected" in request.query:
        wanted = request.query["protected"] == "true"
        branches = [branch for branch in branches if branch["protected"] == wanted]
    page, headers = select_page(request, branches)
    return found(request, list(page), headers)


@routes.add("GET", "/repos/{owner}/{repo}/branches/{branch:path}")
def get_branch(request: Request) -> Response:
    """A branch with its head commit. `protected` says whether an active ruleset covers it."""
    documentation = "branches/branches#get-a-branch"
    repository = open_repository(request, documentation, permission="contents:read")
    name = request.parameters["branch"]
    sha = history.find_ref(request.state, repository, HEADS + name)
    commit = history.find_commit(request.state, repository, sha) if sha else None
    if commit is None:
        raise error(404, "Branch not found", documentation)
    link = repository_url(request, repository, f"/branches/{name}")
    body: Document = {
        "name": name,
        "commit": show_commit(request, repository, commit),
        "_links": {"self": link, "html": html_url(request, f"/{repository['full_name']}/tree/{name}")},
        "protected": _protected(request, repository, HEADS + name),
        "protection": {
            "enabled": False,
            "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
        },
        "protection_url": f"{link}/protection",
    }
    return found(request, body)


@routes.add("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}")
def get_ref(request: Request) -> Response:
    """A ref by its name without `refs/` (`heads/main`)."""
    documentation = "git/refs#get-a-reference"
    repository = open_repository(request, documentation, permission="contents:read")
    ref = f"refs/{request.parameters['ref']}"
    sha = history.find_ref(request.state, repository, ref)
    if sha is None:
        raise not_found(documentation)
    return found(request, _ref(request, repository, ref, sha))


@routes.add("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref:path}")
def list_matching_refs(request: Request) -> Response:
    """The refs whose names start with the given one; none is an empty list."""
    documentation = "git/refs#list-matching-references"
    repository = open_repository(request, documentation, permission="contents:read")
    refs = history.list_refs(request.state, repository, f"refs/{request.parameters['ref']}")
    return found(request, [_ref(request, repository, ref, sha) for ref, sha in refs.items()])


@routes.add("POST", "/repos/{owner}/{repo}/git/refs")
def create_ref(request: Request) -> Response:
    """Make a branch or tag at a commit: 201; 422 when it is there already, so that only one of two callers makes it."""
    documentation = "git/refs#create-a-reference"
    repository = open_repository(request, documentation, needs="write", permission="contents:write", denial=404)
    body = json_body(request, documentation)
    ref = required(body, "ref", str, documentation)
    sha = required(body, "sha", str, documentation)
    if history.REF.fullmatch(ref) is None:
        raise error(422, f"{ref} is not a valid ref name.", documentation)
    commit = history.find_commit(request.state, repository, sha)
    with _CREATING:
        if history.find_ref(request.state, repository, ref) is not None:
            raise error(422, "Reference already exists", documentation)
        if commit is None:
            raise error(422, "Object does not exist", documentation)
        if history.find_obstacle(history.list_refs(request.state, repository, "refs/"), ref) is not None:
            raise error(422, "Reference update failed", documentation)
        _refuse_violations(request, repository, ref, "create", documentation=documentation, after=sha)
        apply_move(request.state, repository, Move(ref, None, sha), request.identity["login"])
    shown = _ref(request, repository, ref, sha)
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def update_ref(request: Request) -> Response:
    """Point a ref at another commit; 422 when that loses commits, unless `force` says so."""
    documentation = "git/refs#update-a-reference"
    repository = open_repository(request, documentation, needs="write", permission="contents:write", denial=404)
    body = json_body(request, documentation)
    ref = f"refs/{request.parameters['ref']}"
    sha = required(body, "sha", str, documentation)
    before = history.find_ref(request.state, repository, ref)
    if before is None:
        raise error(422, "Reference does not exist", documentation)
    commit = history.find_commit(request.state, repository, sha)
    if commit is None:
        raise error(422, "Object does not exist", documentation)
    is_forward = history.is_ancestor(request.state, repository, before, sha)
    if not is_forward and not optional(body, "force", bool, documentation):
        raise error(422, "Update is not a fast forward", documentation)
    _refuse_violations(
        request, repository, ref, "update" if is_forward else "force", documentation=documentation, after=sha
    )
    apply_move(request.state, repository, Move(ref, before, sha), request.identity["login"])
    return found(request, _ref(request, repository, ref, sha))


@routes.add("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}")
def delete_ref(request: Request) -> Response:
    """Remove a ref: 204."""
    documentation = "git/refs#delete-a-reference"
    repository = open_repository(request, documentation, needs="write", permission="contents:write", denial=404)
    ref = f"refs/{request.parameters['ref']}"
    before = history.find_ref(request.state, repository, ref)
    if before is None:
        raise error(422, "Reference does not exist", documentation)
    if ref == HEADS + repository["default_branch"]:
        raise error(422, "Cannot delete the default branch", documentation)
    _refuse_violations(request, repository, ref, "delete", documentation=documentation)
    apply_move(request.state, repository, Move(ref, before, None), request.identity["login"])
    return Response(204)


def _refuse_violations(
    request: Request, repository: Document, ref: str, change: Change, *, documentation: str, after: str | None = None
) -> None:
    reasons = find_violations(request.state, repository, ref, request.identity, change, after=after)
    if reasons:
        raise error(422, "\n\n".join(["Repository rule violations found", *reasons, ""]), documentation)


def _protected(request: Request, repository: Document, ref: str) -> bool:
    return any(applies(ruleset, repository, ref) for ruleset in list_rulesets(request.state, repository))


def _ref(request: Request, repository: Document, ref: str, sha: str) -> Document:
    return {
        "ref": ref,
        "node_id": node_id("Ref", f"{repository['id']}:{ref}"),
        "url": repository_url(request, repository, f"/git/{quote(ref)}"),
        "object": {
            "sha": sha,
            "type": "commit",
            "url": repository_url(request, repository, f"/git/commits/{sha}"),
        },
    }
