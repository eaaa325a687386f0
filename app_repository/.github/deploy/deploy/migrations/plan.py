"""`deploy migrate plan`: what `up` would do, before anybody does it. Reads only.

With a database it knows what is pending, and how large the tables are. On a pull request there is none: pending is then
what the commit that it goes on top of does not have.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from deploy.command import Context, Done
from deploy.errors import WrongUsageError
from deploy.migrations import lint, shipped
from deploy.migrations.lint import Finding
from deploy.migrations.locks import BLOCKS, Lock, locks, strongest
from deploy.migrations.measured import Measured, measure
from deploy.migrations.position import position
from deploy.migrations.scripts import CannotRenderError, Scripts
from deploy.migrations.session import database_of, ledger_of, reading
from deploy.release.revisions import Revision

_SIZE = sa.text(
    """
    SELECT sum(CASE WHEN p.reltuples >= 0 THEN p.reltuples END)::bigint AS rows,
           sum(pg_total_relation_size(p.oid))::bigint AS bytes
    FROM pg_class p
    WHERE p.oid IN (SELECT to_regclass(:name) UNION SELECT relid FROM pg_partition_tree(to_regclass(:name)))
    HAVING count(*) > 0
    """
)
"""Of a table, with its partitions; rows are an estimate, and nothing where it was never analysed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a database says of what is pending; nothing where there is none."""

    sizes: Mapping[str, Mapping[str, int | None]] = field(default_factory=dict)
    measured: Mapping[str, Measured] = field(default_factory=dict)


def run(arguments: argparse.Namespace, context: Context) -> Done:
    """Show it, revision by revision.

    Raises:
        FailedError: when a finding is blocking, the database and the files do not agree, or the database refuses.
        WrongUsageError: when there is neither a database nor a commit to compare with.
    """
    if not arguments.since and not context.settings.get("DATABASE_URL"):
        raise WrongUsageError(
            "There is no DATABASE_URL that says what is pending.",
            "set it, or name the commit to compare with: --since=COMMIT.",
        )
    if arguments.since and arguments.measure_locks:
        raise WrongUsageError("--measure-locks needs a database, and --since uses none.", "give one of them.")
    scripts = Scripts(arguments.folder)
    found: list[Finding] = []
    if arguments.since:
        pending, found = shipped.since(scripts.history, arguments.folder, arguments.since)
        known = Known()
    else:
        pending, known = _of_database(scripts, context, measure_locks=arguments.measure_locks)
    found += [finding for revision in pending for finding in lint.findings(scripts, revision)]
    planned = [_planned(scripts, revision, known) for revision in pending]
    for entry in planned:
        for line in _lines(entry):
            context.console.log(line)
    for finding in found:
        context.console.log(f"{'BLOCKING' if finding.blocking else 'warning'}: {finding}")
    data = {"pending": planned, "findings": [asdict(finding) for finding in found]}
    lint.refuse([finding for finding in found if finding.blocking], data)
    names = ", ".join(str(revision) for revision in pending) or "nothing"
    return Done(f"Pending: {names}.", data)


def _of_database(scripts: Scripts, context: Context, *, measure_locks: bool) -> tuple[Sequence[Revision], Known]:
    """What is pending there, and the size of every table that it locks."""
    with reading(database_of(context)) as connection:
        with connection.begin():
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            at = position(scripts.history, ledger_of(context).read(connection), scripts.version(connection))
            pending = scripts.history[at:]
            tables = {lock.table for revision in pending for lock in _locks(scripts, revision)} - {""}
            sizes = {table: connection.execute(_SIZE, {"name": table}).mappings().first() for table in sorted(tables)}
        measured = measure(connection, scripts, pending) if measure_locks else {}
    return pending, Known(sizes={table: dict(size) for table, size in sizes.items() if size}, measured=measured)


def _locks(scripts: Scripts, revision: Revision) -> list[Lock]:
    try:
        return strongest(lock for statement in scripts.statements(revision) for lock in locks(statement))
    except CannotRenderError:
        return []


def _planned(scripts: Scripts, revision: Revision, known: Known) -> dict[str, Any]:
    """All that is to be said of a revision."""
    why_not, statements = "", []
    try:
        statements = scripts.statements(revision)
    except CannotRenderError as error:
        why_not = str(error)
    of_all = _locks(scripts, revision)
    seen = known.measured.get(revision.id)
    return {
        "revision": revision.id,
        "number": revision.number,
        "kind": revision.kind,
        "description": revision.description,
        "compatible_with": revision.compatible_with,
        "reversible": revision.reversible,
        "batch_rows": revision.backfill.batch_rows if revision.backfill else None,
        "statements": [{"sql": statement, "locks": _told(locks(statement))} for statement in statements],
        "not_rendered": why_not,
        "tables": [{"table": lock.table, **known.sizes[lock.table]} for lock in of_all if lock.table in known.sizes],
        "measured": {"locks": _told(seen.locks), "seconds": round(seen.seconds, 4), "why_not": seen.why_not}
        if seen
        else None,
    }


def _told(found: Sequence[Lock]) -> list[dict[str, str]]:
    return [{"table": lock.table, "mode": lock.mode, "blocks": BLOCKS[lock.mode]} for lock in found]


def _lines(entry: Mapping[str, Any]) -> list[str]:
    """The same for people."""
    lines = [f"{entry['revision']} ({entry['kind']}): {entry['description']}"]
    if entry["compatible_with"]:
        lines.append(f"  waits until no deployment is older than {entry['compatible_with']}")
    if entry["not_rendered"]:
        lines.append(f"  its SQL is not known without a database: {entry['not_rendered']}")
    for statement in entry["statements"]:
        lines.append(f"  {' '.join(statement['sql'].split())};")
        lines += [f"    lock: {Lock(lock['table'], lock['mode'])}" for lock in statement["locks"]]
    if entry["batch_rows"]:
        lines.append(f"  a transaction for every {entry['batch_rows']:,} rows or fewer")
    for table in entry["tables"]:
        rows = "nobody has counted its" if table["rows"] is None else f"about {table['rows']:,}"
        lines.append(f"  {table['table']}: {rows} rows, {table['bytes'] / 1e6:,.1f} MB")
    if seen := entry["measured"]:
        lines += [f"  measured: {Lock(lock['table'], lock['mode'])}" for lock in seen["locks"]]
        lines.append(f"  not measured: {seen['why_not']}" if seen["why_not"] else f"  ran for {seen['seconds']:.3f} s")
    return lines
