"""The gate before something is taken away: a restore point that was read in full, of a known age."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from deploy.command import Context
from deploy.errors import FailedError, WrongUsageError
from deploy.migrations.contents import Contents, difference

EARLY = timedelta(minutes=5)
"""How far another machine's clock may be ahead."""
_CREATED = re.compile(r"Archive created at (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2})")
_SECONDS = 3600
_HEAD = 11
_CUSTOM = b"\1"


class UnreadableError(Exception):
    """A dump that cannot be restored from; the message says why."""


def require(what: str, age_seconds: float, context: Context, contents: Contents) -> None:
    """See that there is a restore point, before a contract.

    Args:
        what: the file of a dump in the custom format, or the JSON that `deploy backup` hands over: `id`, `created_at`,
            `verified`.
        age_seconds: how old it may be.
        context: tells the time, and is told of it.
        contents: what the database has. What a service hands over does not say of which database it is.

    Raises:
        FailedError: when there is none, it was not read in full, it is too old, or a dump of something else.
    """
    if not what:
        raise _refused("There is no restore point, and a contract takes something away")
    handed_over = _handed_over(what)
    name, created = _of_service(handed_over) if handed_over is not None else _of_file(Path(what), contents)
    age = context.clock.now() - created
    if age > timedelta(seconds=age_seconds):
        raise _refused(f"{name} is {age.total_seconds() / 3600:.1f} hours old, more than {age_seconds / 3600:.1f}")
    if age < -EARLY:
        raise _refused(
            f"{name} is said to be of {created.isoformat()}, which is yet to come (a dump is made with TZ=UTC)"
        )
    context.console.log(f"Restore point: {name}, {max(0.0, age.total_seconds()) / 60:.0f} minutes old, read in full.")


def _of_service(answer: Mapping[str, Any]) -> tuple[str, datetime]:
    """What a backup service said of its backup."""
    identifier = answer.get("id")
    if not isinstance(identifier, str) or not identifier.strip():
        raise _refused("The backup has no `id` by which it could be found again")
    name = f"the backup {identifier.strip()[:200]}"
    if answer.get("verified") is not True:
        raise _refused(f"{name} was not read in full: its service does not say `verified`")
    created = _moment(answer.get("created_at"))
    if created is None:
        raise _refused(f"the age of {name} is not known: its service says no `created_at` with a time zone")
    return name, created


def _of_file(path: Path, contents: Contents) -> tuple[str, datetime]:
    """A dump of the database, read to its end."""
    name = f"the dump {str(path)[:200]!r}"
    try:
        found = path.exists()
    except (OSError, ValueError):  # no path at all, such as one with a NUL
        found = False
    if not found:
        raise _refused(f"{name} is not there")
    try:
        listed = read(path)
    except UnreadableError as error:
        raise _refused(f"{name} cannot be restored from: {error}") from error
    if why := difference(listed, contents):
        raise _refused(f"{name} is no dump of this database as it is now: {why}")
    return name, made_at(path, listed)


def read(path: Path) -> str:
    """Read a dump to its end, as a restore would; its list of contents.

    Its list of contents alone would pass a file that was cut off. So would reading it, in the other formats: of a tar
    or of an uncompressed folder pg_restore (18.6) takes what is there, with exit code 0. Only the custom format says of
    every piece how long it is.

    Raises:
        UnreadableError: when it is none, or not whole.
        WrongUsageError: when there is no pg_restore.
    """
    if not _is_custom(path):
        raise UnreadableError("it is not of pg_dump's custom format, the only one that shows when something is missing")
    _restore("--file=/dev/null", path)
    return _restore("--list", path)


def _restore(option: str, path: Path) -> str:
    done = run_postgres("pg_restore", [option, str(path)])
    if done.returncode:
        raise UnreadableError(_said(done))
    return done.stdout


def _is_custom(path: Path) -> bool:
    """By its head (src/bin/pg_dump/pg_backup_archiver.c, WriteHead): a name, five numbers of a byte, and the format."""
    if not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableError(str(error.strerror)) from error
    return head.startswith(b"PGDMP") and head[-1:] == _CUSTOM


def made_at(path: Path, listed: str) -> datetime:
    """When a dump was made, by its own record; where it has none, when the file was last written.

    The record has no time zone. It is read as UTC, which is what `deploy migrate backup` writes.

    Args:
        path: the file.
        listed: its list of contents.
    """
    found = _CREATED.search(listed)
    if found is None:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def run_postgres(program: str, arguments: Sequence[str], **environ: str) -> "subprocess.CompletedProcess[str]":
    """Run one of PostgreSQL's own programs.

    Raises:
        WrongUsageError: when it is not installed, or does not end.
    """
    found = shutil.which(program)
    if found is None:
        raise WrongUsageError(
            f"There is no {program} on this machine.", "install PostgreSQL's client (Debian: postgresql-client)."
        )
    try:
        return subprocess.run(
            [found, *arguments],
            env={**_surroundings(), **environ},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
        )
    except OSError as error:
        raise WrongUsageError(f"{program} cannot be started: {error.strerror}.", "install it anew.") from error
    except subprocess.TimeoutExpired as error:
        raise WrongUsageError(
            f"{program} did not end within {_SECONDS / 60:.0f} minutes.", "look at the server."
        ) from error


def _said(done: "subprocess.CompletedProcess[str]") -> str:
    """Why one of PostgreSQL's programs failed, in its own words."""
    text = " ".join(done.stderr.split()) or f"exit {done.returncode}"
    return text.removeprefix("pg_restore: ").removeprefix("error: ").rstrip(".")[:500]


def _surroundings() -> dict[str, str]:
    """What such a program may see of this process's environment: not the database's address with its password."""
    passed_on = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**passed_on, "TZ": "UTC"}  # a dump says when it was made without saying in which time zone


def _handed_over(what: str) -> dict[str, Any] | None:
    try:
        document = json.loads(what)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def _moment(text: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _refused(what: str) -> FailedError:
    return FailedError(
        f"{what[0].upper()}{what[1:]}.",
        state="Nothing was changed.",
        following="make one: `python3 -m deploy migrate backup --file FILE`, then --restore-point=FILE; or let the "
        "backup webhook answer `created_at` and `verified`.",
    )
