"""What a schema looks like: a line for every object, so that it can be said in what two schemas differ."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from deploy.migrations.ledger import TABLE, Entry
from deploy.migrations.session import Session

LOOKING = "Looking at the schema"
OWN = ("deploy_migrations", "alembic_version", "_prisma_migrations")
"""Tables of migration tools, which are no part of the app's schema."""
_LINES = sa.text(
    """
    WITH here AS (
        SELECT current_schema()::regnamespace AS oid
    ), of_extensions AS (
        SELECT classid, objid FROM pg_depend WHERE deptype = 'e'
    ), own AS (
        SELECT c.oid, c.relkind, c.relrowsecurity FROM pg_class c
        WHERE c.relnamespace = (SELECT oid FROM here) AND c.relname <> ALL (:own)
          AND ('pg_class'::regclass, c.oid) NOT IN (SELECT classid, objid FROM of_extensions)
    )
    SELECT format('table %s%s', oid::regclass, CASE WHEN relrowsecurity THEN ' with row security' ELSE '' END) AS line
    FROM own WHERE relkind IN ('r', 'p', 'f')
    UNION ALL
    SELECT format('column %s.%I %s%s%s%s', a.attrelid::regclass, a.attname, format_type(a.atttypid, a.atttypmod),
                  CASE WHEN a.attnotnull THEN ' not null' ELSE '' END,
                  CASE WHEN a.attgenerated <> '' THEN ' generated as ' ELSE ' default ' END
                      || pg_get_expr(d.adbin, d.adrelid),
                  CASE a.attidentity WHEN 'a' THEN ' identity always' WHEN 'd' THEN ' identity by default' END)
    FROM pg_attribute a JOIN own ON own.oid = a.attrelid
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE own.relkind IN ('r', 'p', 'f', 'c') AND a.attnum > 0 AND NOT a.attisdropped
    UNION ALL
    SELECT format('constraint %s.%I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
    FROM pg_constraint k JOIN own ON own.oid = k.conrelid WHERE k.contype <> 'n'
    UNION ALL
    SELECT format('domain %s %s%s%s %s', t.oid::regtype, format_type(t.typbasetype, t.typtypmod),
                  CASE WHEN t.typnotnull THEN ' not null' ELSE '' END, ' default ' || t.typdefault,
                  (SELECT string_agg(pg_get_constraintdef(k.oid), ' ' ORDER BY k.conname)
                   FROM pg_constraint k WHERE k.contypid = t.oid AND k.contype = 'c'))
    FROM pg_type t WHERE t.typtype = 'd' AND t.typnamespace = (SELECT oid FROM here)
      AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM of_extensions)
    UNION ALL
    SELECT format('index %s%s', pg_get_indexdef(i.indexrelid),
                  CASE WHEN i.indisvalid THEN '' ELSE ' (not valid)' END)
    FROM pg_index i JOIN own ON own.oid = i.indrelid
    UNION ALL
    SELECT format('trigger %s%s', pg_get_triggerdef(t.oid), CASE t.tgenabled WHEN 'D' THEN ' (disabled)' END)
    FROM pg_trigger t JOIN own ON own.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL
    SELECT format('policy %I on %s for %s %s %s', p.polname, p.polrelid::regclass, p.polcmd,
                  pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
    FROM pg_policy p JOIN own ON own.oid = p.polrelid
    UNION ALL
    SELECT format('%s %s %s', CASE relkind WHEN 'v' THEN 'view' ELSE 'materialized view' END, oid::regclass,
                  md5(pg_get_viewdef(oid)))
    FROM own WHERE relkind IN ('v', 'm')
    UNION ALL
    SELECT format('sequence %s %s', own.oid::regclass, format_type(s.seqtypid, NULL))
    FROM own JOIN pg_sequence s ON s.seqrelid = own.oid
    UNION ALL
    SELECT format('enum %s (%s)', t.oid::regtype,
                  string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder))
    FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
    WHERE t.typnamespace = (SELECT oid FROM here)
      AND ('pg_type'::regclass, t.oid) NOT IN (SELECT classid, objid FROM of_extensions)
    GROUP BY t.oid
    UNION ALL
    -- An aggregate has no definition that could be printed.
    SELECT format('%s %s %s', CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
                  p.oid::regprocedure, CASE WHEN p.prokind <> 'a' THEN md5(pg_get_functiondef(p.oid)) END)
    FROM pg_proc p WHERE p.pronamespace = (SELECT oid FROM here)
      AND ('pg_proc'::regclass, p.oid) NOT IN (SELECT classid, objid FROM of_extensions)
    UNION ALL
    -- Without its version: that is the provider's to raise.
    SELECT format('extension %I', e.extname) FROM pg_extension e WHERE e.extname <> 'plpgsql'
    """
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recorded:
    """A schema as it was remembered.

    Attributes:
        at: when.
        sha256: of its lines.
        lines: one for every object, sorted.
    """

    at: datetime
    sha256: str
    lines: Sequence[str]


def lines(connection: sa.Connection) -> list[str]:
    """The present schema: the first of the search path, without the tables of migration tools.

    Takes an ACCESS SHARE lock on tables and views, as a query would: it waits for whoever alters one or drops it, and
    is waited for by such. So the caller's transaction has a lock timeout.
    """
    return sorted(line.strip() for line in connection.scalars(_LINES, {"own": list(OWN)}))


def digest(schema: Sequence[str]) -> str:
    """The SHA-256 of a schema's lines, in hexadecimal: the same for two databases that look the same."""
    return hashlib.sha256("\n".join(schema).encode()).hexdigest()


def last_in_effect(entries: Iterable[Entry]) -> Entry | None:
    """The ledger's row that a schema is remembered with."""
    return max((entry for entry in entries if entry.is_in_effect), key=lambda entry: entry.number, default=None)


def recorded(entry: Entry) -> Recorded | None:
    """What was remembered with a revision; None where nothing was, or only before it was last applied."""
    if entry.fingerprint is None:
        return None
    document = json.loads(entry.fingerprint)
    at = datetime.fromisoformat(document["at"])
    if entry.ended is not None and at < entry.ended:
        return None
    return Recorded(at=at, sha256=document["sha256"], lines=document["lines"])


def differences(before: Recorded, schema: Sequence[str]) -> list[str]:
    """What went (`- `) from a schema that was remembered, and what came (`+ `)."""
    went, came = sorted(set(before.lines) - set(schema)), sorted(set(schema) - set(before.lines))
    return [*(f"- {line}" for line in went), *(f"+ {line}" for line in came)]


def changed_by_hand(session: Session) -> list[str]:
    """What is different from what the last revision in effect left; empty where that is not known.

    Args:
        session: holds the lock, and has no transaction open.

    Raises:
        FailedError: when somebody has an object locked for longer than the budget.
    """
    found: list[str] = []

    def attempt() -> None:
        session.connection.rollback()
        with session.connection.begin():
            session.set_timeouts()
            last = last_in_effect(session.ledger.read(session.connection).values())
            before = recorded(last) if last else None
            found[:] = differences(before, lines(session.connection)) if before else []

    session.budget.run(LOOKING, session.connection, attempt)
    return found


def record(session: Session, *, anew: bool = False) -> None:
    """Remember the present schema with the last revision in effect, for `drift` to compare with.

    What is remembered already stays: an `up` that has nothing to do would otherwise take over what somebody has changed
    by hand. Before the first revision there is nothing to remember it with.

    Args:
        session: holds the lock, and has no transaction open.
        anew: remember the present schema in any case.
    """

    def attempt() -> None:
        session.connection.rollback()
        with session.connection.begin():
            session.set_timeouts()
            last = last_in_effect(session.ledger.read(session.connection).values())
            if last is None or (recorded(last) is not None and not anew):
                return
            schema = lines(session.connection)
            now = session.connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
            document = {"at": now.isoformat(), "sha256": digest(schema), "lines": schema}
            session.connection.execute(
                sa.update(TABLE).where(TABLE.c.revision == last.revision).values(fingerprint=json.dumps(document))
            )

    session.budget.run(LOOKING, session.connection, attempt)
