"""What a push brings, from a bare repository on disk into the world: Git's own objects, as `git cat-file` tells them.

Format: https://git-scm.com/docs/git-cat-file#_batch_output, https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

import base64
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sandbox.world.github import git_objects, history
from sandbox.world.github.git_objects import Entry
from sandbox.world.github.git_process import run_git
from sandbox.world.github.users import login_of
from sandbox.world.state import Document, State

SUBMODULE = "160000"
_ID_BYTES = 20
_PERSON = re.compile(r"(?P<name>.*?) ?<(?P<email>.*)> (?P<seconds>\d+) [+-]\d{4}")


class UnknownObjectError(ValueError):
    """A push brings what this world does not keep; the message says what."""


@dataclass(slots=True)
class PushedObjects:
    """Objects by their IDs, parents' commits before their children's."""

    blobs: dict[str, bytes] = field(default_factory=dict)
    trees: dict[str, dict[str, Entry]] = field(default_factory=dict)
    commits: dict[str, Document] = field(default_factory=dict)

    def __len__(self) -> int:
        """How many there are."""
        return len(self.blobs) + len(self.trees) + len(self.commits)

    def keep(self, state: State, repository: Document) -> None:
        """Write them into the world. What is there already stays as it is."""
        git_objects.keep_blobs(state, self.blobs)
        git_objects.keep_trees(state, self.trees)
        people = {commit[part]["email"] for commit in self.commits.values() for part in ("author", "committer")}
        logins = {email: login_of(state, email) for email in people}
        history.keep_commits(
            state,
            repository,
            (
                {**commit, **{f"{part}_login": logins[commit[part]["email"]] for part in ("author", "committer")}}
                for commit in self.commits.values()
            ),
        )


def unpack(bare: Path, pack: bytes, folder: Path) -> None:
    """Write a pack into a folder of incoming objects. Raises UnknownObjectError for one that is not whole."""
    _git(bare, folder, "index-pack", "--stdin", "--fix-thin", "--strict", given=pack)


def read_pushed(bare: Path, folder: Path, ids: Sequence[str]) -> PushedObjects:
    """Read what commits reach and no ref of the bare repository does.

    Args:
        bare: its folder.
        folder: of the incoming objects.
        ids: of the commits.

    Raises:
        UnknownObjectError: an ID is none of a commit, or something is missing or nothing that this world keeps.
    """
    asked = "".join(f"{sha}\n" for sha in ids).encode()
    order = ("--topo-order", "--reverse", "--not", "--all", "--not", "--stdin")
    listed = _git(bare, folder, "rev-list", "--objects", "--no-object-names", *order, given=asked)
    pushed = PushedObjects()
    asked = b"\n".join([*listed.split(), b""])
    for sha, kind, body in _objects(_git(bare, folder, "cat-file", "--batch", given=asked)):
        match kind:
            case "blob":
                pushed.blobs[sha] = body
            case "tree":
                pushed.trees[sha] = _tree(body)
            case "commit":
                pushed.commits[sha] = _commit(sha, body)
            case _:
                raise UnknownObjectError(f"the sandbox keeps no annotated tags, and {sha} is one")
    return pushed


def _git(bare: Path, folder: Path, *arguments: str, given: bytes) -> bytes:
    done = run_git(bare, *arguments, given=given, incoming=folder)
    if done.returncode:
        raise UnknownObjectError(done.stderr.decode(errors="replace").strip())
    return done.stdout


def _objects(output: bytes) -> Iterator[tuple[str, str, bytes]]:
    start = 0
    while start < len(output):
        end = output.index(b"\n", start)
        sha, kind, size = output[start:end].decode().split()
        start = end + 1 + int(size)
        yield sha, kind, output[end + 1 : start]
        start += 1


def _tree(body: bytes) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    start = 0
    while start < len(body):
        end = body.index(b"\0", start)
        mode, _, name = body[start:end].partition(b" ")
        start = end + 1 + _ID_BYTES
        try:
            known = name.decode()
        except UnicodeDecodeError as problem:
            raise UnknownObjectError(f"the sandbox keeps names of files in UTF-8, and {name!r} is not") from problem
        if mode.decode() == SUBMODULE:
            raise UnknownObjectError(f"the sandbox has no submodules, and {known} is one")
        entries[known] = Entry(mode.decode(), body[end + 1 : start].hex())
    return entries


def _commit(sha: str, body: bytes) -> Document:
    head, _, message = body.decode(errors="replace").partition("\n\n")
    # A line that begins with a space goes on with the one before: a signature's.
    lines = [line.partition(" ") for line in head.split("\n") if not line.startswith(" ")]
    values = {name: value for name, _, value in lines}
    commit: Document = {
        "sha": sha,
        "tree": values["tree"],
        "parents": [value for name, _, value in lines if name == "parent"],
        "author": _person(values["author"]),
        "committer": _person(values["committer"]),
        "message": message,
    }
    if git_objects.commit_id(commit) != sha:
        commit["raw"] = base64.b64encode(body).decode()
    return commit


def _person(line: str) -> Document:
    found = _PERSON.fullmatch(line)
    if found is None:
        raise UnknownObjectError(f"{line!r} is no author of a commit")
    try:
        date = datetime.fromtimestamp(int(found["seconds"]), UTC)
    except (ValueError, OverflowError, OSError) as problem:
        raise UnknownObjectError(f"the sandbox keeps no dates after the year 9999, and {line!r} has one") from problem
    return {"name": found["name"], "email": found["email"], "date": date.isoformat().replace("+00:00", "Z")}
