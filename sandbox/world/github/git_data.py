"""Writing Git's own objects: https://docs.github.com/rest/git/blobs, .../trees and .../commits.

Nothing here moves a ref, so no rule is asked and nothing starts: that is for the ref's own call.
"""

import base64
import binascii
from typing import Any

from sandbox.world.github import git_objects, history
from sandbox.world.github.access import open_repository
from sandbox.world.github.commits import show_git_commit
from sandbox.world.github.contents import requested_person
from sandbox.world.github.errors import error, json_body, not_found, optional, required
from sandbox.world.github.git_objects import Entry
from sandbox.world.github.pages import found
from sandbox.world.github.repositories import repository_url
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

MODES = {"100644": "blob", "100755": "blob", "120000": "blob", "040000": "tree"}
"""The kinds of objects by the modes of a tree's entries. This world has no submodules."""


@routes.add("POST", "/repos/{owner}/{repo}/git/blobs")
def create_blob(request: Request) -> Response:
    """Keep a file's content, as it is or in base64: 201."""
    documentation = "git/blobs#create-a-blob"
    repository = _opened(request, documentation)
    body = json_body(request, documentation)
    text = required(body, "content", str, documentation)
    content = text.encode()
    if (optional(body, "encoding", str, documentation) or "utf-8") == "base64":
        try:
            content = base64.b64decode("".join(text.split()), validate=True)
        except binascii.Error as problem:
            raise error(422, "content is not valid Base64", documentation) from problem
    sha = git_objects.write_blob(request.state, content)
    link = repository_url(request, repository, f"/git/blobs/{sha}")
    return Response(201, {"sha": sha, "url": link}, {"Location": link})


@routes.add("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}")
def get_blob(request: Request) -> Response:
    """A file's content in base64."""
    documentation = "git/blobs#get-a-blob"
    repository = open_repository(request, documentation, permission="contents:read")
    sha = request.parameters["file_sha"]
    if sha not in request.state.collection("github.blobs"):
        raise not_found(documentation)
    content = git_objects.read_blob(request.state, sha)
    shown = {
        "sha": sha,
        "node_id": sha,
        "size": len(content),
        "url": repository_url(request, repository, f"/git/blobs/{sha}"),
        "content": base64.encodebytes(content).decode(),
        "encoding": "base64",
    }
    return found(request, shown)


@routes.add("POST", "/repos/{owner}/{repo}/git/trees")
def create_tree(request: Request) -> Response:
    """Keep a tree of entries (`content` or `sha`; a `sha` of null removes), on top of `base_tree` if there is one: 201.

    Raises 422 for an entry without either, or of an object that is not there.
    """
    documentation = "git/trees#create-a-tree"
    repository = _opened(request, documentation)
    body = json_body(request, documentation)
    base = optional(body, "base_tree", str, documentation)
    if base is not None:
        commit = history.find_commit(request.state, repository, base)
        base = commit["tree"] if commit else base
        if base not in request.state.collection("github.trees"):
            raise error(422, "base_tree is not a valid tree oid", documentation)
    entries = required(body, "tree", list, documentation)
    if not entries:
        raise error(422, "Invalid tree info", documentation)
    written = dict(_entry(request.state, entry, documentation) for entry in entries)
    sha = git_objects.set_entries(request.state, base, written)
    shown = _tree(request, repository, sha, recursive=False)
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("GET", "/repos/{owner}/{repo}/git/trees/{tree_sha:path}")
def get_tree(request: Request) -> Response:
    """A tree by its ID or by a name of its commit; with all that is below it when the query has `recursive`."""
    documentation = "git/trees#get-a-tree"
    repository = open_repository(request, documentation, permission="contents:read")
    name = request.parameters["tree_sha"]
    commit = history.resolve(request.state, repository, name)
    sha = commit["tree"] if commit else name
    if sha not in request.state.collection("github.trees"):
        raise not_found(documentation)
    return found(request, _tree(request, repository, sha, recursive="recursive" in request.query))


@routes.add("POST", "/repos/{owner}/{repo}/git/commits")
def create_commit(request: Request) -> Response:
    """Keep a commit of a tree, on top of its parents or of none: 201."""
    documentation = "git/commits#create-a-commit"
    repository = _opened(request, documentation)
    body = json_body(request, documentation)
    message = required(body, "message", str, documentation)
    tree = required(body, "tree", str, documentation)
    if tree not in request.state.collection("github.trees"):
        raise error(422, "Tree SHA does not exist", documentation)
    parents = optional(body, "parents", list, documentation) or []
    for parent in parents:
        if history.find_commit(request.state, repository, str(parent)) is None:
            raise error(422, "Parent SHA does not exist or is not a commit object", documentation)
    author = requested_person(request, body, "author", documentation)
    committer = requested_person(request, body, "committer", documentation) if body.get("committer") else author
    commit = history.write_commit(
        request.state, repository, tree=tree, parents=parents, message=message, author=author, committer=committer
    )
    shown = show_git_commit(request, repository, commit)
    return Response(201, shown, {"Location": shown["url"]})


def _opened(request: Request, documentation: str) -> Document:
    return open_repository(request, documentation, needs="write", permission="contents:write", denial=404)


def _entry(state: State, entry: Any, documentation: str) -> tuple[str, Entry | None]:
    if not isinstance(entry, dict):
        raise error(422, "Invalid tree info", documentation)
    path = required(entry, "path", str, documentation)
    if any(part in ("", ".", "..") for part in path.split("/")):
        raise error(422, "tree.path contains a malformed path component", documentation)
    if "sha" in entry and entry["sha"] is None:
        return path, None
    mode = optional(entry, "mode", str, documentation) or git_objects.FILE
    if mode not in MODES:
        raise error(422, f"Must supply a valid tree.mode, not {mode}", documentation)
    content, sha = (optional(entry, name, str, documentation) for name in ("content", "sha"))
    if (content is None) == (sha is None):
        raise error(422, "Must supply either tree.sha or tree.content", documentation)
    if sha is None:
        sha = git_objects.write_blob(state, str(content).encode())
    elif sha not in state.collection(f"github.{MODES[mode]}s"):
        raise error(422, f"tree.sha {sha} is not a valid {MODES[mode]}", documentation)
    return path, Entry(mode.lstrip("0"), sha)


def _tree(request: Request, repository: Document, sha: str, *, recursive: bool) -> Document:
    return {
        "sha": sha,
        "url": repository_url(request, repository, f"/git/trees/{sha}"),
        "tree": _entries(request, repository, sha, "", recursive=recursive),
        "truncated": False,
    }


def _entries(request: Request, repository: Document, sha: str, prefix: str, *, recursive: bool) -> list[Document]:
    shown: list[Document] = []
    for name, entry in git_objects.list_tree(request.state, sha).items():
        kind = "tree" if entry.mode == git_objects.DIRECTORY else "blob"
        item: Document = {
            "path": prefix + name,
            "mode": entry.mode.zfill(6),
            "type": kind,
            "sha": entry.sha,
            "url": repository_url(request, repository, f"/git/{kind}s/{entry.sha}"),
        }
        if kind == "blob":
            item["size"] = len(git_objects.read_blob(request.state, entry.sha))
        shown.append(item)
        if kind == "tree" and recursive:
            shown += _entries(request, repository, entry.sha, f"{prefix}{name}/", recursive=True)
    return shown
