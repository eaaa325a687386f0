"""Revisions that build or drop an index without locking writers out: `CREATE` or `DROP INDEX CONCURRENTLY`.

Such a statement has no transaction around it. Cut off, it leaves an index that is not valid, which `IF NOT EXISTS`
would accept; and its server may still be building. So it is looked at before and after; and what is broken goes.
"""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from deploy.errors import FailedError, WrongUsageError
from deploy.migrations.database import is_lost
from deploy.migrations.ledger import State
from deploy.migrations.progress import Progress
from deploy.migrations.scripts import CannotRenderError
from deploy.migrations.session import Session
from deploy.migrations.transactional import check
from deploy.release.revisions import Revision

PAUSE = 1.0
_NAME = r'(?P<index>"(?:[^"]|"")+"|\w+(?:\."?\w+"?)?)'
_CREATE = re.compile(
    rf"CREATE\s+(?:UNIQUE\s+)?INDEX\s+CONCURRENTLY\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}\s+ON\s+(?:ONLY\s+)?(?P<table>\S+)\s.*",
    re.IGNORECASE | re.DOTALL,
)
_DROP = re.compile(rf"DROP\s+INDEX\s+CONCURRENTLY\s+(?:IF\s+EXISTS\s+)?{_NAME}(?P<table>)", re.IGNORECASE)
_STATE = sa.text(
    """
    SELECT i.indexrelid::regclass::text AS index, i.indisvalid AND i.indisready AS valid
    FROM pg_index i WHERE i.indexrelid = to_regclass(:name)
    """
)
_BUILDING = sa.text(
    """
    SELECT p.pid, p.phase, coalesce(p.blocks_done, 0) AS done, coalesce(p.blocks_total, 0) AS total
    FROM pg_stat_progress_create_index p
    WHERE p.datname = current_database() AND p.relid = to_regclass(:table)
    """
)


@dataclass(frozen=True, slots=True)
class Statement:
    """The one statement of a concurrent revision."""

    text: str
    creates: bool
    index: str
    table: str


def statement_of(session: Session, revision: Revision, direction: str) -> Statement | None:
    """What a revision does; None where going down does nothing.

    Raises:
        WrongUsageError: when it is anything else than one such statement.
    """
    try:
        statements = session.scripts.statements(revision, direction)
    except CannotRenderError as error:
        raise _not_one(revision, str(error)) from error
    if not statements and direction == "down":
        return None
    created = _CREATE.fullmatch(statements[0]) if len(statements) == 1 else None
    found = created or (_DROP.fullmatch(statements[0]) if len(statements) == 1 else None)
    if found is None:
        raise _not_one(revision, f"it has {len(statements)} statements: {'; '.join(statements)[:200]}")
    return Statement(text=statements[0], creates=created is not None, index=found["index"], table=found["table"])


def up(session: Session, revision: Revision) -> None:
    """Build or drop the index, and note it."""
    statement = statement_of(session, revision, "up")
    with session.connection.begin():
        check(session, revision, "validate_before")
    _bring(session, revision, statement)
    with session.connection.begin():
        check(session, revision, "validate_after")
        session.scripts.stamp(session.connection, revision.id)
        session.ledger.end(session.connection, revision, State.APPLIED)


def down(session: Session, revision: Revision, guard: Callable[[], None]) -> None:
    """The same the other way."""
    guard()
    _bring(session, revision, statement_of(session, revision, "down"))
    with session.connection.begin():
        session.scripts.stamp(session.connection, revision.down_revision)
        session.ledger.end(session.connection, revision, State.REVERTED)


def forget(session: Session, revision: Revision) -> None:
    """Drop what a build that was cut off has left, if it is not valid."""
    statement = statement_of(session, revision, "up")
    if statement is not None and statement.creates:
        _wait_for_another(session, statement)
        if is_valid(session, statement) is False:
            _alone(session, f"DROP INDEX CONCURRENTLY {statement.index}")


