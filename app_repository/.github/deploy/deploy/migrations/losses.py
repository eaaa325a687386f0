"""What going down would destroy, counted before anything is: which tables and columns go, and what is in them.

It is found out by doing it in a transaction that is taken back, and not by reading SQL: what a `down` does is seen.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from deploy.migrations.session import Session
from deploy.release.revisions import Revision

_COLUMNS = sa.text(
    """
    SELECT a.attrelid::regclass::text AS table, quote_ident(a.attname) AS column, a.attrelid::bigint AS oid, a.attnum,
           format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS default
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND c.relname NOT IN ('deploy_migrations', 'alembic_version') AND c.relpersistence <> 't'
    """
)
_CHANGED_ROWS = sa.text(
    """
    SELECT relid::bigint AS oid, relid::regclass::text AS table, n_tup_del AS deleted, n_tup_upd AS updated
    FROM pg_stat_xact_user_tables WHERE relname NOT IN ('deploy_migrations', 'alembic_version')
    """
)
_CALL = re.compile(r"\w\s*\(")
"""A default that calls something has no one value: then any value counts."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalogue has it; `key` stays the same when it is renamed."""

    key: tuple[int, int]
    table: str
    name: str
    type: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that would be lost.

    Attributes:
        revision: whose way down destroys it.
        what: `posts`, `posts.views`, or rows of a table.
        rows: how many rows hold it.
        table: where they are; empty where they cannot be looked at any more.
        condition: which of its rows, as SQL.
    """

    revision: str
    what: str
    rows: int
    table: str = ""
    condition: str = "true"

    def __str__(self) -> str:
        return f"{self.what}: {self.rows:,} rows ({self.revision})"


def try_down(session: Session, revisions: Sequence[Revision]) -> dict[str, list[Loss]]:
    """Go down in a transaction that is taken back, and see what each revision took away.

    Args:
        session: holds the lock.
        revisions: in the order in which they would be taken back.

    Returns:
        By revision, the tables and columns that go, their rows not counted yet, and the rows that it wrote or deleted.
    """
    found: dict[str, list[Loss]] = {}

    def attempt() -> None:
        found.clear()
        session.connection.rollback()
        with session.connection.begin() as transaction:
            session.set_timeouts(statement=session.arguments.deadline)
            for revision in revisions:
                found[revision.id] = _tried(session, revision)
            transaction.rollback()

    session.budget.run("Looking at what going down would take", session.connection, attempt)
    return found


def counted(session: Session, losses: Sequence[Loss]) -> list[Loss]:
    """Those of them that hold data, with the number of rows. Reads the tables; nobody waits for that."""
    with session.connection.begin():
        session.set_timeouts(statement=session.arguments.deadline)
        return [replace(loss, rows=rows) for loss in losses if (rows := loss.rows or _rows(session, loss))]


def lock_and_look(session: Session, losses: Sequence[Loss]) -> list[Loss]:
    """Those that hold data now, once nobody can write any more: inside the transaction that goes down.

    The statement timeout bounds how long writers wait for it.
    """
    for table in sorted({loss.table for loss in losses if loss.table}):
        session.connection.execute(sa.text(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE"))
    return [loss for loss in losses if loss.rows or _has_rows(session, loss)]


def _tried(session: Session, revision: Revision) -> list[Loss]:
    """Run a revision's `down` in the open transaction; what that took away."""
    function = getattr(session.scripts.module(revision), "down", None)
    # An index holds nothing that is not in its table, and dropping one concurrently has no transaction.
    if revision.kind == "concurrent" or not callable(function):
        return []
    columns, changed = _columns(session), _changed_rows(session)
    session.scripts.call(function, session.connection)
    left = _columns(session)
    tables = {column.key[0] for column in left.values()}
    losses = [
        Loss(revision.id, column.table, 0, column.table)
        for column in {column.key[0]: column for column in columns.values() if column.key[0] not in tables}.values()
    ]
    for key, column in columns.items():
        if key not in left and key[0] in tables:
            losses.append(Loss(revision.id, f"{column.table}.{column.name}", 0, column.table, _set(column)))
        elif key in left and left[key].type != column.type:
            what = f"{column.table}.{column.name} as {left[key].type}, not {column.type}"
            losses.append(Loss(revision.id, what, 0, column.table, f"{column.name} IS NOT NULL"))
    for table, rows in _changed_rows(session).items():
        if rows > changed.get(table, 0):
            losses.append(Loss(revision.id, f"rows of {table} written or deleted", rows - changed.get(table, 0)))
    return losses


def _columns(session: Session) -> dict[tuple[int, int], Column]:
    rows = session.connection.execute(_COLUMNS).mappings()
    columns = [
        Column((row["oid"], row["attnum"]), row["table"], row["column"], row["type"], row["default"]) for row in rows
    ]
    return {column.key: column for column in columns}


def _changed_rows(session: Session) -> dict[str, int]:
    rows = session.connection.execute(_CHANGED_ROWS).mappings()
    return {row["table"]: row["deleted"] + row["updated"] for row in rows}


def _set(column: Column) -> str:
    """The condition that a row says something in a column, beyond what every new row says."""
    if column.default is None or _CALL.search(column.default):
        return f"{column.name} IS NOT NULL"
    return f"{column.name} IS DISTINCT FROM {column.default}"


def _rows(session: Session, loss: Loss) -> int:
    query = f"SELECT count(*) FROM {loss.table} WHERE {loss.condition}"  # noqa: S608 - the catalogue's own, quoted names
    return session.connection.scalar(sa.text(query.replace(":", r"\:"))) or 0


def _has_rows(session: Session, loss: Loss) -> bool:
    query = f"SELECT EXISTS (SELECT FROM {loss.table} WHERE {loss.condition})"  # noqa: S608 - likewise
    return bool(session.connection.scalar(sa.text(query.replace(":", r"\:"))))
