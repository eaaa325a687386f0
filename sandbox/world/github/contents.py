"""Files on a branch: https://docs.github.com/rest/repos/contents.

Every change is one commit and one push, so it meets the branch's rules and starts its workflows.
"""

import base64
import binascii
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from sandbox.world.github import git_objects, history
from sandbox.world.github.access import open_repository
from sandbox.world.github.authentication import app_may
from sandbox.world.github.commits import show_git_commit
from sandbox.world.github.errors import error, invalid_request, json_body, not_found, optional, required
from sandbox.world.github.identifiers import html_url
from sandbox.world.github.pages import found
from sandbox.world.github.pull_request_events import record_branch_push
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.rule_enforcement import find_violations
from sandbox.world.github.users import add_user, commit_email, commit_person
from sandbox.world.github.workflows import FOLDER
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

READING = "repos/contents#get-repository-content"
WRITING = "repos/contents#create-or-update-file-contents"
DELETING = "repos/contents#delete-a-file"
LARGEST_SHOWN = 1024 * 1024
"""Bytes of the largest file that is answered with its content; larger ones need the raw media type."""


@routes.add("GET", "/repos/{owner}/{repo}/contents/{path:path}")
def get_contents(request: Request) -> Response:
    """A file with its content in base64 (or itself, for the raw media type), or a directory's list, at `ref`."""
    repository = open_repository(request, READING, permission="contents:read")
    ref = request.query.get("ref") or repository["default_branch"]
    commit = history.resolve(request.state, repository, ref)
    if commit is None:
        raise error(404, f"No commit found for the ref {ref}", READING)
    path = request.parameters["path"].strip("/")
    entry = git_objects.find_entry(request.state, commit["tree"], path)
    if entry is None:
        raise not_found(READING)
    if entry.mode == git_objects.DIRECTORY:
        entries = git_objects.list_tree(request.state, entry.sha)
        items = [_item(request, repository, ref, f"{path}/{name}", entries[name]) for name in sorted(entries)]
        return found(request, items)
    content = git_objects.read_blob(request.state, entry.sha)
    if "raw" in request.headers.get("accept", ""):
        return Response(200, content, {"Content-Type": "application/vnd.github.raw+json; charset=utf-8"})
    shown = {"content": base64.encodebytes(content).decode(), "encoding": "base64"}
    if len(content) > LARGEST_SHOWN:
        shown = {"content": "", "encoding": "none"}
    return found(request, {**_item(request, repository, ref, path, entry), **shown})


@routes.add("PUT", "/repos/{owner}/{repo}/contents/{path:path}")
def put_contents(request: Request) -> Response:
    """Commit a file: 201 when it is new, 200 when `sha` names the content it replaces.

    422 when `sha` is missing for a file that is there, 409 when it is another's; a `sha` for a new file is ignored.
    """
    repository, path = _opened(request, WRITING)
    body = json_body(request, WRITING)
    required(body, "message", str, WRITING)
    text = required(body, "content", str, WRITING)
    try:
        content = base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error as problem:
        raise error(422, "content is not valid Base64", WRITING) from problem
    branch, head = _branch(request, repository, body, WRITING)
    known = git_objects.find_entry(request.state, head["tree"], path)
    if known is not None:
        _require_sha(body, path, known.sha, WRITING)
    commit = _commit(request, repository, branch, {path: content}, body=body, documentation=WRITING)
    entry = git_objects.find_entry(request.state, commit["tree"], path)
    if entry is None:
        raise LookupError(f"{path} is not in the commit that wrote it")
    return Response(
        200 if known else 201,
        {
            "content": _item(request, repository, branch, path, entry),
            "commit": show_git_commit(request, repository, commit),
        },
    )


@routes.add("DELETE", "/repos/{owner}/{repo}/contents/{path:path}")
def delete_contents(request: Request) -> Response:
    """Commit a file's removal; `sha` must be its content's."""
    repository, path = _opened(request, DELETING)
    # Clients without bodies for DELETE send the same fields as a query.
    body = {**request.query, **json_body(request, DELETING)}
    required(body, "message", str, DELETING)
    branch, head = _branch(request, repository, body, DELETING)
    known = git_objects.find_entry(request.state, head["tree"], path)
    if known is None or known.mode == git_objects.DIRECTORY:
        raise not_found(DELETING)
    _require_sha(body, path, known.sha, DELETING)
    commit = _commit(request, repository, branch, {path: None}, body=body, documentation=DELETING)
    return Response(200, {"content": None, "commit": show_git_commit(request, repository, commit)})


