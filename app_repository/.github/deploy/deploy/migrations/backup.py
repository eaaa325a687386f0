"""`deploy migrate backup`: a dump that was read in full, or none."""

import argparse
import hashlib
import re
from pathlib import Path

from deploy.command import Context, Done
from deploy.errors import FailedError
from deploy.migrations import restore_point
from deploy.migrations.restore_point import UnreadableError
from deploy.migrations.session import database_of

_OLDER = re.compile(r"server version: (\S+?)[;\s].*?pg_dump version: (\S+)", re.DOTALL)


def run(arguments: argparse.Namespace, context: Context) -> Done:
    """Make a dump in PostgreSQL's custom format and read it, or read one that is there.

    Raises:
        FailedError: when there is none in the end that could be restored from.
        WrongUsageError: when PostgreSQL's programs are not installed.
    """
    path: Path = arguments.file
    if not arguments.check_only:
        return _made(path, context)
    if not path.exists():
        raise FailedError(
            f"{path} is not there.", state="Nothing was changed.", following="name the dump, or leave --check-only out."
        )
    return _done(path, path, context)


def _made(path: Path, context: Context) -> Done:
    """Dump into a file beside it, which gets its name once it was read: what was cut off is never taken for a dump."""
    if path.is_dir():
        raise _no_dump(f"{path} is a folder", "name the file that is to be made.")
    unfinished = path.with_name(f"{path.name}.part")
    try:
        unfinished.unlink(missing_ok=True)
        # It holds everything that the database holds: nobody else reads it.
        unfinished.touch(mode=0o600, exist_ok=False)
    except OSError as error:
        raise _no_dump(f"{unfinished} cannot be written: {error.strerror}", "name another --file.") from error
    try:
        # The password goes by the environment: every process of the machine can read an argument.
        done = restore_point.run_postgres(
            "pg_dump", ["--format=custom", f"--file={unfinished}"], **database_of(context).environment()
        )
        if older := _OLDER.search(done.stderr):
            raise _no_dump(
                f"pg_dump is of PostgreSQL {older[2]}, and the server of {older[1]}, which is newer",
                "install PostgreSQL's client of the server's version (apt.postgresql.org has each).",
            )
        if done.returncode:
            said = " ".join(done.stderr.split()).rstrip(".")[:500]
            raise _no_dump(said or f"pg_dump ended with {done.returncode}", "mend what pg_dump names.")
        ended = _done(unfinished, path, context)
        try:
            unfinished.replace(path)
        except OSError as error:
            raise _no_dump(f"{path} cannot be written: {error.strerror}", "name another --file.") from error
        return ended
    finally:
        unfinished.unlink(missing_ok=True)


def _done(path: Path, name: Path, context: Context) -> Done:
    """Read a dump; `name` is what it will be called."""
    try:
        made = restore_point.made_at(path, restore_point.read(path))
    except UnreadableError as error:
        raise FailedError(
            f"{name} cannot be restored from: {error}.", state="It is no backup.", following="make another one."
        ) from error
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    age = max(0.0, (context.clock.now() - made).total_seconds())
    return Done(
        f"{name} was read in full: {size:,} bytes, {age / 60:.0f} minutes old, SHA-256 {digest}.",
        {
            "file": str(name),
            "bytes": size,
            "created_at": made.isoformat(),
            "age_seconds": round(age),
            "sha256": digest,
            "verified": True,
        },
    )


def _no_dump(what: str, following: str) -> FailedError:
    return FailedError(f"There is no dump: {what}.", state="Nothing was changed.", following=following)
