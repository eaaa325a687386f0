"""`deploy migrate new`: the file of the next revision, to be filled in."""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path
from string import Template

from deploy.command import Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.release.revisions import BASE, Revision, read_history

_TEMPLATES = Path(__file__).parent / "templates"
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9]+(?:[ _-]+[A-Za-z0-9]+)*")
_LONGEST = 32
"""What Alembic's table holds of an ID: `version_num VARCHAR(32)`."""
_NUMBER = re.compile(r"(\d{1,8})_")


def run(arguments: argparse.Namespace, _context: Context) -> Done:
    """Write the file. Asks no database.

    Raises:
        FailedError: when the file cannot be written.
        WrongUsageError: when the name is none, is taken, or the present files cannot be meant.
    """
    name = arguments.name.strip()
    if not _NAME.fullmatch(name):
        raise _no_name(name, "is no name: English letters and digits, with _ - or spaces in between")
    words = re.split(r"[ _-]+", name.lower())
    folder: Path = arguments.folder
    history = read_history(folder)
    number = f"{_next(history):04}_"
    identifier = f"{number}{'_'.join(words)}"
    if len(identifier) > _LONGEST:
        raise _no_name(name, f"is too long: {_LONGEST - len(number)} letters fit into Alembic's table")
    path = folder / f"{identifier}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(_text(arguments.kind, words, identifier, history[-1].id if history else None))
    except FileExistsError as error:
        raise WrongUsageError(f"{path} is there already.", "give the new one another name.") from error
    except OSError as error:
        raise FailedError(
            f"{path} cannot be written: {error.strerror}.",
            state="There is no new revision.",
            following="name a folder that can be written to with --folder.",
        ) from error
    return Done(f"{path} is yours to fill in.", {"file": str(path), "revision": identifier, "kind": arguments.kind})


def _no_name(name: str, why: str) -> WrongUsageError:
    return WrongUsageError(f"{name[:100]!r} {why}.", "say what it does: add_revenue_tracking.")


def _next(history: Sequence[Revision]) -> int:
    """One more than there are, and than any of them is called."""
    called = [int(found[1]) for revision in history if (found := _NUMBER.match(revision.id))]
    return max([len(history), *called]) + 1


def _text(kind: str, words: Sequence[str], identifier: str, head: str | None) -> str:
    template = Template((_TEMPLATES / f"{kind}.txt").read_text(encoding="utf-8"))
    return template.substitute(
        description=" ".join(words).capitalize(),
        revision=identifier,
        down_revision=f'"{head}"' if head else None,
        compatible_with=f'"{head or BASE}"',
    )