def _opened(request: Request, documentation: str) -> tuple[Document, str]:
    """The repository and the path to write, when the token may write there."""
    repository = open_repository(request, documentation, needs="write", permission="contents:write", denial=404)
    path = request.parameters["path"]
    parts = path.split("/")
    if any(part in ("", ".", "..") for part in parts) or ".git" in (part.lower() for part in parts):
        raise error(422, "path contains a malformed path component", documentation)
    if path.startswith(f"{FOLDER}/"):
        if request.identity["type"] == "App" and not app_may(request.identity, "workflows:write"):
            raise error(403, "Resource not accessible by integration", documentation)
        if request.identity["type"] == "User" and "workflow" not in request.identity["scopes"]:
            raise not_found(documentation)
    return repository, path


def _branch(request: Request, repository: Document, body: Document, documentation: str) -> tuple[str, Document]:
    name = optional(body, "branch", str, documentation) or repository["default_branch"]
    name = name.removeprefix("refs/heads/")
    sha = history.find_ref(request.state, repository, f"refs/heads/{name}")
    head = history.find_commit(request.state, repository, sha) if sha else None
    if head is None:
        raise error(404, f"Branch {name} not found", documentation)
    return name, head


def _require_sha(body: Document, path: str, known: str, documentation: str) -> None:
    sha = required(body, "sha", str, documentation)
    if sha != known:
        raise error(409, f"{path} does not match {sha}", documentation)


def _commit(
    request: Request,
    repository: Document,
    branch: str,
    changes: Mapping[str, bytes | None],
    *,
    body: Document,
    documentation: str,
) -> Document:
    ref = f"refs/heads/{branch}"
    reasons = find_violations(request.state, repository, ref, request.identity, "update")
    if reasons:
        raise error(409, "\n\n".join(["Repository rule violations found", *reasons, ""]), documentation)
    committer = requested_person(request, body, "committer", documentation)
    author = requested_person(request, body, "author", documentation) if body.get("author") else committer
    before = history.find_ref(request.state, repository, ref)
    try:
        commit = history.add_commit(
            request.state,
            repository,
            ref,
            changes,
            message=body["message"],
            author=author,
            committer=committer,
            actor=request.identity["login"],
        )
    except git_objects.PathError as problem:
        raise error(422, str(problem), documentation) from problem
    record_branch_push(request.state, repository, branch, commit, before=before, login=request.identity["login"])
    return commit


def requested_person(request: Request, body: Document, field: str, documentation: str) -> dict[str, Any]:
    """The author or committer that a body names, or whoever asks; 422 for one that is not whole."""
    user = add_user(request.state, request.identity["login"])
    given = optional(body, field, dict, documentation)
    if given is None:
        return commit_person(user)
    person: dict[str, Any] = {name: required(given, name, str, documentation) for name in ("name", "email")}
    if given.get("date"):
        try:
            datetime.fromisoformat(given["date"])
        except (TypeError, ValueError) as problem:
            raise invalid_request(f"{given['date']!r} is not a valid date-time.", documentation) from problem
        person["date"] = given["date"]
    logins = {commit_email(known): known["login"] for known in request.state.collection("github.users").values()}
    return {**person, "login": logins.get(person["email"])}


def _item(request: Request, repository: Document, ref: str, path: str, entry: git_objects.Entry) -> Document:
    directory = entry.mode == git_objects.DIRECTORY
    page = html_url(request, f"/{repository['full_name']}")
    link = repository_url(request, repository, f"/contents/{quote(path)}?ref={quote(ref, safe='')}")
    kind = "tree" if directory else "blob"
    objects = repository_url(request, repository, f"/git/{kind}s/{entry.sha}")
    reading = f"{page}/{kind}/{quote(ref)}/{quote(path)}"
    return {
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.sha,
        "size": 0 if directory else len(git_objects.read_blob(request.state, entry.sha)),
        "url": link,
        "html_url": reading,
        "git_url": objects,
        "download_url": None if directory else f"{page}/raw/{quote(ref)}/{quote(path)}",
        "type": "dir" if directory else "file",
        "_links": {"self": link, "git": objects, "html": reading},
    }
