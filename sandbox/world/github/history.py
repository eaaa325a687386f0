"""A repository's commits and the refs that point at them: reading, resolving, and adding a commit to a branch."""

import heapq
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

from sandbox.world.github import git_objects
from sandbox.world.github.identifiers import next_number, timestamp
from sandbox.world.state import Document, State

SHA_LENGTH = 40
SHORTEST_SHA = 7
HEADS = "refs/heads/"
REF = re.compile(r"refs/(?:heads|tags)/(?!.*(?:\.\.|//|@\{|[\x00-\x20~^:?*\[\\]))[^/].*[^/.]|refs/(?:heads|tags)/\w")
TAGS = "refs/tags/"
NO_COMMIT = "0" * SHA_LENGTH
Activity = Literal["push", "force_push", "branch_creation", "branch_deletion", "pr_merge"]


def find_ref(state: State, repository: Document, ref: str) -> str | None:
    """The commit that a full ref (`refs/heads/main`) points at."""
    return state.collection("github.refs").get(_key(repository, ref), {}).get("sha")


def set_ref(
    state: State,
    repository: Document,
    ref: str,
    sha: str | None,
    *,
    actor: str | None = None,
    activity: Activity | None = None,
) -> None:
    """Point a full ref at a commit, or remove it (None). A branch's move is recorded as the repository's activity.

    Args:
        state: the world.
        repository: whose ref.
        ref: `refs/heads/NAME`, or any other.
        sha: the commit.
        actor: the login of who does it.
        activity: what it is recorded as; without it, what the commits before and after say.
    """
    before = find_ref(state, repository, ref)
    if ref.startswith(HEADS) and before != sha:
        state.collection("github.activities").add(
            {
                "id": next_number(state),
                "repository": repository["id"],
                "ref": ref,
                "before": before or NO_COMMIT,
                "after": sha or NO_COMMIT,
                "activity_type": activity or _activity(state, repository, before, sha),
                "actor": actor,
                "timestamp": timestamp(),
            }
        )
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
    found = {name: find_ref(state, repository, name) for name in names}
    # One that somebody deletes meanwhile is gone.
    return {name: sha for name, sha in found.items() if sha is not None}


def find_obstacle(refs: Iterable[str], ref: str) -> str | None:
    """The ref that keeps Git from making another: they are paths, and what is a file cannot be a folder as well."""
    return next((known for known in refs if known.startswith(f"{ref}/") or ref.startswith(f"{known}/")), None)


def find_commit(state: State, repository: Document, sha: str) -> Document | None:
    """A commit of the repository by its full ID."""
    return state.collection("github.commits").get(_key(repository, sha))


def write_commit(
    state: State,
    repository: Document,
    *,
    tree: str,
    parents: Sequence[str],
    message: str,
    author: Mapping[str, Any],
    committer: Mapping[str, Any],
) -> Document:
    """Keep a commit that no ref need point at: a tree on top of its parents' commits. People as `add_commit` has them.

    What it changes is told against its first parent.
    """
    commit: Document = {
        "tree": tree,
        "parents": list(parents),
        "author": _person(author),
        "committer": _person(committer),
        "message": message,
        "author_login": author.get("login"),
        "committer_login": committer.get("login"),
    }
    return keep_commit(state, repository, {"sha": git_objects.commit_id(commit), **commit})


def keep_commit(state: State, repository: Document, commit: Document) -> Document:
    """Keep a commit under its `sha`, with the files that it changes."""
    first = find_commit(state, repository, commit["parents"][0]) if commit["parents"] else None
    kept = {**commit, "files": git_objects.compare_trees(state, first["tree"] if first else None, commit["tree"])}
    state.collection("github.commits")[_key(repository, commit["sha"])] = kept
    return kept


def keep_commits(state: State, repository: Document, commits: Iterable[Document]) -> None:
    """Keep many commits likewise, parents before their children; one that is there already stays as it is."""
    trees: dict[str, str] = {}

    def documents() -> Iterator[tuple[str, Document]]:
        for commit in commits:
            trees[commit["sha"]] = commit["tree"]
            first = commit["parents"][0] if commit["parents"] else ""
            if first not in trees and (parent := find_commit(state, repository, first)) is not None:
                trees[first] = parent["tree"]
            files = git_objects.compare_trees(state, trees.get(first), commit["tree"])
            yield _key(repository, commit["sha"]), {**commit, "files": files}

    state.collection("github.commits").fill(documents())


def read_file(state: State, commit: Document, path: str) -> bytes | None:
    """A file of a commit; None when there is none at that path."""
    entry = git_objects.find_entry(state, commit["tree"], path)
    if entry is None or entry.mode == git_objects.DIRECTORY:
        return None
    return git_objects.read_blob(state, entry.sha)


def is_ancestor(state: State, repository: Document, ancestor: str, head: str) -> bool:
    """Whether one commit is reachable from the other, or the same."""
    commit = find_commit(state, repository, head)
    return commit is not None and any(known["sha"] == ancestor for known in log(state, repository, commit))


def copy_history(state: State, source: Document, target: Document, sha: str) -> None:
    """Give a repository all that a commit of another one reaches, as a pull request from a fork does."""
    commits = state.collection("github.commits")
    commit = find_commit(state, source, sha)
    if commit is None or find_commit(state, target, sha) is not None:
        return
    for known in log(state, source, commit):
        commits.setdefault(_key(target, known["sha"]), known)


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


def log(state: State, repository: Document, *heads: Document) -> Iterator[Document]:
    """The commits reachable from some, newest first, a commit always before its parents."""
    distinct = {head["sha"]: head for head in heads}
    heap = [(_age(head), order, head) for order, head in enumerate(distinct.values())]
    heapq.heapify(heap)
    order = len(heap)
    seen = set(distinct)
    while heap:
        _, _, commit = heapq.heappop(heap)
        yield commit
        for sha in commit["parents"]:
            parent = find_commit(state, repository, sha)
            if parent is not None and sha not in seen:
                seen.add(sha)
                order += 1
                heapq.heappush(heap, (_age(parent), order, parent))


def list_new(state: State, repository: Document, ref: str, commit: Document, *, before: str | None) -> list[Document]:
    """The commits that a push brought to a ref, newest first: those of a new one that no branch had."""
    branches = list_refs(state, repository, HEADS)
    earlier = [before] if before else [sha for name, sha in branches.items() if name != ref]
    known = [found for sha in earlier if (found := find_commit(state, repository, sha)) is not None]
    reached = {found["sha"] for found in log(state, repository, *known)}
    return [found for found in log(state, repository, commit) if found["sha"] not in reached]


def add_commit(
    state: State,
    repository: Document,
    ref: str,
    changes: Mapping[str, bytes | None],
    *,
    message: str,
    author: Mapping[str, Any],
    committer: Mapping[str, Any],
    actor: str | None = None,
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
        actor: the login of who pushes it; the committer's without one.

    Raises:
        PathError: a path cannot be a file.
    """
    parent = find_ref(state, repository, ref)
    before = find_commit(state, repository, parent) if parent else None
    tree = git_objects.change_tree(state, before["tree"] if before else None, changes)
    parents = [parent] if parent else []
    commit = write_commit(
        state, repository, tree=tree, parents=parents, message=message, author=author, committer=committer
    )
    set_ref(state, repository, ref, commit["sha"], actor=actor or committer.get("login"))
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


def _activity(state: State, repository: Document, before: str | None, after: str | None) -> Activity:
    if before is None:
        return "branch_creation"
    if after is None:
        return "branch_deletion"
    return "push" if is_ancestor(state, repository, before, after) else "force_push"
