"""The migrations as a Git commit has them, which databases may have by now: they stay as they are."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from deploy.errors import WrongUsageError
from deploy.migrations.lint import Finding
from deploy.release.revisions import Revision


def since(history: Sequence[Revision], folder: Path, commit: str) -> tuple[list[Revision], list[Finding]]:
    """The revisions that a commit does not have, and a blocking finding for each that it has otherwise.

    Args:
        history: what the files declare now.
        folder: where they are, in a checkout.
        commit: as Git takes it.

    Raises:
        WrongUsageError: when Git does not know the commit, or there is no Git.
    """
    shipped = _shipped(folder, commit)
    present = {revision.path.name: revision.path.read_bytes() for revision in history}
    # A file that was only given another name is the same revision.
    pending = [
        revision
        for revision in history
        if revision.path.name not in shipped and present[revision.path.name] not in shipped.values()
    ]
    changed = [
        _finding(
            revision.id,
            "changed-since-shipped",
            f"its file was changed since it was shipped: in {commit} it is another, which may have been applied.",
            "Bring it back, and put the change into a revision of its own.",
        )
        for revision in history
        if shipped.get(revision.path.name, present[revision.path.name]) != present[revision.path.name]
    ]
    gone = [
        _finding(
            name.removesuffix(".py"),
            "removed-since-shipped",
            f"its file is in {commit} and not here, and databases may be at it.",
            "Bring it back.",
        )
        for name, content in shipped.items()
        if name not in present and content not in present.values()
    ]
    return pending, [*changed, *gone]


def _finding(revision: str, rule: str, message: str, following: str) -> Finding:
    return Finding(revision=revision, rule=rule, blocking=True, message=message, help=following)


def _shipped(folder: Path, commit: str) -> dict[str, bytes]:
    """The files of the folder as a commit has them, by name."""
    if not commit or commit.startswith("-"):
        raise WrongUsageError(f"{commit[:100]!r} is no commit.", "name one, such as HEAD^1.")
    # What it names is looked up once, and is a commit and nothing else from here on.
    found = _git(folder, "rev-parse", "--verify", "--quiet", f"{commit}^{{commit}}").decode().strip()
    listed = _git(folder, "ls-tree", "-z", "--name-only", found, "--", "./").decode().split("\0")
    names = [name for name in listed if name.endswith(".py")]
    return {name: _git(folder, "cat-file", "blob", f"{found}:./{name}") for name in names}


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WrongUsageError(f"git does not answer: {type(error).__name__}.", "install git.") from error
    if done.returncode:
        said = " ".join(done.stderr.decode(errors="replace").split()) or "there is no such commit"
        raise WrongUsageError(
            f"git cannot show what was shipped: {said}.",
            "check out enough of the history (`fetch-depth: 2` for HEAD^1), and name a commit that is there.",
        )
    return done.stdout