def _bring(session: Session, revision: Revision, statement: Statement | None) -> None:
    """See that the index is there and valid, or is not there."""
    if statement is None:
        return

    def attempt() -> None:
        session.connection.rollback()
        if statement.creates:
            _wait_for_another(session, statement)
        there = is_valid(session, statement)
        if there is statement.creates or (there is None and not statement.creates):
            return  # an earlier attempt came that far
        if there is False and statement.creates:
            session.log(
                f"{statement.index} is there and not valid, from an attempt that was cut off: dropping it first."
            )
            _alone(session, f"DROP INDEX CONCURRENTLY {statement.index}")
        try:
            with _watched(session, statement):
                _alone(session, statement.text)
        except sa.exc.DBAPIError as error:
            if statement.creates and not is_lost(error) and is_valid(session, statement) is False:
                _alone(session, f"DROP INDEX CONCURRENTLY {statement.index}")
            raise

    session.budget.run(revision.id, session.connection, attempt)
    if is_valid(session, statement) is not (True if statement.creates else None):
        raise FailedError(
            f"{revision.id} failed: {statement.index} is not as it should be afterwards.",
            state="No other object of the database was changed.",
            following="run the same again: it drops what is not valid and builds it anew.",
        )


def is_valid(session: Session, statement: Statement) -> bool | None:
    """Whether the index can be used; None where it is not there."""
    row = session.connection.execute(_STATE, {"name": statement.index}).mappings().first()
    session.connection.rollback()
    return None if row is None else bool(row["valid"])


def _wait_for_another(session: Session, statement: Statement) -> None:
    """A server that builds for a runner that is gone: PostgreSQL 14 and newer notice within a second."""
    deadline = session.context.clock.monotonic() + session.arguments.lock_wait
    while True:
        row = session.connection.execute(_BUILDING, {"table": statement.table}).mappings().first()
        session.connection.rollback()
        if row is None:
            return
        if session.context.clock.monotonic() >= deadline:
            raise FailedError(
                f"Process {row['pid']} builds an index of {statement.table} already ({row['phase']}).",
                state="This run changed nothing.",
                following="wait for it, or end it: `SELECT pg_cancel_backend(PID)`; then run the same again.",
            )
        session.log(f"Process {row['pid']} builds an index of {statement.table} already. Waiting.")
        session.context.clock.sleep(PAUSE)


def _alone(session: Session, text: str) -> None:
    """Execute a statement without a transaction, waiting for locks as long as it takes: nobody queues behind it.

    A lock timeout would end it on any old snapshot, even of another table, and leave a broken index. It has a deadline.
    """
    driver = session.connection.connection.driver_connection
    session.connection.rollback()
    if driver is None:
        raise AssertionError("an open connection has its driver's")
    driver.autocommit = True
    try:
        driver.execute(
            "SELECT set_config('lock_timeout', '0', false), set_config('statement_timeout', %s, false)",
            (f"{session.arguments.deadline * 1000:.0f}ms",),
        )
        try:
            driver.execute(text)
        finally:
            if not driver.closed:
                driver.execute("RESET lock_timeout")
                driver.execute("RESET statement_timeout")
    except Exception as error:
        wrapped = sa.exc.DBAPIError.instance(text, None, error, type(error).__mro__[1])
        raise wrapped from error
    finally:
        if not driver.closed:
            driver.autocommit = False


@contextmanager
def _watched(session: Session, statement: Statement) -> Iterator[None]:
    """Tell how far a build has come, seen from a second connection."""
    ended = threading.Event()
    watcher = threading.Thread(target=_tell, args=(session, statement, ended), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _tell(session: Session, statement: Statement, ended: threading.Event) -> None:
    progress = Progress(session.context.clock, session.context.console, statement.index, "blocks")
    try:
        with session.database.connect() as connection:
            while not ended.wait(PAUSE):
                row = connection.execute(_BUILDING, {"table": statement.table}).mappings().first()
                connection.rollback()
                if row:
                    progress.show(row["done"], row["total"], row["phase"])
    except Exception:  # noqa: BLE001, S110 - not to know how far it has come does not end it
        pass


def _not_one(revision: Revision, why: str) -> WrongUsageError:
    return WrongUsageError(
        f"{revision.id} is concurrent, so its `up` (and `down`) is one CREATE INDEX CONCURRENTLY or DROP INDEX "
        f"CONCURRENTLY, and nothing else: {why}.",
        "put the rest into a revision of its own.",
    )
