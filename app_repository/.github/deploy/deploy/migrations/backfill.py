"""Revisions that write rows, a few at a time: each batch is a transaction with the ledger's cursor.

The rows that are there when it begins are gone through in the order of a key. Later ones are the application's to fill
in: it has been writing the new shape since the release that expanded to it.
"""

import re
from typing import Any

import sqlalchemy as sa

from deploy.errors import FailedError
from deploy.migrations.ledger import Entry, State
from deploy.migrations.progress import Progress
from deploy.migrations.session import Session
from deploy.migrations.transactional import check
from deploy.release.revisions import Backfill, Revision

TARGET_SECONDS = 0.05
"""What a batch should take: a writer that wants one of its rows waits for that long."""
FIRST_ROWS = 100
"""Rows of the first batch: how long a row takes is not known before."""
REST = 0.25
"""The pause after a batch, as a share of what it took, in which others get their turn."""
_PARAMETER = re.compile(r"(?<!:):(first|last)\b")


def up(session: Session, revision: Revision) -> None:
    """Go through the rows from where the ledger says, and note the end of it."""
    backfill = revision.backfill
    if backfill is None:
        raise AssertionError("a backfill says what it goes through")
    with session.connection.begin():
        check(session, revision, "validate_before")
        entry = session.ledger.read(session.connection)[revision.id]
        kind = _key_type(session, backfill)
        if entry.bound is None:
            session.ledger.advance(session.connection, revision, bound=_last_key(session, backfill))
            entry = session.ledger.read(session.connection)[revision.id]
    _run(session, revision, backfill, kind, entry)
    with session.connection.begin():
        check(session, revision, "validate_after")
        session.scripts.stamp(session.connection, revision.id)
        session.ledger.end(session.connection, revision, State.APPLIED)


def _run(session: Session, revision: Revision, backfill: Backfill, kind: str, entry: Entry) -> None:
    clock = session.context.clock
    progress = Progress(clock, session.context.console, revision.id, "rows")
    total = _estimate(session, backfill)
    cursor, done, rows = entry.cursor, entry.rows_done, min(FIRST_ROWS, backfill.batch_rows)
    if cursor is not None:
        session.log(f"{revision.id}: going on after {done:,} rows, at {backfill.key} {cursor}.")
    progress.show(done, total)
    while entry.bound is not None:
        batch: dict[str, Any] = {}

        def attempt(
            after: str | None = cursor, limit: int = rows, done: int = done, batch: dict[str, Any] = batch
        ) -> None:
            session.connection.rollback()
            with session.connection.begin():
                session.set_timeouts(lock=max(1.0, session.budget.timeout))
                batch.update(_batch(session, backfill, kind, after=after, bound=entry.bound, limit=limit))
                if batch["count"]:
                    _write(session, backfill, kind, batch)
                    session.ledger.advance(
                        session.connection, revision, cursor=batch["last"], rows_done=done + batch["count"]
                    )

        began = clock.monotonic()
        session.budget.run(revision.id, session.connection, attempt)
        if not batch["count"]:
            return
        cursor, done = batch["last"], done + batch["count"]
        took = clock.monotonic() - began
        rows = max(1, min(backfill.batch_rows, int(rows * min(2.0, TARGET_SECONDS / max(took, 0.001)))))
        progress.show(done, max(total, done))
        clock.sleep(took * REST)


def _batch(
    session: Session, backfill: Backfill, kind: str, *, after: str | None, bound: str | None, limit: int
) -> dict[str, Any]:
    """The first and last key of the next rows, as text, and how many they are."""
    later = f"AND {backfill.key} > CAST(:after AS {kind})" if after is not None else ""
    query = sa.text(
        f"""
        SELECT (array_agg(key ORDER BY key))[1]::text AS first, (array_agg(key ORDER BY key DESC))[1]::text AS last,
               count(*) AS count
        FROM (
            SELECT {backfill.key} AS key FROM {backfill.table}
            WHERE {backfill.key} <= CAST(:bound AS {kind}) {later} ORDER BY {backfill.key} LIMIT :limit
        ) AS batch
        """  # noqa: S608 - names are checked where they are read, and types are PostgreSQL's
    )
    given = {"bound": bound, "limit": limit} | ({"after": after} if after is not None else {})
    return dict(session.connection.execute(query, given).mappings().one())


def _write(session: Session, backfill: Backfill, kind: str, batch: dict[str, Any]) -> None:
    statement = _PARAMETER.sub(rf"CAST(:\1 AS {kind})", backfill.statement)
    session.connection.execute(sa.text(statement), {"first": batch["first"], "last": batch["last"]})


def _key_type(session: Session, backfill: Backfill) -> str:
    kind = session.connection.scalar(
        sa.text(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = to_regclass(:table) AND attname = :key AND NOT attisdropped"
        ),
        {"table": backfill.table, "key": backfill.key},
    )
    if kind is None:
        raise FailedError(
            f"There is no {backfill.key} in {backfill.table}, or no such table.",
            state="The database is as it was before this revision.",
            following="mend `table` and `key`, then run the same again.",
        )
    return kind


def _last_key(session: Session, backfill: Backfill) -> str | None:
    # As text it would be ordered as text: 99 after 100.
    query = (
        f"SELECT key::text FROM (SELECT {backfill.key} AS key FROM {backfill.table} ORDER BY 1 DESC LIMIT 1) AS last"  # noqa: S608 - checked names
    )
    return session.connection.scalar(sa.text(query))


def _estimate(session: Session, backfill: Backfill) -> int:
    """Rows of the table as PostgreSQL last counted them; 0 where it never has."""
    with session.connection.begin():
        rows = session.connection.scalar(
            sa.text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:table)"), {"table": backfill.table}
        )
    return max(0, rows or 0)
