"""Revisions that are one transaction: whole with their row in the ledger, or not at all."""

import re
from collections.abc import Callable
from typing import Any

from deploy.errors import FailedError
from deploy.migrations.ledger import State
from deploy.migrations.scripts import CannotRenderError
from deploy.migrations.session import Session
from deploy.release.revisions import Revision

_VALIDATION = re.compile(r"ALTER TABLE\s+\S.*\bVALIDATE CONSTRAINT\s+\S+", re.IGNORECASE | re.DOTALL)


def up(session: Session, revision: Revision) -> None:
    """Apply a revision, trying for its locks within the budget."""
    module = session.scripts.module(revision)

    def work() -> None:
        check(session, revision, "validate_before")
        session.scripts.call(module.up, session.connection)
        check(session, revision, "validate_after")
        session.scripts.stamp(session.connection, revision.id)
        session.ledger.end(session.connection, revision, State.APPLIED)

    _in_transaction(session, revision, "up", work)


def down(session: Session, revision: Revision, guard: Callable[[], None]) -> None:
    """Take a revision back, trying for its locks within the budget.

    Args:
        session: holds the lock.
        revision: is the last that is in effect.
        guard: raises, inside the transaction, what forbids it.
    """
    function = getattr(session.scripts.module(revision), "down", None)

    def work() -> None:
        guard()
        if callable(function):
            session.scripts.call(function, session.connection)
        session.scripts.stamp(session.connection, revision.down_revision)
        session.ledger.end(session.connection, revision, State.REVERTED)

    _in_transaction(session, revision, "down", work)


def check(session: Session, revision: Revision, name: str) -> None:
    """Ask one of a revision's own checks, if it has it.

    Raises:
        FailedError: when it answers False.
    """
    function: Callable[[Any], object] | None = getattr(session.scripts.module(revision), name, None)
    if function is not None and function(session.connection) is False:
        raise FailedError(
            f"{revision.id} was refused by its own `{name}`.",
            state="The database is as it was before this revision.",
            following="see what the check looks at, mend the data or the file, then run the same again.",
        )


def _in_transaction(session: Session, revision: Revision, direction: str, work: Callable[[], None]) -> None:
    # A validation reads the whole table, and nobody waits for it.
    statement = session.arguments.deadline if _only_validates(session, revision, direction) else None

    def attempt() -> None:
        session.connection.rollback()
        with session.connection.begin():
            session.set_timeouts(statement=statement)
            work()

    session.budget.run(revision.id, session.connection, attempt)


def _only_validates(session: Session, revision: Revision, direction: str) -> bool:
    try:
        statements = session.scripts.statements(revision, direction)
    except CannotRenderError:
        return False
    return bool(statements) and all(_VALIDATION.fullmatch(statement) for statement in statements)
