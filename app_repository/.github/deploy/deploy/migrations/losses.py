"""What going down would destroy, counted before anything is: tables, columns, rows and views, and what is in them.

It is found out by doing it in a transaction that is taken back, and not by reading SQL: what a `down` does is seen.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa

from deploy.errors import DeployError, FailedError
from deploy.migrations.database import brief, is_lost, sqlstate
from deploy.migrations.session import Session
from deploy.release.revisions import Revision

_COLUMNS = sa.text(
    """
    SELECT a.attrelid::regclass::text AS table, quote_ident(a.attname) AS column, a.attrelid::bigint AS oid, a.attnum,
           format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS default,
           pg_relation_filenode(a.attrelid)::bigint AS file
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
      AND c.relname NOT IN ('deploy_migrations', 'alembic_version') AND c.relpersistence <> 't'
    """
)
_VIEWS = sa.text(
    """
    SELECT oid::bigint AS oid, relname AS name FROM pg_class
    WHERE relkind IN ('v', 'm') AND relpersistence <> 't'
      AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    """
)
_CHANGED_ROWS = sa.text(
    """
    SELECT relid::bigint AS oid, relid::regclass::text AS table, n_tup_del AS deleted, n_tup_upd AS updated
    FROM pg_stat_xact_user_tables WHERE relname NOT IN ('deploy_migrations', 'alembic_version')
    """
)
NOT_THERE = ("42P01", "42703")
"""A table, or a column, that is not there."""
UNCHANGED = "Nothing was changed."
_CALL = re.compile(r"\w\s*\(")
"""A default that calls something has no one value: then any value counts."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalogue has it.

    Attributes:
        key: the numbers of its table and of itself, which stay the same when they are renamed.
        table: the table's name.
        name: its own.
        type: as SQL.
        default: as SQL, if it has one.
        file: which file the table's rows are in: another one once the table was emptied, or written anew.
    """

    key: tuple[int, int]
    table: str
    name: str
    type: str
    default: str | None
    file: int | None


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that would be lost.

    Attributes:
        revision: whose way down destroys it.
        what: `posts`, `posts.views`, rows of a table, or a view.
        rows: how many rows hold it; 0 as long as they are not counted.
        table: where they are; empty where they cannot be looked at any more.
        condition: which of its rows, as SQL.
        unit: what is counted as rows.
    """

    revision: str
    what: str
    rows: int
    table: str = ""
    condition: str = "true"
    unit: str = "rows"

    def __str__(self) -> str:
        return f"{self.what}: {self.rows:,} {self.unit} ({self.revision})"


def try_down(session: Session, revisions: Sequence[Revision]) -> dict[str, list[Loss]]:
    """Go down in a transaction that is taken back, and see what each revision took away.

    Args:
        session: holds the lock.
        revisions: in the order in which they would be taken back.

    Returns:
        By revision, the tables and columns that go, their rows not counted yet, and the rows that it wrote or deleted.

    Raises:
        FailedError: when a revision cannot be taken back, or others would wait too long for finding it out.
    """
    found: dict[str, list[Loss]] = {}
    clock, seconds = session.context.clock, session.arguments.statement_timeout

    def attempt() -> None:
        found.clear()
        session.connection.rollback()
        with session.connection.begin() as transaction:
            session.set_timeouts()
            began = clock.monotonic()
            for revision in revisions:
                # All that they lock stays locked until the last one was tried.
                if clock.monotonic() - began > seconds:
                    raise FailedError(
                        f"Going down to before {revision.id} at once would keep others waiting for over {seconds:g} s.",
                        state=UNCHANGED,
                        following=f"go down in steps, first --to={revision.id}; or allow it with --statement-timeout.",
                    )
                # Each in a savepoint: in the transaction that has given a table a file, it would get no other one.
                with session.connection.begin_nested():
                    lost = _tried(session, revision)
                found[revision.id] = lost
            transaction.rollback()

    try:
        session.budget.run("Looking at what going down would take", session.connection, attempt)
    except DeployError:
        raise
    except (Exception, SystemExit) as error:
        if isinstance(error, sa.exc.DBAPIError) and is_lost(error):
            raise
        raise _not_tried(revisions[len(found)], error) from error
    return found


def counted(session: Session, losses: Sequence[Loss]) -> list[Loss]:
    """Those of them that hold data, with the number of rows. Reads the tables; nobody waits for that.

    Raises:
        FailedError: when they cannot be counted.
    """
    with session.connection.begin():
        session.set_timeouts(statement=session.arguments.deadline)
        return [replace(loss, rows=rows) for loss in losses if (rows := loss.rows or _count(session, loss))]


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
    columns, changed, views = _columns(session), _changed_rows(session), _views(session)
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
    written_anew = _written_anew(session, revision, columns, left)
    for table, rows in _changed_rows(session).items():
        if rows > changed.get(table, 0) and table not in written_anew:
            losses.append(Loss(revision.id, f"rows of {table} written or deleted", rows - changed.get(table, 0)))
    return [*losses, *written_anew.values(), *_views_gone(session, revision, views)]


