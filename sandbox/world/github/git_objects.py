"""Git's own objects, under Git's own names: blobs, trees and commits hash here to what `git` would call them.

So a checkout that is written out from this world and committed by `git` has the commit ID that the API reported.
Format: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sandbox.world.state import Document, State

FILE = "100644"
DIRECTORY = "40000"


class Entry(NamedTuple):
    """A tree's entry."""

    mode: str
    sha: str


class PathError(ValueError):
    """A path that cannot be a file in the tree."""


def write_blob(state: State, content: bytes) -> str:
    """Store a file's content; returns its ID."""
    sha = _hash("blob", content)
    blobs = state.collection("github.blobs")
    if sha not in blobs:
        blobs[sha] = {"content": base64.b64encode(content).decode()}
    return sha


def keep_blobs(state: State, contents: Mapping[str, bytes]) -> None:
    """Store files' contents under the IDs that Git gave them."""
    documents = ((sha, {"content": base64.b64encode(content).decode()}) for sha, content in contents.items())
    state.collection("github.blobs").fill(documents)


def keep_trees(state: State, trees: Mapping[str, Mapping[str, Entry]]) -> None:
    """Store directories' entries, in Git's order, under the IDs that Git gave them."""
    documents = (
        (sha, {"entries": {name: list(entry) for name, entry in entries.items()}}) for sha, entries in trees.items()
    )
    state.collection("github.trees").fill(documents)


def read_blob(state: State, sha: str) -> bytes:
    """A file's content. Raises KeyError for an unknown ID."""
    return base64.b64decode(state.collection("github.blobs")[sha]["content"])


def list_tree(state: State, sha: str | None) -> dict[str, Entry]:
    """A directory's entries by name; none for the tree of no commit."""
    if sha is None:
        return {}
    return {name: Entry(*entry) for name, entry in state.collection("github.trees")[sha]["entries"].items()}


def find_entry(state: State, tree: str, path: str) -> Entry | None:
    """What stands at a path, the empty path being the tree itself; None for nothing."""
    entry = Entry(DIRECTORY, tree)
    for name in path.split("/") if path else []:
        inside = list_tree(state, entry.sha).get(name) if entry.mode == DIRECTORY else None
        if inside is None:
            return None
        entry = inside
    return entry


def change_tree(state: State, tree: str | None, changes: Mapping[str, bytes | None]) -> str:
    """The tree with files written (bytes) or removed (None) by path; returns its ID. Modes of known files stay.

    Raises:
        PathError: a path leads through a file, or names a directory.
    """
    entries = list_tree(state, tree)
    below: dict[str, dict[str, bytes | None]] = {}
    for path, content in changes.items():
        name, _, rest = path.partition("/")
        known = entries.get(name)
        if rest:
            if known is not None and known.mode != DIRECTORY:
                raise PathError(f"{name} is a file")
            below.setdefault(name, {})[rest] = content
        elif known is not None and known.mode == DIRECTORY:
            raise PathError(f"{name} is a directory")
        elif content is None:
            entries.pop(name, None)
        else:
            entries[name] = Entry(known.mode if known else FILE, write_blob(state, content))
    for name, inside in below.items():
        known = entries.get(name)
        sha = change_tree(state, known.sha if known else None, inside)
        if list_tree(state, sha):
            entries[name] = Entry(DIRECTORY, sha)
        else:
            entries.pop(name, None)
    return write_tree(state, entries)


def list_files(state: State, tree: str | None) -> dict[str, Entry]:
    """All files of a tree by path; none for the tree of no commit."""
    files: dict[str, Entry] = {}
    for name, entry in list_tree(state, tree).items():
        if entry.mode == DIRECTORY:
            files |= {f"{name}/{path}": inside for path, inside in list_files(state, entry.sha).items()}
        else:
            files[name] = entry
    return files


def compare_trees(state: State, before: str | None, after: str) -> list[Document]:
    """The files in which trees differ, by path: `path`, `status`, and the contents' IDs `before` and `after`."""
    return [
        {
            "path": path,
            "status": "added" if old is None else "removed" if new is None else "modified",
            "before": old.sha if old else None,
            "after": new.sha if new else None,
        }
        for path, old, new in sorted(_differences(state, before, after, ""))
    ]


