"""A repository of the world as a bare Git repository on disk: what Git answers from, and checkouts borrow objects of.

The world's objects have Git's own IDs, so they are written as they are. What has been written stays: a commit is
written after everything that it reaches, so one that is there is whole.
Format: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

import contextlib
import hashlib
import os
import threading
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from sandbox.world.github import git_objects, history
from sandbox.world.github.git_process import run_git
from sandbox.world.state import Document, State

_CONFIGURATION = """[core]
\tbare = true
\trepositoryformatversion = 0
[uploadpack]
\tallowFilter = true
\tallowAnySHA1InWant = true
"""
_WRITING = threading.Lock()
"""Held while a repository is written: of two who bring it up to date, the later one has the last word on its refs."""


class GitStore:
    """The bare repositories of one world, in its folder."""

    def __init__(self, state: State) -> None:
        self._state = state

    def update(self, repository: Document, *commits: Document) -> Path:
        """Write what branches, tags and commits reach, and where the refs point now; returns the bare one's folder."""
        with _WRITING:
            bare = (self._state.files() / "git" / f"{repository['full_name']}.git").resolve()
            for name in ("objects/pack", "refs/heads", "refs/tags"):
                (bare / name).mkdir(parents=True, exist_ok=True)
            _replace(bare / "HEAD", f"ref: refs/heads/{repository['default_branch']}\n".encode())
            _replace(bare / "config", _CONFIGURATION.encode())
            refs = history.list_refs(self._state, repository, "refs/")
            heads = _missing(bare, {*refs.values(), *(commit["sha"] for commit in commits)})
            if heads:
                _Writer(self._state, repository, bare).write(heads)
            lines = "".join(f"{sha} {name}\n" for name, sha in refs.items())
            _replace(bare / "packed-refs", f"# pack-refs with: peeled fully-peeled sorted \n{lines}".encode())
        return bare


@contextlib.contextmanager
def incoming(bare: Path) -> Iterator[Path]:
    """A folder for objects that the repository does not have yet, and gets by `take_in` alone."""
    with TemporaryDirectory(prefix="incoming-", dir=bare) as folder:
        yield Path(folder)


def take_in(bare: Path, folder: Path) -> None:
    """Make incoming packs the repository's own."""
    # An index makes its pack known: it comes last.
    for suffix in ("pack", "rev", "idx"):
        for file in (folder / "pack").glob(f"*.{suffix}"):
            file.rename(bare / "objects" / "pack" / file.name)


class _Writer:
    """Writes what a bare repository lacks."""

    def __init__(self, state: State, repository: Document, bare: Path) -> None:
        self._state = state
        self._repository = repository
        self._bare = bare
        listed = run_git(bare, "cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)")
        self._known = set(listed.stdout.decode().split())

    def write(self, heads: Iterable[str]) -> None:
        """Write commits with all that they reach."""
        waiting = list(heads)
        while waiting:
            commit = self._find(waiting[-1])
            parents = commit["parents"] if commit else []
            lacking = [sha for sha in parents if sha not in self._known and self._find(sha) is not None]
            if lacking:
                waiting += lacking
                continue
            sha = waiting.pop()
            if commit is not None and sha not in self._known:
                self._write_tree(commit["tree"])
                self._write("commit", git_objects.commit_body(commit), sha)

    def _find(self, sha: str) -> Document | None:
        return history.find_commit(self._state, self._repository, sha)

    def _write_tree(self, sha: str) -> None:
        if sha in self._known:
            return
        entries = git_objects.list_tree(self._state, sha)
        for entry in entries.values():
            if entry.mode == git_objects.DIRECTORY:
                self._write_tree(entry.sha)
            elif entry.sha not in self._known:
                self._write("blob", git_objects.read_blob(self._state, entry.sha), entry.sha)
        self._write("tree", git_objects.tree_body(entries), sha)

    def _write(self, kind: str, body: bytes, sha: str) -> None:
        data = f"{kind} {len(body)}\0".encode() + body
        if hashlib.sha1(data, usedforsecurity=False).hexdigest() != sha:
            raise ValueError(f"the world knows a {kind} as {sha} that Git would know under another ID")
        path = self._bare / "objects" / sha[:2] / sha[2:]
        path.parent.mkdir(exist_ok=True)
        _replace(path, zlib.compress(data, 1))
        self._known.add(sha)


def _missing(bare: Path, ids: Iterable[str]) -> list[str]:
    """Those objects that the repository does not have."""
    asked = "".join(f"{sha}\n" for sha in sorted(ids))
    lines = run_git(bare, "cat-file", "--batch-check", given=asked.encode()).stdout.decode().splitlines()
    return [line.split()[0] for line in lines if line.endswith(" missing")]


def _replace(path: Path, content: bytes) -> None:
    """Write a file so that whoever reads it meanwhile, Git above all, finds the old one or the new one."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    unfinished.write_bytes(content)
    unfinished.rename(path)
