"""What a run of `deploy migrate` works with: one connection with the lock, the files, the ledger."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from deploy.command import Context, Done
from deploy.errors import FailedError
from deploy.migrations import advisory_lock, position
from deploy.migrations.blockers import Blockers
from deploy.migrations.database import Database, brief, is_lost, sqlstate
from deploy.migrations.ledger import Entry, Ledger
from deploy.migrations.lock_budget import NOT_AVAILABLE, LockBudget
from deploy.migrations.pooler import refuse_pooler
from deploy.migrations.scripts import Scripts
from deploy.release.team import actor

CONNECTIONS = 5
"""How often a run begins anew after its connection was lost."""
PAUSE = 1.0
PATIENCE = 5.0
"""How long, in seconds, a command that only looks waits for a lock: nobody queues behind it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One run, which holds the lock for as long as its connection lives."""

    context: Context
    arguments: argparse.Namespace
    scripts: Scripts
    database: Database
    connection: sa.Connection
    ledger: Ledger
    budget: LockBudget

    def log(self, text: str) -> None:
        """One line of what is going on."""
        self.context.console.log(text)

    def entries(self) -> dict[str, Entry]:
        """The ledger's rows, by revision."""
        with self.connection.begin():
            return self.ledger.read(self.connection)

    def position(self) -> int:
        """The number of the last revision that the database has, once files, ledger and Alembic agree.

        Raises:
            FailedError: when they do not.
        """
        with self.connection.begin():
            return position.position(
                self.scripts.history, self.ledger.read(self.connection), self.scripts.version(self.connection)
            )

    def set_timeouts(self, *, lock: float | None = None, statement: float | None = None) -> None:
        """Bound what the open transaction waits for and how long a statement runs; by default as the arguments say."""
        set_timeouts(
            self.connection,
            lock=self.budget.timeout if lock is None else lock,
            statement=self.arguments.statement_timeout if statement is None else statement,
        )


def set_timeouts(connection: sa.Connection, *, lock: float, statement: float) -> None:
    """Bound what the open transaction waits for and how long a statement runs, in seconds; 0 is no bound."""
    for name, seconds in {"lock_timeout": lock, "statement_timeout": statement}.items():
        connection.execute(
            sa.text("SELECT set_config(:name, :value, true)"), {"name": name, "value": f"{seconds * 1000:.0f}ms"}
        )


def database_of(context: Context) -> Database:
    """The database that DATABASE_URL names.

    Raises:
        WrongUsageError: when there is none, or it cannot be meant.
    """
    context.settings.require("DATABASE_URL")
    run = context.settings.get("GITHUB_RUN_ID")
    return Database(
        context.settings["DATABASE_URL"],
        application=f"deploy migrate{f' run {run}' if run else ''} by {actor(context)}",
    )


def ledger_of(context: Context) -> Ledger:
    """The ledger, as this run would write into it."""
    settings = context.settings
    return Ledger(commit=settings.get("GITHUB_SHA"), deployment=settings.get("DEPLOYMENT"), actor=actor(context))


@contextmanager
def reading(database: Database) -> Iterator[sa.Connection]:
    """A connection for looking at a database, without the lock.

    Raises:
        FailedError: when it cannot be reached, or refuses what the block asks.
    """
    try:
        with database.connect() as connection:
            connection.execute(
                sa.text("SELECT set_config('lock_timeout', :value, false)"), {"value": f"{PATIENCE * 1000:.0f}ms"}
            )
            connection.commit()
            yield connection
    except sa.exc.DBAPIError as error:
        raise _refused(error, state="Nothing was changed.") from error


@contextmanager
def budget_of(arguments: argparse.Namespace, context: Context, database: Database) -> Iterator[LockBudget]:
    """How locks are asked for, as the arguments say."""
    blockers = Blockers(database)
    try:
        yield LockBudget(
            timeout=arguments.lock_timeout,
            seconds=arguments.lock_budget,
            clock=context.clock,
            console=context.console,
            blockers=blockers,
        )
    finally:
        blockers.close()


def locked(arguments: argparse.Namespace, context: Context, work: Callable[[Session], Done]) -> Done:
    """Do work under the lock; begun anew from what the ledger says whenever the connection is lost.

    Args:
        arguments: those of `commands/migrate.py`: `folder` and how long to wait for what.
        context: what every command works with.
        work: does it. It must be able to go on where a run before it was cut off.

    Raises:
        FailedError: when the connection was lost too often, the lock is held, or the work failed.
        WrongUsageError: when the database or the files cannot be meant.
    """
    scripts = Scripts(arguments.folder)
    database = database_of(context)
    lost = ""
    for number in range(CONNECTIONS):
        if number:
            context.console.log(f"The connection was lost: {lost}. Going on from what the ledger says.")
            context.clock.sleep(PAUSE * number)
        try:
            with _open(arguments, context, scripts, database) as session:
                return work(session)
        except sa.exc.DBAPIError as error:
            if not is_lost(error):
                raise _refused(error, state="The revision under way was taken back whole.") from error
            lost = brief(error)
        except FailedError as error:
            # Once it has begun, a server that cannot be reached is one that restarts.
            if not number or number == CONNECTIONS - 1 or not isinstance(error.__cause__, sa.exc.OperationalError):
                raise
    raise FailedError(
        f"The connection to the database was lost {CONNECTIONS} times: {lost}.",
        state="What was under way was either done whole or taken back; the ledger says which.",
        following="`python3 -m deploy migrate status`, then run the same again: it goes on from there.",
    )


def _refused(error: sa.exc.DBAPIError, *, state: str) -> FailedError:
    waited = sqlstate(error) == NOT_AVAILABLE
    return FailedError(
        f"The database refused: {brief(error)}.",
        state=state,
        following=f"{'wait for whoever holds that lock' if waited else 'mend what it names'}, then run the same again.",
    )


@contextmanager
def _open(arguments: argparse.Namespace, context: Context, scripts: Scripts, database: Database) -> Iterator[Session]:
    refuse_pooler(database)
    with database.connect() as connection, budget_of(arguments, context, database) as budget:
        session = Session(
            context=context,
            arguments=arguments,
            scripts=scripts,
            database=database,
            connection=connection,
            ledger=ledger_of(context),
            budget=budget,
        )
        advisory_lock.acquire(connection, wait=arguments.lock_wait, clock=context.clock, console=context.console)
        yield session
