"""What this program remembers of each revision, in a table beside Alembic's own."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from deploy.release.revisions import Revision


class State(enum.StrEnum):
    """How far a revision has come."""

    RUNNING = "running"
    """Begun; where nobody holds the lock, it was interrupted."""
    FAILED = "failed"
    APPLIED = "applied"
    ADOPTED = "adopted"
    """It was there before this program was."""
    REVERTED = "reverted"


IN_EFFECT = (State.APPLIED, State.ADOPTED)

TABLE = sa.Table(
    "deploy_migrations",
    sa.MetaData(),
    sa.Column("revision", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("checksum", sa.Text, nullable=False, comment="SHA-256 of the file"),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default=sa.text("0")),
    sa.Column("cursor", sa.Text, comment="a backfill's last key that is done"),
    sa.Column("bound", sa.Text, comment="a backfill's last key of all"),
    sa.Column("rows_done", sa.BigInteger, nullable=False, server_default=sa.text("0")),
    sa.Column("began", sa.DateTime(timezone=True), nullable=False, server_default=sa.func.now()),
    sa.Column("ended", sa.DateTime(timezone=True)),
    sa.Column("commit", sa.Text, nullable=False, server_default=""),
    sa.Column("deployment", sa.Text, nullable=False, server_default=""),
    sa.Column("actor", sa.Text, nullable=False, server_default=""),
    sa.Column("error", sa.Text, nullable=False, server_default=""),
    sa.Column("fingerprint", sa.Text, comment="the schema afterwards, as `deploy migrate drift` compares it"),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """A row of the ledger; the attributes are the table's columns."""

    revision: str
    number: int
    kind: str
    checksum: str
    state: State
    attempts: int
    cursor: str | None
    bound: str | None
    rows_done: int
    began: datetime
    ended: datetime | None
    commit: str
    deployment: str
    actor: str
    error: str
    fingerprint: str | None

    @property
    def is_in_effect(self) -> bool:
        """Whether the database has the revision."""
        return self.state in IN_EFFECT


@dataclass(frozen=True, kw_only=True, slots=True)
class Ledger:
    """Reads and writes the table. What is written belongs to the transaction of the connection.

    Attributes:
        commit: the app's commit that is being released.
        deployment: the deployment that is being released.
        actor: who released it.
    """

    commit: str
    deployment: str
    actor: str

    def exists(self, connection: sa.Connection) -> bool:
        """Whether the table is there."""
        return connection.scalar(sa.text("SELECT to_regclass('deploy_migrations')")) is not None

    def create(self, connection: sa.Connection) -> None:
        """Make the table, unless it is there."""
        TABLE.create(connection, checkfirst=True)

    def read(self, connection: sa.Connection) -> dict[str, Entry]:
        """Every row, by revision; none where the table is not there."""
        if not self.exists(connection):
            return {}
        rows = connection.execute(sa.select(TABLE).order_by(TABLE.c.number)).mappings()
        return {row["revision"]: Entry(**{**row, "state": State(row["state"])}) for row in rows}

    def begin(self, connection: sa.Connection, revision: Revision) -> Entry:
        """One attempt more. What a backfill has done stays; it begins anew where that is nothing, or was reverted."""
        known = self.read(connection).get(revision.id)
        goes_on = known is not None and known.rows_done > 0 and known.state is not State.REVERTED
        anew: dict[str, Any] = {"cursor": None, "bound": None, "rows_done": 0}
        facts = self._facts(revision) | {
            "state": State.RUNNING,
            "attempts": (known.attempts if known else 0) + 1,
            "began": sa.func.clock_timestamp(),
            "ended": None,
            "error": "",
            **({} if goes_on else anew),
        }
        self._write(connection, revision, facts)
        return self.read(connection)[revision.id]

    def end(self, connection: sa.Connection, revision: Revision, state: State, **more: Any) -> None:
        """Note how an attempt ended."""
        self._write(
            connection,
            revision,
            self._facts(revision) | {"state": state, "ended": sa.func.clock_timestamp(), "error": ""} | more,
        )

    def advance(self, connection: sa.Connection, revision: Revision, **progress: Any) -> None:
        """Note how far a backfill has come: `cursor`, `bound`, `rows_done`."""
        connection.execute(sa.update(TABLE).where(TABLE.c.revision == revision.id).values(**progress))

    def _facts(self, revision: Revision) -> dict[str, Any]:
        return {
            "number": revision.number,
            "kind": revision.kind,
            "checksum": revision.checksum,
            "commit": self.commit,
            "deployment": self.deployment,
            "actor": self.actor,
        }

    def _write(self, connection: sa.Connection, revision: Revision, facts: Mapping[str, Any]) -> None:
        statement = insert(TABLE).values(revision=revision.id, **facts)
        connection.execute(statement.on_conflict_do_update(index_elements=["revision"], set_=dict(facts)))
