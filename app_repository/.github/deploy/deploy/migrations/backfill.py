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
_PARAMETER = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/ | [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' | "(?:[^"]|"")*"
    | \$(?P<tag>[^\W\d]\w*|)\$.*?\$(?P=tag)\$
    | (?<!:):(?P<name>first|last)\b
    """,
    re.DOTALL | re.VERBOSE,
)
"""A parameter, or what may only look as if it held one: a comment, a text, a quoted name."""


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
            _refuse_rows_without_key(session, backfill)
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
    table, key = _quoted(backfill.table), _quoted(backfill.key)
    later = f"AND {key} > CAST(:after AS {kind})" if after is not None else ""
    query = sa.text(
        f"""
        SELECT (array_agg(key ORDER BY key))[1]::text AS first, (array_agg(key ORDER BY key DESC))[1]::text AS last,
               count(*) AS count
        FROM (
            SELECT {key} AS key FROM {table}
            WHERE {key} <= CAST(:bound AS {kind}) {later} ORDER BY {key} LIMIT :limit
        ) AS batch
        """  # noqa: S608 - names are checked where they are read, and types are PostgreSQL's
    )
    given = {"bound": bound, "limit": limit} | ({"after": after} if after is not None else {})
    return dict(session.connection.execute(query, given).mappings().one())


def _write(session: Session, backfill: Backfill, kind: str, batch: dict[str, Any]) -> None:
    def bound(found: re.Match[str]) -> str:
        return f"CAST(%({found['name']})s AS {kind})" if found["name"] else found[0]

    # The driver knows no colons, so all others are PostgreSQL's to read.
    statement = _PARAMETER.sub(bound, backfill.statement.replace("%", "%%"))
    session.connection.exec_driver_sql(statement, {"first": batch["first"], "last": batch["last"]})


def _quoted(name: str) -> str:
    """A name as SQL has it: capitals, reserved words and signs need quotation marks."""
    return ".".join(f'"{part}"' for part in name.split("."))


def _key_type(session: Session, backfill: Backfill) -> str:
    kind = session.connection.scalar(
        sa.text(
            "SELECT format_type(atttypid, atttypmod) FROM pg_attribute "
            "WHERE attrelid = to_regclass(:table) AND attname = :key AND NOT attisdropped"
        ),
        {"table": _quoted(backfill.table), "key": backfill.key},
    )
    if kind is None:
        raise FailedError(
            f"There is no {backfill.key} in {backfill.table}, or no such table.",
            state="The database is as it was before this revision.",
            following="mend `table` and `key` (they are taken as they are written, capitals too), then run the same "
            "again.",
        )
    return kind


def _last_key(session: Session, backfill: Backfill) -> str | None:
    # As text it would be ordered as text: 99 after 100.
    table, key = _quoted(backfill.table), _quoted(backfill.key)
    last = f"SELECT {key} AS key FROM {table} WHERE {key} IS NOT NULL ORDER BY 1 DESC LIMIT 1"  # noqa: S608 - checked names
    return session.connection.scalar(sa.text(f"SELECT key::text FROM ({last}) AS last"))  # noqa: S608 - likewise


def _refuse_rows_without_key(session: Session, backfill: Backfill) -> None:
    query = f"SELECT EXISTS (SELECT FROM {_quoted(backfill.table)} WHERE {_quoted(backfill.key)} IS NULL)"  # noqa: S608 - checked names
    if session.connection.scalar(sa.text(query)):
        raise FailedError(
            f"There are rows of {backfill.table} whose {backfill.key} is NULL, which no batch would reach.",
            state="No row was written, and the database is as it was before this revision.",
            following="take a `key` that every row has, or give those rows one; then run the same again.",
        )


def _estimate(session: Session, backfill: Backfill) -> int:
    """Rows of the table as PostgreSQL last counted them; 0 where it never has."""
    with session.connection.begin():
        rows = session.connection.scalar(
            sa.text("SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(:table)"),
            {"table": _quoted(backfill.table)},
        )
    return max(0, rows or 0)
