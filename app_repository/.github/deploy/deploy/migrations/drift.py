"""`deploy migrate drift`: what somebody has changed in the schema beside the migrations."""

import argparse

import sqlalchemy as sa

from deploy.command import Context, Done
from deploy.errors import FailedError
from deploy.migrations import advisory_lock, fingerprint
from deploy.migrations.fingerprint import Recorded
from deploy.migrations.ledger import Entry
from deploy.migrations.session import Session, budget_of, database_of, ledger_of, locked, reading, set_timeouts

_SHOWN = 10


def run(arguments: argparse.Namespace, context: Context) -> Done:
    """Compare the schema with what the last migration left, or accept it as it is.

    Raises:
        FailedError: when they differ, there is nothing to compare with, or somebody has an object locked for longer
            than the budget.
    """
    if arguments.accept:
        return locked(arguments, context, _accept)
    last, present = _look(arguments, context)
    recorded = fingerprint.recorded(last) if last else None
    if last is None or recorded is None:
        raise FailedError(
            "No schema is recorded that this one could be compared with.",
            state="Nothing was changed.",
            following="`python3 -m deploy migrate up` or `adopt` records it, or `drift --accept`.",
        )
    return _compared(context, last, recorded, present)


def _look(arguments: argparse.Namespace, context: Context) -> tuple[Entry | None, list[str]]:
    """The ledger's last revision in effect, and the present schema."""
    database = database_of(context)
    last: Entry | None = None
    present: list[str] = []
    with reading(database) as connection, budget_of(arguments, context, database) as budget:
        if holder := advisory_lock.holder_of(connection):
            context.console.warn(f"A run is changing the schema just now: {holder}.")

        def attempt() -> None:
            nonlocal last
            connection.rollback()
            with connection.begin():
                connection.execute(sa.text("SET TRANSACTION READ ONLY"))
                set_timeouts(connection, lock=budget.timeout, statement=arguments.statement_timeout)
                last = fingerprint.last_in_effect(ledger_of(context).read(connection).values())
                present[:] = fingerprint.lines(connection)

        budget.run(fingerprint.LOOKING, connection, attempt)
    return last, present


def _compared(context: Context, last: Entry, recorded: Recorded, present: list[str]) -> Done:
    differences = fingerprint.differences(recorded, present)
    data = {
        "at": last.revision,
        "recorded": recorded.at.isoformat(),
        "came": [line[2:] for line in differences if line.startswith("+")],
        "went": [line[2:] for line in differences if line.startswith("-")],
        "sha256": fingerprint.digest(present),
    }
    if not differences:
        return Done(f"The schema is what {last.revision} left.", data)
    for line in differences:
        context.console.log(line)
    more = f"; {len(differences) - _SHOWN} more above" if len(differences) > _SHOWN else ""
    raise FailedError(
        f"The schema is not what {last.revision} left: {'; '.join(differences[:_SHOWN])}{more}.",
        state="Nothing was changed.",
        following="write a migration that makes this the schema, take it back by hand, or `drift --accept`.",
        data=data,
    )


def _accept(session: Session) -> Done:
    number = session.position()
    if not number:
        raise FailedError(
            "The database has no revision that the schema could be recorded with.",
            state="Nothing was changed.",
            following="`python3 -m deploy migrate up` first.",
        )
    fingerprint.record(session, anew=True)
    at = session.scripts.history[number - 1].id
    return Done(f"The schema as it is now is recorded with {at}.", {"at": at, "came": [], "went": []})
