"""The revisions as Alembic sees them: their functions, and the SQL that they stand for."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from alembic.util import CommandError

from deploy.errors import FailedError, WrongUsageError
from deploy.migrations import sql_words
from deploy.release.revisions import Revision, read_history

VERSION_TABLE = "alembic_version"


class CannotRenderError(Exception):
    """A revision asks the database something, so that its SQL is not known beforehand; the message says what."""


class Scripts:
    """The folder of an app's migrations.

    Attributes:
        history: what the files declare, first to last.
    """

    def __init__(self, folder: Path) -> None:
        """Read the files, and import them as Alembic does.

        Raises:
            WrongUsageError: when they are no single history, or one cannot be imported.
        """
        if not folder.is_dir():
            raise WrongUsageError(f"There is no folder {folder}.", "name the app's migrations with --folder.")
        self.history: Sequence[Revision] = read_history(folder)
        self._directory = ScriptDirectory(str(folder), version_locations=[str(folder)])
        # What is imported here is the app's repository, which nothing should be left in.
        writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
        try:
            self._modules = {script.revision: script.module for script in self._directory.walk_revisions()}
        except CommandError as error:
            raise WrongUsageError(f"Alembic cannot read {folder}: {error}.", "mend the file.") from error
        except (Exception, SystemExit) as error:
            raise WrongUsageError(
                f"A migration in {folder} cannot be imported: {type(error).__name__}: {error}.", "mend the file."
            ) from error
        finally:
            sys.dont_write_bytecode = writes

    def module(self, revision: Revision) -> ModuleType:
        """A revision's own file."""
        return self._modules[revision.id]

    def call(self, function: Callable[[], Any], connection: sa.Connection) -> None:
        """Run `up` or `down` on a connection, whose transaction is the caller's and stays open.

        Raises:
            FailedError: when it would end the transaction.
        """
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        with Operations.context(context), _transaction_kept(connection):
            function()

    def stamp(self, connection: sa.Connection, revision: str | None) -> None:
        """Let Alembic's own table name a revision, in the transaction of the caller; None is before the first."""
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        context.stamp(self._directory, revision or "base")

    def version(self, connection: sa.Connection) -> tuple[str, ...]:
        """The revisions that Alembic's table names: none before the first, several only where somebody made them."""
        return MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE}).get_current_heads()

    def statements(self, revision: Revision, direction: str = "up") -> list[str]:
        """The SQL of `up` or `down`, a statement an entry, without asking any database.

        Raises:
            CannotRenderError: when the revision needs a connection to know it.
        """
        if revision.backfill is not None:
            return [revision.backfill.statement.strip()] if direction == "up" else []
        function = getattr(self.module(revision), direction, None)
        if function is None:
            return []
        written = _Written()
        context = MigrationContext.configure(
            dialect_name="postgresql",
            # The driver's own style would double every `%` and put its sign for a parameter in place of `:name`.
            dialect_opts={"paramstyle": "named"},
            opts={"as_sql": True, "output_buffer": written, "version_table": VERSION_TABLE},
        )
        try:
            with Operations.context(context), _without_connection():
                function()
        except (Exception, SystemExit) as error:
            raise CannotRenderError(f"{type(error).__name__}: {error}") from error
        return written.statements


class _Written:
    """Collects what Alembic writes in place of executing it: one call of `write` a statement."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def write(self, text: str) -> None:
        if statement := text.strip().rstrip(";").strip():
            self.statements.append(statement)

    def flush(self) -> None:
        """What a file has."""


@contextmanager
def _transaction_kept(connection: sa.Connection) -> Iterator[None]:
    """Refuse what would end the open transaction before the server hears of it: nothing could take it back then."""

    def look(*arguments: Any) -> None:
        if statement := sql_words.transaction_control(arguments[2]):
            raise _ends_transaction(statement)

    def commit(_connection: sa.Connection) -> None:
        raise _ends_transaction("COMMIT")

    def rollback(_connection: sa.Connection) -> None:
        raise _ends_transaction("ROLLBACK")

    listeners = {"before_cursor_execute": look, "commit": commit, "rollback": rollback}
    for name, listener in listeners.items():
        sa.event.listen(connection, name, listener)
    try:
        yield
    finally:
        for name, listener in listeners.items():
            sa.event.remove(connection, name, listener)


def _ends_transaction(statement: str) -> FailedError:
    return FailedError(
        f"`{statement[:100]}` begins or ends a transaction, and a revision is one.",
        state="It was not executed, and the database is as it was before this revision.",
        following="take it out of the file; of a revision that is applied already, do by hand what its `down` does, "
        "then `python3 -m deploy migrate adopt --at REVISION` with the one before.",
    )


@contextmanager
def _without_connection() -> Iterator[None]:
    """Alembic warns of what it cannot know without a connection; the caller is told by an exception."""
    import warnings  # noqa: PLC0415 - here alone

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
