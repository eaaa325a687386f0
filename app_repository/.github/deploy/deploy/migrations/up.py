"""`deploy migrate up`: what is pending is applied, as far as it may go."""

import argparse
from collections.abc import Sequence

from deploy.command import Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.migrations import fingerprint, lint, restore_point, steps
from deploy.migrations.contents import contents_of
from deploy.migrations.ledger import State
from deploy.migrations.session import Session, locked
from deploy.release.revisions import Revision, find


def run(arguments: argparse.Namespace, context: Context) -> Done:
    """Bring the database up.

    Raises:
        DeployError: when it cannot be, or not all the way.
    """
    return locked(arguments, context, lambda session: _up(session, arguments.to))


def _up(session: Session, to: str | None) -> Done:
    history = session.scripts.history
    with session.connection.begin():
        session.ledger.create(session.connection)
    at = session.position()
    last = _last(history, at, to)
    pending = history[at:last]
    _refuse_changed_backfills(session, pending)
    lint.refuse_findings(session.scripts, pending, session.context.console)
    contracts = any(revision.kind == "contract" for revision in pending)
    if contracts and not session.arguments.no_restore_point:
        with session.connection.begin():
            contents = contents_of(session.connection)
        arguments = session.arguments
        restore_point.require(arguments.restore_point, arguments.restore_point_age, session.context, contents)
    _tell_drift(session, pending)
    for revision in pending:
        steps.apply(session, revision)
    reached = session.position()
    if reached != max(at, last):
        raise FailedError(
            f"The database is at number {reached} and not at {last}, although nothing failed.",
            state="Somebody else has changed its tables meanwhile.",
            following="`python3 -m deploy migrate status`, then run the same again.",
        )
    fingerprint.record(session)
    waiting = history[reached:]
    return Done(
        _message(history, reached, pending, waiting),
        {
            "at": history[reached - 1].id if reached else "",
            "applied": [revision.id for revision in pending],
            "waiting": [revision.id for revision in waiting],
        },
    )


def _tell_drift(session: Session, pending: Sequence[Revision]) -> None:
    """Somebody's change by hand is told while it can be told apart from what is applied now."""
    # What an earlier attempt at a concurrent revision has left is no such change.
    begun = any(entry.state in (State.RUNNING, State.FAILED) for entry in session.entries().values())
    for line in fingerprint.changed_by_hand(session) if pending and not begun else ():
        session.context.console.warn(f"Not by a migration, and from now on part of the schema: {line}")


def _last(history: Sequence[Revision], at: int, to: str | None) -> int:
    """The number to go to. A contract takes something away, so it has to be named, by itself or by a later one."""
    if to is not None:
        named = find(history, to) if to else None
        if named is None:
            raise WrongUsageError(
                f"--to={to[:100]!r} is no revision of these migrations.",
                "`python3 -m deploy migrate status` lists them.",
            )
        return named.number
    contracts = [revision.number for revision in history[at:] if revision.kind == "contract"]
    return contracts[0] - 1 if contracts else len(history)


def _refuse_changed_backfills(session: Session, pending: Sequence[Revision]) -> None:
    """A backfill that is half done with one statement is not finished with another."""
    entries = session.entries()
    for revision in pending:
        entry = entries.get(revision.id)
        half_done = entry is not None and entry.rows_done and entry.state in (State.RUNNING, State.FAILED)
        if entry is not None and half_done and entry.checksum != revision.checksum:
            raise FailedError(
                f"The file of {revision.id} has changed since {entry.rows_done:,} rows were written as it was.",
                state="Nothing was changed.",
                following="bring it back as it was (`git log -- FILE`), and put the change into a revision of its own.",
            )


def _message(
    history: Sequence[Revision], reached: int, applied: Sequence[Revision], waiting: Sequence[Revision]
) -> str:
    at = f"The database is at {history[reached - 1].id}" if reached else "The database has no revision"
    did = f", after {', '.join(str(revision) for revision in applied)}" if applied else "; nothing was pending"
    left = f" Waiting: {', '.join(str(revision) for revision in waiting)}." if waiting else ""
    return f"{at}{did}.{left}"
