"""Who holds what a statement waits for. It is looked at from a second connection while the first one waits."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from deploy.migrations.activity import described
from deploy.migrations.database import Database

PAUSE = 0.02
_BLOCKERS = sa.text(
    """
    SELECT a.pid, a.usename, a.application_name, a.state, left(a.query, 100) AS query,
           round(extract(epoch FROM clock_timestamp() - a.xact_start)::numeric, 1) AS seconds
    FROM unnest(pg_blocking_pids(:pid)) AS blocker(pid) JOIN pg_stat_activity a USING (pid)
    """
)


class Blockers:
    """Watches one session of the database.

    Attributes:
        seen: who blocked it during the last watch, a sentence each.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: sa.Connection | None = None
        self.seen: tuple[str, ...] = ()

    def close(self) -> None:
        """End the second connection, where one was needed."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None

    @contextmanager
    def watch(self, connection: sa.Connection) -> Iterator[None]:
        """Look, as long as the block runs, at who blocks the connection."""
        driver = connection.connection.driver_connection
        pid = driver.info.backend_pid if driver else 0
        self.seen, ended = (), threading.Event()
        watcher = threading.Thread(target=self._look, args=(pid, ended), daemon=True)
        watcher.start()
        try:
            yield
        finally:
            ended.set()
            watcher.join()

    def _look(self, pid: int, ended: threading.Event) -> None:
        found: dict[int, str] = {}
        try:
            # Most statements are done before anybody need look.
            while not ended.wait(PAUSE):
                if self._connection is None:
                    self._connection = self._database.connect()
                for row in self._connection.execute(_BLOCKERS, {"pid": pid}).mappings():
                    age = "" if row["seconds"] is None else f"its transaction {row['seconds']} s old"
                    found[row["pid"]] = described(row, age)
                self._connection.rollback()
        except Exception:  # noqa: BLE001 - what cannot be looked at is not known; the migration goes on
            self.close()
        self.seen = tuple(found.values())
