"""A repository of the world as a bare Git repository on disk, which checkouts borrow their objects from.

The world's objects have Git's own IDs, so they are written as they are.
Format: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

import hashlib
import threading
import zlib
from pathlib import Path

from sandbox.world.github import git_objects, history
from sandbox.world.state import Document, State


class GitStore:
    """The bare repositories of one world."""

    def __init__(self, state: State, folder: Path) -> None:
        """Keep them in `folder`, which is made when it is needed."""
        self._state = state
        self._folder = folder
        self._writing = threading.Lock()

    def update(self, repository: Document, commit: Document | None = None) -> Path:
        """Write what branches, tags and a commit reach, and where they point now; returns the bare one's folder."""
        bare = self._folder / f"{repository['full_name']}.git"
        with self._writing:
            for name in ("objects", "refs/heads", "refs/tags"):
                (bare / name).mkdir(parents=True, exist_ok=True)
            (bare / "HEAD").write_text(f"ref: refs/heads/{repository['default_branch']}\n")
            (bare / "config").write_text("[core]\n\tbare = true\n\trepositoryformatversion = 0\n")
            refs = history.list_refs(self._state, repository, "refs/")
            heads = [*([commit] if commit else []), *self._commits(repository, sorted(set(refs.values())))]
            for head in heads:
                self._write_history(bare, repository, head)
            lines = [f"{sha} {name}\n" for name, sha in refs.items()]
            (bare / "packed-refs").write_text("# pack-refs with: peeled fully-peeled sorted \n" + "".join(lines))
        return bare

    def _commits(self, repository: Document, ids: list[str]) -> list[Document]:
        found = [history.find_commit(self._state, repository, sha) for sha in ids]
        return [commit for commit in found if commit is not None]

    def _write_history(self, bare: Path, repository: Document, head: Document) -> None:
        waiting = [head]
        while waiting:
            commit = waiting.pop()
            if _path(bare, commit["sha"]).exists():
                continue
            self._write_tree(bare, commit["tree"])
            waiting.extend(self._commits(repository, commit["parents"]))
            _write(bare, "commit", git_objects.commit_body(commit), commit["sha"])

    def _write_tree(self, bare: Path, sha: str) -> None:
        if _path(bare, sha).exists():
            return
        entries = git_objects.list_tree(self._state, sha)
        names = sorted(
            entries,
            key=lambda name: (f"{name}/" if entries[name].mode == git_objects.DIRECTORY else name).encode(),
        )
        body = b""
        for name in names:
            entry = entries[name]
            body += f"{entry.mode} {name}\0".encode() + bytes.fromhex(entry.sha)
            if entry.mode == git_objects.DIRECTORY:
                self._write_tree(bare, entry.sha)
            elif not _path(bare, entry.sha).exists():
                _write(bare, "blob", git_objects.read_blob(self._state, entry.sha), entry.sha)
        _write(bare, "tree", body, sha)


def _write(bare: Path, kind: str, body: bytes, sha: str) -> None:
    data = f"{kind} {len(body)}\0".encode() + body
    if hashlib.sha1(data, usedforsecurity=False).hexdigest() != sha:
        raise ValueError(f"the world knows a {kind} as {sha} that Git would know under another ID")
    path = _path(bare, sha)
    path.parent.mkdir(exist_ok=True)
    unfinished = path.with_suffix(".new")
    unfinished.write_bytes(zlib.compress(data, 1))
    unfinished.rename(path)


def _path(bare: Path, sha: str) -> Path:
    return bare / "objects" / sha[:2] / sha[2:]
