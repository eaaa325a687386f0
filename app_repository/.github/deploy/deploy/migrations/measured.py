"""Which locks revisions really take: seen while they run, in a transaction that is taken back."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from deploy.migrations.database import brief, is_lost
from deploy.migrations.locks import Lock, strongest
from deploy.migrations.scripts import Scripts
from deploy.release.revisions import Revision

LOCK_SECONDS, STATEMENT_SECONDS = 0.075, 3.0
"""How long somebody may have to wait for this: no longer than for `up`."""
IN_TRANSACTION = ("expand", "contract")
_TABLES = sa.text(
    """
    SELECT oid::bigint AS oid, oid::regclass::text AS name FROM pg_class
    WHERE relkind IN ('r', 'p', 'f', 'v', 'm')
      AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
    """
)
_HELD = sa.text(
    """
    SELECT relation::bigint AS oid, mode FROM pg_locks
    WHERE pid = pg_backend_pid() AND locktype = 'relation' AND granted
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What was seen of a revision.

    Attributes:
        locks: what the transaction held when the revision had run, and did not hold before it.
        seconds: how long it ran, which is for how long they are held.
        why_not: why nothing was seen; empty where it was.
    """

    locks: Sequence[Lock] = ()
    seconds: float = 0.0
    why_not: str = ""


def measure(connection: sa.Connection, scripts: Scripts, pending: Sequence[Revision]) -> dict[str, Measured]:
    """Run what is pending, one after the other, as far as a transaction can be taken back; by revision."""
    found: dict[str, Measured] = {}
    with connection.begin() as transaction:
        for name, seconds in (("lock_timeout", LOCK_SECONDS), ("statement_timeout", STATEMENT_SECONDS)):
            connection.execute(
                sa.text("SELECT set_config(:name, :value, true)"), {"name": name, "value": f"{seconds * 1000:.0f}ms"}
            )
        tables = tables_of(connection)
        why_not = ""
        for revision in pending:
            if why_not or revision.kind not in IN_TRANSACTION:
                found[revision.id] = Measured(why_not=why_not or f"a {revision.kind} is no transaction")
                continue
            found[revision.id] = _measured(connection, scripts, revision, tables)
            if found[revision.id].why_not:
                why_not = f"{revision.id} before it was not measured"
        transaction.rollback()
    return found


def _measured(connection: sa.Connection, scripts: Scripts, revision: Revision, tables: Mapping[int, str]) -> Measured:
    before = locks_held(connection, tables)
    began = time.monotonic()
    try:
        with connection.begin_nested():
            scripts.call(scripts.module(revision).up, connection)
    except sa.exc.DBAPIError as error:
        if is_lost(error):
            raise
        return Measured(why_not=brief(error))
    except Exception as error:  # noqa: BLE001 - the app's own code, which may raise anything
        return Measured(why_not=f"{type(error).__name__}: {error}")
    seconds = time.monotonic() - began
    locks = [lock for lock in locks_held(connection, tables) if lock not in before]
    return Measured(locks=locks, seconds=seconds)


def tables_of(connection: sa.Connection) -> dict[int, str]:
    """The tables and views by their number in the catalogue, under which a lock is known even when they are gone."""
    return {row["oid"]: row["name"] for row in connection.execute(_TABLES).mappings()}


def locks_held(connection: sa.Connection, tables: Mapping[int, str]) -> list[Lock]:
    """The strongest lock of the session on each of some tables."""
    rows = connection.execute(_HELD).mappings()
    held = [Lock(tables[row["oid"]], _spelled(row["mode"])) for row in rows if row["oid"] in tables]
    return sorted(strongest(held), key=lambda lock: lock.table)


def _spelled(mode: str) -> str:
    """`AccessExclusiveLock` as the manual has it."""
    words = "".join(f" {sign}" if sign.isupper() else sign for sign in mode.removesuffix("Lock"))
    return words.strip().upper()
