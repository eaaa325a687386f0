"""Finding out that a connection leads through a pooler, where advisory locks and settings would reach others."""

import sqlalchemy as sa

from deploy.errors import WrongUsageError
from deploy.migrations.database import Database, is_lost

_PROCESS = sa.text("SELECT pg_backend_pid()")


def refuse_pooler(database: Database) -> None:
    """See that a connection is one process of the server, from its beginning to its end.

    Two signs, of which a pooler in transaction mode gives at least one: the process that answers is not the one that
    the client was told of when it connected; or two sessions, used in turn, change their processes.

    Raises:
        WrongUsageError: when it is not.
    """
    with database.connect() as first, database.connect() as second:
        if not _is_announced(first) or not _stays_the_same(first, second):
            raise WrongUsageError(
                "DATABASE_URL leads to a connection pooler, which hands a session's locks and settings to others.",
                "set it to the database's direct address (often port 5432, or the host without -pooler).",
            )


def _is_announced(connection: sa.Connection) -> bool:
    driver = connection.connection.driver_connection
    answered = connection.scalar(_PROCESS)
    connection.rollback()
    return driver is not None and driver.info.backend_pid == answered


def _stays_the_same(first: sa.Connection, second: sa.Connection) -> bool:
    """Begin in one order, end and begin again in another: a pooler gives the process that was free last."""
    try:
        before = (first.scalar(_PROCESS), second.scalar(_PROCESS))
        first.rollback()
        second.rollback()
        after = (first.scalar(_PROCESS), second.scalar(_PROCESS))
    except sa.exc.DBAPIError as error:
        if not is_lost(error):
            raise
        return False  # none of the pooler's connections was free for the second session
    first.rollback()
    second.rollback()
    return before == after