def _differences(
    state: State, before: str | None, after: str | None, folder: str
) -> Iterator[tuple[str, Entry | None, Entry | None]]:
    """The files in which trees differ. What both have is not opened: most of a tree, where one commit is compared."""
    if before == after:
        return
    old, new = list_tree(state, before), list_tree(state, after)
    for name in {*old, *new}:
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        inside = [entry.sha if entry and entry.mode == DIRECTORY else None for entry in (was, now)]
        yield from _differences(state, inside[0], inside[1], f"{folder}{name}/")
        files = [None if entry is None or entry.mode == DIRECTORY else entry for entry in (was, now)]
        if files != [None, None]:
            yield f"{folder}{name}", files[0], files[1]


def set_entries(state: State, tree: str | None, entries: Mapping[str, Entry | None]) -> str:
    """The tree with entries, whole directories among them, put (or removed: None) at paths; returns its ID."""
    own = list_tree(state, tree)
    below: dict[str, dict[str, Entry | None]] = {}
    for path, entry in entries.items():
        name, _, rest = path.partition("/")
        if rest:
            below.setdefault(name, {})[rest] = entry
        elif entry is None:
            own.pop(name, None)
        else:
            own[name] = entry
    for name, inside in below.items():
        known = own.get(name)
        sha = set_entries(state, known.sha if known and known.mode == DIRECTORY else None, inside)
        if list_tree(state, sha):
            own[name] = Entry(DIRECTORY, sha)
        else:
            own.pop(name, None)
    return write_tree(state, own)


def merge_trees(state: State, base: str | None, ours: str, theirs: str) -> str | None:
    """The tree with what both sides did to their common base; None when both changed one file differently."""
    common, own, other = (list_files(state, tree) for tree in (base, ours, theirs))
    taken: dict[str, Entry | None] = {}
    for path in {*common, *own, *other}:
        before, mine, yours = common.get(path), own.get(path), other.get(path)
        if yours in (before, mine):
            continue
        if mine != before:
            return None
        taken[path] = yours
    return set_entries(state, ours, taken)


def commit_id(commit: Document) -> str:
    """The ID of a commit."""
    return _hash("commit", commit_body(commit))


def commit_body(commit: Document) -> bytes:
    """A commit as Git writes it: `tree`, `parents`, `author` and `committer` (name, email, ISO 8601 date), `message`.

    One that was pushed may say more than those (a time zone, a signature): then it has its own text, `raw` in base64.
    """
    if "raw" in commit:
        return base64.b64decode(commit["raw"])
    lines = [f"tree {commit['tree']}", *(f"parent {parent}" for parent in commit["parents"])]
    for part in ("author", "committer"):
        person = commit[part]
        seconds = int(datetime.fromisoformat(person["date"]).timestamp())
        lines.append(f"{part} {person['name']} <{person['email']}> {seconds} +0000")
    return ("\n".join(lines) + f"\n\n{commit['message']}").encode()


def write_tree(state: State, entries: Mapping[str, Entry]) -> str:
    """Store a directory's entries by name; returns its ID."""
    sha = _hash("tree", tree_body(entries))
    trees = state.collection("github.trees")
    if sha not in trees:
        trees[sha] = {"entries": {name: list(entries[name]) for name in _in_order(entries)}}
    return sha


def tree_body(entries: Mapping[str, Entry]) -> bytes:
    """A directory as Git writes it."""
    return b"".join(
        f"{entries[name].mode} {name}\0".encode() + bytes.fromhex(entries[name].sha) for name in _in_order(entries)
    )


def _in_order(entries: Mapping[str, Entry]) -> list[str]:
    # Git sorts a directory as if its name ended in a slash.
    return sorted(entries, key=lambda name: (name + "/" if entries[name].mode == DIRECTORY else name).encode())


def _hash(kind: str, body: bytes) -> str:
    # Git's content addressing is SHA-1 by definition; nothing here rests on its strength.
    return hashlib.sha1(f"{kind} {len(body)}\0".encode() + body, usedforsecurity=False).hexdigest()
