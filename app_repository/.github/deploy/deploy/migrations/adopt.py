"""`deploy migrate adopt`: a database that something else has migrated, such as Prisma, is taken over as it is."""

import argparse
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from deploy.command import Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.migrations import fingerprint, position, predecessors
from deploy.migrations.database import brief, is_lost
from deploy.migrations.ledger import Entry, State
from deploy.migrations.predecessors import Predecessors
from deploy.migrations.session import Session, locked
from deploy.release.revisions import BASE, Revision, find, number_of

UNCHANGED = "Nothing was changed."


def run(arguments: argparse.Namespace, context: Context) -> Done:
    """Record what the database has already; nothing of its schema is changed.

    Raises:
        DeployError: when it cannot be said what it has.
    """
    return locked(arguments, context, lambda session: _adopt(session, arguments.at))


def _adopt(session: Session, at: str) -> Done:
    history = session.scripts.history
    with session.connection.begin():
        before = predecessors.of(session.connection)
        entries = session.ledger.read(session.connection)
        versions = session.scripts.version(session.connection)
    adopted = history[: _number(history, at, versions)]
    if not _is_done(history, entries, versions, adopted, at):
        _write(session, entries, adopted)
    # Once more where an earlier run got no further: what is recorded already stays.
    fingerprint.record(session)
    for name in before.rolled_back:
        session.log(f"Prisma's {name} failed and was declared as taken back: it does not count.")
    return _done(adopted, before)


def _number(history: Sequence[Revision], at: str, versions: Sequence[str]) -> int:
    """How many revisions the database is said to have: by --at, or else by Alembic's table."""
    if len(versions) > 1:
        raise position.disagreements(history, {}, versions)[0]
    foreign = [version for version in versions if find(history, version) is None]
    if foreign:
        raise FailedError(
            f"Alembic's table names {foreign[0]}, which these migrations do not know.",
            state=UNCHANGED,
            following="put that history's files into the folder, each with its `kind`; or, to begin anew, empty the "
            "table by hand (`DELETE FROM alembic_version`), then run the same again.",
        )
    name = at or (versions[0] if versions else BASE)
    named = find(history, name)
    if named is None and name != BASE:
        raise WrongUsageError(
            f"--at={name[:100]!r} is no revision of these migrations.",
            f"name the last one whose effect the database has; {BASE} is none.",
        )
    return number_of(history, named.id if named else None)


def _is_done(
    history: Sequence[Revision],
    entries: Mapping[str, Entry],
    versions: Sequence[str],
    adopted: Sequence[Revision],
    at: str,
) -> bool:
    """Whether an earlier run has written it; where the ledger says something else, see that it may be overwritten."""
    effective = [entry for entry in entries.values() if entry.is_in_effect]
    if not effective:
        return False
    faults = position.disagreements(history, entries, versions)
    if not faults:
        mine = {revision.id for revision in adopted}
        if {entry.revision for entry in effective} == mine and all(entry.state is State.ADOPTED for entry in effective):
            return True
        raise FailedError(
            "This database is this program's already.",
            state=UNCHANGED,
            following="`python3 -m deploy migrate status` shows where it is; `drift --accept` records its schema.",
        )
    checksums = {revision.id: revision.checksum for revision in history}
    # Only what Alembic's table says otherwise can be set right by saying what is there.
    if not at or any(entry.checksum != checksums.get(entry.revision) for entry in effective):
        raise faults[0]
    return False


def _write(session: Session, entries: Mapping[str, Entry], adopted: Sequence[Revision]) -> None:
    """Ledger and Alembic's table, in one transaction with the look at what is there."""
    history, connection = session.scripts.history, session.connection
    with connection.begin():
        session.set_timeouts()
        _verify(session, adopted)
        session.ledger.create(connection)
        for revision in adopted:
            session.ledger.end(connection, revision, State.ADOPTED)
        for revision in history[len(adopted) :]:
            if revision.id in entries and entries[revision.id].is_in_effect:
                session.ledger.end(connection, revision, State.REVERTED)
        session.scripts.stamp(connection, adopted[-1].id if adopted else None)


def _verify(session: Session, adopted: Sequence[Revision]) -> None:
    """Ask each revision's own `validate_after` whether its effect is there.

    Raises:
        FailedError: when it is not. What a later contract may have taken away again is only told.
    """
    contracts = [revision.number for revision in adopted if revision.kind == "contract"]
    for revision in adopted:
        why = _missing(session, revision)
        if why and any(number > revision.number for number in contracts):
            session.context.console.warn(
                f"{revision.id} is not seen in the database ({why}); a later contract may have taken it away."
            )
        elif why:
            raise FailedError(
                f"{revision.id} is not in the database: {why}.",
                state=UNCHANGED,
                following=f"name the last revision whose effect is there with --at; before this one: "
                f"--at={revision.down_revision or BASE}.",
            )


def _missing(session: Session, revision: Revision) -> str:
    """Why a revision's effect is not there; empty when it is, or cannot be asked for."""
    function = getattr(session.scripts.module(revision), "validate_after", None)
    if not callable(function):
        return ""
    try:
        with session.connection.begin_nested():
            return "its `validate_after` answers False" if function(session.connection) is False else ""
    except sa.exc.DBAPIError as error:
        if is_lost(error):
            raise
        return f"its `validate_after` fails with: {brief(error)}"
    except Exception as error:  # noqa: BLE001 - the app's own code, which may raise anything
        return f"its `validate_after` raises {type(error).__name__}: {error}"


def _done(adopted: Sequence[Revision], before: Predecessors) -> Done:
    at = adopted[-1].id if adopted else ""
    where = f"at {at}" if adopted else "before the first revision"
    return Done(
        f"The database is adopted {where}{f'; before, {before} migrated it' if before.names else ''}.",
        {
            "at": at,
            "adopted": [revision.id for revision in adopted],
            "before": list(before.names),
            "prisma": {"finished": list(before.finished), "rolled_back": list(before.rolled_back)},
        },
    )
