"""One runner at a time: a session's advisory lock, which ends with the session whatever becomes of the runner.

It is asked for again and again and never waited for inside the server: a session that waits there holds a snapshot, and
CREATE INDEX CONCURRENTLY of the holder would wait for it in turn, a deadlock.
"""

import sqlalchemy as sa

from deploy.clock import Clock
from deploy.console import Console
from deploy.errors import FailedError
from deploy.migrations.activity import described

KEY = 7_310_575_183_421_604_722
"""The same for every runner of this program. An advisory lock is the database's own, so databases do not meet."""
PAUSE = 1.0
_TRY = sa.text("SELECT pg_try_advisory_lock(:key)")
_HOLDER = sa.text(
    """
    SELECT a.pid, a.usename, a.application_name, a.client_addr::text AS client, a.state,
           extract(epoch FROM clock_timestamp() - a.backend_start)::bigint AS seconds, left(a.query, 120) AS query
    FROM pg_locks l JOIN pg_stat_activity a USING (pid)
    WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1
      AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND (l.classid::bigint << 32) | l.objid::bigint = :key
    """
)


def acquire(connection: sa.Connection, *, wait: float, clock: Clock, console: Console) -> None:
    """Take the lock for the connection's session.

    Args:
        connection: has no transaction open; none is open afterwards, or nothing of Alembic's would be committed.
        wait: how long to ask for it, in seconds.
        clock: waits.
        console: is told who holds it.

    Raises:
        FailedError: when another session still holds it.
    """
    deadline = clock.monotonic() + wait
    told = ""
    while True:
        taken = bool(connection.scalar(_TRY, {"key": KEY}))
        connection.commit()
        if taken:
            return
        holder = holder_of(connection)
        if holder and holder != told:
            console.log(f"Another run migrates this database: {holder}. Waiting up to {wait:.0f} s.")
            told = holder
        if clock.monotonic() >= deadline:
            raise FailedError(
                f"Another run migrates this database: {holder or told or 'nobody knows which'}.",
                state="This run changed nothing.",
                following="wait for it, then run the same again. If its runner is gone, end its session: "
                "`SELECT pg_terminate_backend(PID)`.",
            )
        clock.sleep(min(PAUSE, max(0.0, deadline - clock.monotonic())))


def holder_of(connection: sa.Connection) -> str:
    """Who holds the lock: process, application, where from, since when and at what; empty when nobody does."""
    row = connection.execute(_HOLDER, {"key": KEY}).mappings().first()
    connection.rollback()
    if row is None:
        return ""
    return described(row, f"from {row['client'] or 'the server itself'}", f"connected for {row['seconds']} s")
