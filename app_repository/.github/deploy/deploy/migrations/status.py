"""`deploy migrate status`: each revision and what became of it. Reads only, and waits for nobody."""

import argparse
from typing import Any

from deploy.command import Context, Done
from deploy.migrations import advisory_lock, position
from deploy.migrations.ledger import Entry, State
from deploy.migrations.scripts import Scripts
from deploy.migrations.session import database_of, ledger_of, reading
from deploy.release.revisions import Revision

PENDING = "pending"
INTERRUPTED = "interrupted"


def run(arguments: argparse.Namespace, context: Context) -> Done:
    """Show the history beside the ledger.

    Raises:
        FailedError: when the database cannot be reached, or refuses.
        WrongUsageError: when the files cannot be meant.
    """
    scripts = Scripts(arguments.folder)
    with reading(database_of(context)) as connection:
        entries = ledger_of(context).read(connection)
        versions = scripts.version(connection)
        connection.rollback()
        holder = advisory_lock.holder_of(connection)
    faults = position.disagreements(scripts.history, entries, versions)
    shown = [_shown(revision, entries.get(revision.id), running=bool(holder)) for revision in scripts.history]
    shown += [
        _facts(entry) | {"state": f"{entry.state}, but in no file"}
        for entry in entries.values()
        if entry.is_in_effect and entry.revision not in {revision.id for revision in scripts.history}
    ]
    for row in shown:
        context.console.log(_line(row))
    if holder:
        context.console.log(f"The lock is held by {holder}.")
    for fault in faults:
        context.console.warn(f"{fault.what} {fault.following}")
    at = ", ".join(versions)
    pending = sum(row["state"] in (PENDING, INTERRUPTED, State.FAILED, State.REVERTED) for row in shown)
    return Done(
        f"The database {'is at ' + at if at else 'has no revision'}; {pending} of {len(scripts.history)} pending."
        f"{' Files, ledger and Alembic do not agree: see above.' if faults else ''}",
        {
            "at": at,
            "revisions": shown,
            "agrees": not faults,
            "faults": [fault.what for fault in faults],
            "lock": holder,
        },
    )


def _shown(revision: Revision, entry: Entry | None, *, running: bool) -> dict[str, Any]:
    facts = {"revision": revision.id, "number": revision.number, "kind": revision.kind}
    facts["description"] = revision.description
    if entry is None:
        return {**facts, "state": PENDING}
    cut_off = entry.state is State.RUNNING and not running
    return {**facts, **_facts(entry), **({"state": INTERRUPTED} if cut_off else {})}


def _facts(entry: Entry) -> dict[str, Any]:
    return {
        "revision": entry.revision,
        "kind": entry.kind,
        "state": str(entry.state),
        "attempts": entry.attempts,
        "rows_done": entry.rows_done,
        "began": entry.began.isoformat(),
        "ended": entry.ended.isoformat() if entry.ended else "",
        "commit": entry.commit,
        "deployment": entry.deployment,
        "actor": entry.actor,
        "error": entry.error,
    }


def _line(row: dict[str, Any]) -> str:
    when = row.get("ended") or row.get("began") or ""
    who = f" by {row['actor']}" if row.get("actor") else ""
    rows = f", {row['rows_done']:,} rows" if row.get("rows_done") else ""
    attempts = f", {row['attempts']} attempts" if row.get("attempts", 0) > 1 else ""
    error = f": {row['error']}" if row.get("error") else ""
    return f"{row['state']:12} {row['revision']} ({row['kind']}{rows}{attempts}) {when}{who}{error}"
