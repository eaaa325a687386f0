"""Databases: the backups that releases ask for, and what each one's ledger says of its migrations."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.page.snapshot import Snapshot
from sandbox.page.view.entry import Entry, Outcome, milliseconds

_STATES: Mapping[str, Outcome] = {"applied": "success", "adopted": "success", "failed": "failure", "running": "running"}
_BACKUPS: Mapping[str, Outcome] = {"completed": "success", "failed": "failure"}
IN_EFFECT = ("applied", "adopted")


@dataclass(frozen=True, kw_only=True, slots=True)
class Migration:
    """A row of the ledger (`deploy.migrations.ledger`)."""

    revision: str
    kind: str
    state: str
    attempts: int
    rows_done: int
    began: datetime
    ended: datetime | None
    actor: str
    error: str


Ledgers = Mapping[str, Sequence[Migration]]
"""The rows by environment, in the order of the revisions; an environment whose database is not there has none."""


def backup_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """The backups that releases asked for."""
    for number, backup in snapshot.all("webhooks.backups").items():
        yield Entry(
            key=f"backup {number}",
            at=milliseconds(backup["created_at"]),
            kind="database",
            environment=backup["environment"] or "",
            title=f"Backup {number}: {backup['status']}",
            outcome=_BACKUPS.get(backup["status"], "running"),
        )


def database_entries(ledgers: Ledgers) -> Iterator[Entry]:
    """What each migration has come to, when it did."""
    for environment, migrations in ledgers.items():
        for migration in migrations:
            moment = migration.ended or migration.began
            done = f" · {migration.rows_done} rows" if migration.rows_done else ""
            tries = f" · attempt {migration.attempts}" if migration.attempts > 1 else ""
            yield Entry(
                key=f"database {environment} {migration.revision} {migration.state} {migration.attempts}",
                at=int(moment.timestamp() * 1000),
                kind="database",
                environment=environment,
                title=f"Migration {migration.revision}: {migration.state}",
                text=f"{migration.kind}{done}{tries}" + (f"\n{migration.error}" if migration.error else ""),
                outcome=_STATES.get(migration.state, "info"),
            )


def database_view(migrations: Sequence[Migration] | None) -> dict[str, Any] | None:
    """How far a database is; None where there is none to be seen."""
    if migrations is None:
        return None
    in_effect = [migration.revision for migration in migrations if migration.state in IN_EFFECT]
    unfinished = [migration for migration in migrations if migration.state in ("running", "failed")]
    return {
        "revision": in_effect[-1] if in_effect else "",
        "applied": len(in_effect),
        "unfinished": [f"{migration.revision} {migration.state}" for migration in unfinished],
    }
