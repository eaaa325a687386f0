"""What a push brings, from a bare repository on disk into the world: Git's own objects, as `git cat-file` tells them.

Format: https://git-scm.com/docs/git-cat-file#_batch_output, https://git-scm.com/book/en/v2/Git-Internals-Git-Objects.
"""

import base64
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sandbox.world.github import git_objects, history
from sandbox.world.github.git_objects import Entry
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

    def keep(self, state: State, repository: Document) -> None:
        """Write them into the world. What is there already stays as it is."""
        for content in self.blobs.values():
            git_objects.write_blob(state, content)
        for entries in self.trees.values():
            git_objects.write_tree(state, entries)
        for commit in self.commits.values():
            logins = {f"{part}_login": login_of(state, commit[part]["email"]) for part in ("author", "committer")}
            history.keep_commit(state, repository, {**commit, **logins})


def read_pushed(bare: Path, ids: Sequence[str]) -> PushedObjects:
    """Read what commits reach and no ref of the bare repository does.

    Args:
        bare: its folder.
        ids: of the commits.

    Raises:
        UnknownObjectError: an ID is none of a commit, or something is missing, an annotated tag or a submodule.
    """
    listed = _git(
        bare, "rev-list", "--objects", "--no-object-names", "--topo-order", "--reverse", *ids, "--not", "--all"
    )
    pushed = PushedObjects()
    for sha, kind, body in _objects(_git(bare, "cat-file", "--batch", given=b"\n".join([*listed.split(), b""]))):
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


def _git(bare: Path, *arguments: str, given: bytes = b"") -> bytes:
    done = subprocess.run(["git", "-C", bare, *arguments], input=given, capture_output=True, check=False)
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
    while body:
        head, _, rest = body.partition(b"\0")
        mode, _, name = head.decode().partition(" ")
        if mode == SUBMODULE:
            raise UnknownObjectError(f"the sandbox has no submodules, and {name} is one")
        entries[name] = Entry(mode, rest[:_ID_BYTES].hex())
        body = rest[_ID_BYTES:]
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
    date = datetime.fromtimestamp(int(found["seconds"]), UTC)
    return {"name": found["name"], "email": found["email"], "date": date.isoformat().replace("+00:00", "Z")}
