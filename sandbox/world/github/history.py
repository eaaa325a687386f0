"""A repository's commits and the refs that point at them: reading, resolving, and adding a commit to a branch."""

import heapq
import string
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sandbox.world.github import git_objects
from sandbox.world.github.git_objects import Entry
from sandbox.world.github.identifiers import timestamp
from sandbox.world.state import Document, State

SHA_LENGTH = 40
SHORTEST_SHA = 7


def find_ref(state: State, repository: Document, ref: str) -> str | None:
    """The commit that a full ref (`refs/heads/main`) points at."""
    return state.collection("github.refs").get(_key(repository, ref), {}).get("sha")


def set_ref(state: State, repository: Document, ref: str, sha: str | None) -> None:
    """Point a full ref at a commit, or remove it (None)."""
    refs = state.collection("github.refs")
    if sha is None:
        refs.pop(_key(repository, ref), None)
    else:
        refs[_key(repository, ref)] = {"sha": sha}


def list_refs(state: State, repository: Document, prefix: str) -> dict[str, str]:
    """The full refs that start with the prefix, by name, each with its commit."""
    refs = state.collection("github.refs")
    start = _key(repository, prefix)
    names = sorted(key.partition(":")[2] for key in refs if key.startswith(start))
    return {name: refs[_key(repository, name)]["sha"] for name in names}


def find_commit(state: State, repository: Document, sha: str) -> Document | None:
    """A commit of the repository by its full ID."""
    return state.collection("github.commits").get(_key(repository, sha))


def resolve(state: State, repository: Document, name: str) -> Document | None:
    """The commit that a name means: a branch, a tag, a ref with or without `refs/`, a commit ID or 7 digits of one."""
    for ref in (f"refs/heads/{name}", f"refs/tags/{name}", f"refs/{name}", name):
        sha = find_ref(state, repository, ref)
        if sha is not None:
            return find_commit(state, repository, sha)
    if not SHORTEST_SHA <= len(name) <= SHA_LENGTH or not set(name.lower()) <= set(string.hexdigits):
        return None
    if len(name) == SHA_LENGTH:
        return find_commit(state, repository, name.lower())
    commits = state.collection("github.commits")
    start = _key(repository, name.lower())
    matches = [key for key in commits if key.startswith(start)]
    return commits[matches[0]] if len(matches) == 1 else None


def log(state: State, repository: Document, head: Document) -> Iterator[Document]:
    """The commits reachable from one, newest first, a commit always before its parents."""
    order = 0
    heap = [(_age(head), order, head)]
    seen = {head["sha"]}
    while heap:
        _, _, commit = heapq.heappop(heap)
        yield commit
        for sha in commit["parents"]:
            parent = find_commit(state, repository, sha)
            if parent is not None and sha not in seen:
                seen.add(sha)
                order += 1
                heapq.heappush(heap, (_age(parent), order, parent))


def add_commit(
    state: State,
    repository: Document,
    ref: str,
    changes: Mapping[str, bytes | None],
    *,
    message: str,
    author: Mapping[str, Any],
    committer: Mapping[str, Any],
) -> Document:
    """Commit changed files on top of a full ref, and move it; a ref that is not there starts a history.

    Args:
        state: the world.
        repository: whose history.
        ref: `refs/heads/NAME`.
        changes: content by path, None to remove.
        message: the whole message.
        author: name, email, optionally date (ISO 8601) and login.
        committer: likewise.

    Raises:
        PathError: a path cannot be a file.
    """
    parent = find_ref(state, repository, ref)
    before = find_commit(state, repository, parent) if parent else None
    tree = git_objects.change_tree(state, before["tree"] if before else None, changes)
    commit: Document = {
        "tree": tree,
        "parents": [parent] if parent else [],
        "author": _person(author),
        "committer": _person(committer),
        "message": message,
        "author_login": author.get("login"),
        "committer_login": committer.get("login"),
        "files": [
            change
            for path in sorted(changes)
            if (change := _change(state, before["tree"] if before else None, tree, path)) is not None
        ],
    }
    commit["sha"] = git_objects.commit_id(commit)
    state.collection("github.commits")[_key(repository, commit["sha"])] = commit
    set_ref(state, repository, ref, commit["sha"])
    repositories = state.collection("github.repositories")
    key = repository["full_name"].lower()
    repositories[key] = {**repositories[key], "pushed_at": timestamp()}
    return commit


def _key(repository: Document, name: str) -> str:
    return f"{repository['full_name'].lower()}:{name}"


def _age(commit: Document) -> float:
    return -datetime.fromisoformat(commit["committer"]["date"]).timestamp()


def _person(person: Mapping[str, Any]) -> Document:
    date = person.get("date") or timestamp()
    return {"name": person["name"], "email": person["email"], "date": date}


def _change(state: State, before: str | None, after: str, path: str) -> Document | None:
    old: Entry | None = git_objects.find_entry(state, before, path) if before else None
    new = git_objects.find_entry(state, after, path)
    if old == new:
        return None
    status = "added" if old is None else "removed" if new is None else "modified"
    return {"path": path, "status": status, "before": old.sha if old else None, "after": new.sha if new else None}
