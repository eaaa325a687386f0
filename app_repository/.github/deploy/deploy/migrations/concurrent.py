"""Revisions that build or drop an index without locking writers out: `CREATE` or `DROP INDEX CONCURRENTLY`.

Such a statement has no transaction around it. Cut off, it leaves an index that is not valid, which `IF NOT EXISTS`
would accept; and its server may still be building. So it is looked at before and after; and what is broken goes.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from deploy.errors import FailedError
from deploy.migrations import index_statement
from deploy.migrations.database import is_lost
from deploy.migrations.index_statement import NotOneError, Statement
from deploy.migrations.ledger import State
from deploy.migrations.progress import Progress
from deploy.migrations.session import Session
from deploy.migrations.transactional import check
from deploy.release.revisions import Revision

PAUSE = 1.0
_TRIAL = "deploy_trial"
# A new index is in its table's schema, wherever in the search path that is; one that is dropped is found by the path.
_INDEX = sa.text(
    """
    SELECT i.indexrelid::regclass::text AS name, i.indisvalid AND i.indisready AS is_valid,
           coalesce(i.indrelid = to_regclass(:table), false) AS is_of_table, pg_get_indexdef(i.indexrelid) AS definition
    FROM pg_index i
    WHERE i.indexrelid = to_regclass(
        CASE WHEN :creates THEN (
            SELECT format('%I.%s', n.nspname, CAST(:index AS text))
            FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace WHERE t.oid = to_regclass(:table)
        ) ELSE :index END
    )
    """
)
_BUILDING = sa.text(
    """
    SELECT p.pid, p.phase, coalesce(p.blocks_done, 0) AS done, coalesce(p.blocks_total, 0) AS total
    FROM pg_stat_progress_create_index p
    WHERE p.datname = current_database() AND p.relid = to_regclass(:table)
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """An index that is there.

    Attributes:
        name: with its schema where that is needed.
        is_valid: whether it can be used.
        is_of_table: whether it is one of the table for which one is built.
        definition: as PostgreSQL spells it.
    """

    name: str
    is_valid: bool
    is_of_table: bool
    definition: str


def up(session: Session, revision: Revision) -> None:
    """Build or drop the index, and note it."""
    statement = _statement_of(session, revision, "up")
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
    _bring(session, revision, _statement_of(session, revision, "down"))
    with session.connection.begin():
        session.scripts.stamp(session.connection, revision.down_revision)
        session.ledger.end(session.connection, revision, State.REVERTED)


def forget(session: Session, revision: Revision) -> None:
    """Drop what a build that was cut off has left, if it is not valid."""
    statement = _statement_of(session, revision, "up")
    if statement is not None and statement.creates:
        _wait_for_another(session, statement)
        _drop_broken(session, statement)


def find(session: Session, statement: Statement) -> Index | None:
    """The index of a statement; None where it is not there."""
    given = {"creates": statement.creates, "index": statement.index, "table": statement.table}
    row = session.connection.execute(_INDEX, given).mappings().first()
    session.connection.rollback()
    return None if row is None else Index(**row)


def _statement_of(session: Session, revision: Revision, direction: str) -> Statement | None:
    try:
        return index_statement.statement_of(session.scripts, revision, direction)
    except NotOneError as error:
        raise FailedError(
            f"The `{direction}` of {revision.id}, which is concurrent, is no single CREATE INDEX CONCURRENTLY or DROP "
            f"INDEX CONCURRENTLY: {error}.",
            state="The database is as it was before this revision.",
            following="drop or build the index by hand, then `python3 -m deploy migrate adopt --at REVISION` with the "
            "revision that the database then has.",
        ) from error


def _bring(session: Session, revision: Revision, statement: Statement | None) -> None:
    """See that the index is there and valid, or is not there."""
    if statement is None:
        return

    def attempt() -> None:
        session.connection.rollback()
        if _is_done_already(session, revision, statement):
            return
        try:
            with _watched(session, statement):
                _alone(session, statement.text)
        except sa.exc.DBAPIError as error:
            if statement.creates and not is_lost(error):
                _drop_broken(session, statement)
            raise

    session.budget.run(revision.id, session.connection, attempt)
    index = find(session, statement)
    if not (index is not None and index.is_valid if statement.creates else index is None):
        raise FailedError(
            f"{revision.id} failed: {statement.index} is not as it should be afterwards.",
            state="No other object of the database was changed.",
            following="run the same again: it drops what is not valid and builds it anew.",
        )


def _is_done_already(session: Session, revision: Revision, statement: Statement) -> bool:
    """Whether an earlier attempt, or a person, came that far; what one that was cut off has left broken goes.

    Raises:
        FailedError: when there is another index of that name.
    """
    if not statement.creates:
        return find(session, statement) is None
    _wait_for_another(session, statement)
    index = find(session, statement)
    if index is None:
        return False
    if not index.is_of_table or (index.is_valid and not _is_as_stated(session, statement, index)):
        raise FailedError(
            f"{revision.id} failed: there is another index of that name already: {index.definition}.",
            state="It was left as it is, and this revision changed nothing.",
            following="give the new index another name, or drop the other one in a revision before, then run the same "
            "again.",
        )
    if not index.is_valid:
        session.log(f"{index.name} is there and not valid, from an attempt that was cut off: dropping it first.")
        _alone(session, f"DROP INDEX CONCURRENTLY {index.name}")
    return index.is_valid


def _is_as_stated(session: Session, statement: Statement, index: Index) -> bool:
    """Whether PostgreSQL spells an index of the statement's like the one that is there.

    It is built for that, on an empty table with the same columns which nobody sees and which does not stay.
    """
    unique = "UNIQUE " if statement.unique else ""
    with session.connection.begin() as transaction:
        session.set_timeouts()
        for text in (
            f"CREATE TEMPORARY TABLE {_TRIAL} (LIKE {statement.table})",
            f"CREATE {unique}INDEX ON pg_temp.{_TRIAL} {statement.definition}",
        ):
            session.connection.exec_driver_sql(text.replace("%", "%%"))
        stated = session.connection.scalar(
            sa.text("SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = to_regclass(:trial)"),
            {"trial": f"pg_temp.{_TRIAL}"},
        )
        transaction.rollback()
    return index_statement.without_names(stated or "") == index_statement.without_names(index.definition)


def _drop_broken(session: Session, statement: Statement) -> None:
    """Drop what a build has left that did not come to its end."""
    index = find(session, statement)
    if index is not None and index.is_of_table and not index.is_valid:
        _alone(session, f"DROP INDEX CONCURRENTLY {index.name}")


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
