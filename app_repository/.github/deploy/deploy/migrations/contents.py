"""Whether a dump is one of this database: by its name, and by the tables whose rows it has."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

_DATABASE = re.compile(r"^;\s+dbname: (.*)$", re.MULTILINE)
_ROWS = re.compile(r"^\d+; \d+ \d+ TABLE DATA (.*)$", re.MULTILINE)
_TABLES = sa.text(
    """
    SELECT n.nspname AS schema, c.relname AS name, pg_get_userbyid(c.relowner) AS owner
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND c.relname <> ALL (:own)
      AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_' AND pg_has_role(c.relowner, 'USAGE')
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e')
    ORDER BY 1, 2
    """
)
"""What this role could drop: only an owner can. What an extension brought, a dump leaves to the extension."""
OWN = ("deploy_migrations", "alembic_version")
"""The first `up` has made them after the dump, perhaps."""
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Table:
    """A table with rows of its own."""

    schema: str
    name: str
    owner: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Contents:
    """What a database has that a dump of it has to have."""

    database: str
    tables: Sequence[Table]


def contents_of(connection: sa.Connection) -> Contents:
    """What the connected database has now, in the transaction of the caller."""
    tables = connection.execute(_TABLES, {"own": list(OWN)}).mappings()
    return Contents(
        database=connection.scalar(sa.text("SELECT current_database()")) or "", tables=[Table(**row) for row in tables]
    )


def difference(listed: str, contents: Contents) -> str:
    """Why a dump is none of a database that has these contents; empty where it may be.

    Args:
        listed: what `pg_restore --list` prints of the dump.
        contents: of the database.
    """
    named = _DATABASE.search(listed)
    if named is None or named[1] != _on_a_line(contents.database):
        return f"it is of the database {named[1] if named else 'nobody knows which'}, and not of {contents.database}"
    rows = _ROWS.findall(listed)
    missing = [str(table) for table in contents.tables if not any(_is_of(row, table) for row in rows)]
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"it lacks the rows of {', '.join(missing[:_SHOWN])}{more}" if missing else ""


def _is_of(row: str, table: Table) -> bool:
    """Whether an entry, SCHEMA NAME OWNER, is a table's. The owner may have changed since."""
    beginning = _on_a_line(f"{table.schema} {table.name} ")
    owner = row.removeprefix(beginning)
    return row.startswith(beginning) and (owner == _on_a_line(table.owner) or " " not in owner)


def _on_a_line(name: str) -> str:
    """A name as pg_restore lists it."""
    return re.sub(r"[\r\n]", " ", name)