def _written_anew(
    session: Session,
    revision: Revision,
    columns: Mapping[tuple[int, int], Column],
    left: Mapping[tuple[int, int], Column],
) -> dict[str, Loss]:
    """By its name now, each table whose rows are in another file than before, for which PostgreSQL counts nothing.

    They are lost unless the table says the same before as after, in the columns that it keeps. What it says after is
    in the loss's condition, so that counting compares it with what is said then.
    """
    tables: dict[str, list[tuple[Column, Column]]] = {}
    for key, column in columns.items():
        if key in left and left[key].file != column.file:
            tables.setdefault(left[key].table, []).append((column, left[key]))
    losses: dict[str, Loss] = {}
    for name, pairs in tables.items():
        kept = [(before, after) for before, after in pairs if before.type == after.type]
        says = session.connection.scalar(_sql(_checksum(name, [after.name for _, after in kept])))
        table = pairs[0][0].table
        differs = f"({_checksum(table, [before.name for before, _ in kept])}) IS DISTINCT FROM '{says}'"
        losses[name] = Loss(revision.id, f"rows of {table} written or deleted", 0, table, differs)
    return losses


def _checksum(table: str, columns: Sequence[str]) -> str:
    """The query of a text that depends on all values of some columns, and not on their order."""
    row = f"ROW({', '.join(columns)})::text"
    return f"SELECT concat_ws(' ', count(*), sum(hashtextextended({row}, 0)::numeric)) FROM ONLY {table}"  # noqa: S608 - the catalogue's names


def _views_gone(session: Session, revision: Revision, before: Mapping[int, str]) -> list[Loss]:
    """The views that went with something else: a revision's own view is named in its file."""
    left, text = _views(session), revision.path.read_text()
    gone = [name for oid, name in before.items() if oid not in left]
    return [
        Loss(revision.id, f"the view {name}", 1, unit="definition")
        for name in gone
        if not re.search(rf"\b{re.escape(name)}\b", text)
    ]


def _columns(session: Session) -> dict[tuple[int, int], Column]:
    rows = session.connection.execute(_COLUMNS).mappings()
    columns = [
        Column((row["oid"], row["attnum"]), row["table"], row["column"], row["type"], row["default"], row["file"])
        for row in rows
    ]
    return {column.key: column for column in columns}


def _views(session: Session) -> dict[int, str]:
    return {row["oid"]: row["name"] for row in session.connection.execute(_VIEWS).mappings()}


def _changed_rows(session: Session) -> dict[str, int]:
    rows = session.connection.execute(_CHANGED_ROWS).mappings()
    return {row["table"]: row["deleted"] + row["updated"] for row in rows}


def _set(column: Column) -> str:
    """The condition that a row says something in a column, beyond what every new row says."""
    if column.default is None or _CALL.search(column.default):
        return f"{column.name} IS NOT NULL"
    # As text, for which every type has an operator; and as the column would have it: 0 may be 0.00 there.
    return f"{column.name}::text IS DISTINCT FROM ({column.default})::{column.type}::text"


def _count(session: Session, loss: Loss) -> int:
    query = f"SELECT count(*) FROM {loss.table} WHERE {loss.condition}"  # noqa: S608 - the catalogue's own, quoted names
    try:
        return session.connection.scalar(_sql(query)) or 0
    except sa.exc.DBAPIError as error:
        if sqlstate(error) not in NOT_THERE:
            raise
        raise FailedError(
            f"What {loss.revision} would destroy ({loss.what}) cannot be counted before later ones are taken back.",
            state=UNCHANGED,
            following=f"go down in steps, first --to={loss.revision}.",
        ) from error


def _not_tried(revision: Revision, error: BaseException) -> FailedError:
    why = brief(error) if isinstance(error, sa.exc.DBAPIError) else f"{type(error).__name__}: {brief(error)}"
    return FailedError(
        f"{revision.id} cannot be taken back now: {why}.",
        state=UNCHANGED,
        following=f"mend the data that it names, or go down no further than --to={revision.id}; a statement that needs "
        "longer is allowed it with --statement-timeout.",
    )


def _has_rows(session: Session, loss: Loss) -> bool:
    query = f"SELECT EXISTS (SELECT FROM {loss.table} WHERE {loss.condition})"  # noqa: S608 - likewise
    return bool(session.connection.scalar(_sql(query)))


def _sql(query: str) -> sa.TextClause:
    """A query in which no colon stands for a parameter."""
    return sa.text(query.replace(":", r"\:"))
