"""The database: its address, and direct connections to it."""

from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.pool import NullPool

from deploy.errors import FailedError, WrongUsageError

OF_PRISMA = frozenset({"schema", "pgbouncer", "connection_limit", "pool_timeout", "socket_timeout", "sslaccept"})
"""Parameters of an address that Prisma understands and PostgreSQL's library does not."""
SETTINGS = {
    # A server that goes on building for a client that is gone would hold its locks: PostgreSQL 14 and newer look.
    "client_connection_check_interval": "1s",
    "idle_in_transaction_session_timeout": "60s",
    # Where a policy would hide rows from this user, PostgreSQL refuses in place of writing and counting only some.
    "row_security": "off",
}
NETWORK: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""So that a connection that leads nowhere any more is noticed within half a minute."""
NOT_PERMITTED = "42501"
_LONGEST_NAME = 63


class Database:
    """Opens connections to the database that an address names."""

    def __init__(self, url: str, *, application: str) -> None:
        """Read the address; nothing is called.

        Args:
            url: `postgresql://USER:PASSWORD@HOST:PORT/NAME`, as Prisma or PostgreSQL's library takes it.
            application: what `pg_stat_activity` shows as the connections' application.

        Raises:
            WrongUsageError: when it is no address of a PostgreSQL server, or one of a pooler.
        """
        self._parameters, self._schema = _read(url)
        self._parameters["application_name"] = application[:_LONGEST_NAME]
        # The pool is none: a session's state is its own, and ends with it.
        self._engine = sa.create_engine("postgresql+psycopg://", creator=self._open, poolclass=NullPool)

    @property
    def name(self) -> str:
        """What people call it: host and database, without any secret."""
        return f"{self._parameters.get('dbname', '')} on {self._parameters.get('host', 'this machine')}"

    def connect(self) -> sa.Connection:
        """A connection of its own.

        Raises:
            FailedError: when the server cannot be reached or refuses.
            WrongUsageError: when one of the address's parameters cannot be meant.
        """
        try:
            return self._engine.connect()
        except (sa.exc.OperationalError, psycopg.OperationalError) as error:
            raise FailedError(
                f"The database {self.name} cannot be reached: {brief(error)}.",
                state="Nothing was changed by this attempt.",
                following="see that it runs and that DATABASE_URL is right, then run the same again.",
            ) from error
        except sa.exc.ProgrammingError as error:
            if sqlstate(error):
                raise  # said by the server
            raise WrongUsageError(
                f"DATABASE_URL has a parameter that cannot be meant: {brief(error)}.", "mend the address."
            ) from error

    def environment(self) -> dict[str, str]:
        """The same as variables of PostgreSQL's own programs, which keeps the password off their command lines."""
        names = {"host": "PGHOST", "port": "PGPORT", "user": "PGUSER", "password": "PGPASSWORD", "dbname": "PGDATABASE"}
        names |= {"sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "channel_binding": "PGCHANNELBINDING"}
        return {names[key]: str(value) for key, value in self._parameters.items() if key in names}

    def _open(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(**self._parameters, autocommit=True)
        for name, value in SETTINGS.items():
            try:
                connection.execute("SELECT set_config(%s, %s, false)", (name, value))
            except (psycopg.errors.UndefinedObject, psycopg.errors.InvalidParameterValue):
                continue  # an older server, or a system that cannot look
        if self._schema:
            connection.execute("SELECT set_config('search_path', quote_ident(%s), false)", (self._schema,))
        connection.autocommit = False
        return connection


def sqlstate(error: BaseException) -> str:
    """PostgreSQL's code for an error (https://www.postgresql.org/docs/current/errcodes-appendix.html), if it is one."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return getattr(cause, "sqlstate", None) or ""


def is_lost(error: sa.exc.DBAPIError) -> bool:
    """Whether an error means that the connection is gone, so that nobody knows what became of the last statement."""
    state = sqlstate(error)
    if state[:2] == "08" or state in ("57P01", "57P02", "57P03", "25P03"):
        return True
    return isinstance(error.orig, psycopg.OperationalError) and not state


def brief(error: BaseException) -> str:
    """An error in its own words, on one line and without SQLAlchemy's wrapping."""
    cause = error.orig if isinstance(error, sa.exc.DBAPIError) and error.orig else error
    said = " ".join(str(cause).split()).rstrip(".") or type(cause).__name__
    if sqlstate(error) == NOT_PERMITTED and "row-level security" in said:
        said += (
            "; this user does not see all of its rows, and a migration has to: let a superuser "
            "`ALTER ROLE the_user BYPASSRLS`, or, where it is the table's owner, `NO FORCE ROW LEVEL SECURITY`"
        )
    return said


def _read(url: str) -> tuple[dict[str, Any], str]:
    """The parameters for PostgreSQL's library, and the schema that Prisma's form of an address may name."""
    fix = "set it to the database's direct address, postgresql://USER:PASSWORD@HOST:5432/NAME."
    try:
        parts = urlsplit(url)
        query = parse_qs(parts.query)
    except ValueError as error:
        raise WrongUsageError("DATABASE_URL is no address.", fix) from error
    if parts.scheme not in ("postgres", "postgresql"):
        raise WrongUsageError("DATABASE_URL does not begin with postgresql:// (its value is not shown).", fix)
    host = (parts.hostname or "").lower()
    if query.get("pgbouncer") == ["true"] or ".pooler." in host or "-pooler." in host:
        raise WrongUsageError(
            f"DATABASE_URL leads to a connection pooler ({host}), which hands a session's locks to others.", fix
        )
    known = [(name, value) for name, value in parse_qsl(parts.query) if name not in OF_PRISMA]
    try:
        read = conninfo_to_dict(urlunsplit(parts._replace(query=urlencode(known))))
    except psycopg.ProgrammingError as error:
        raise WrongUsageError(
            "DATABASE_URL cannot be read by PostgreSQL's library (its value is not shown).", fix
        ) from error
    return {**NETWORK, **read}, unquote(query.get("schema", [""])[0])
