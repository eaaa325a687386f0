"""One revision, up: what all kinds have in common. Each kind has a file of its own."""

from collections.abc import Callable

import sqlalchemy as sa

from deploy.errors import DeployError, FailedError
from deploy.migrations import backfill, concurrent, transactional
from deploy.migrations.database import brief, is_lost, sqlstate
from deploy.migrations.ledger import State
from deploy.migrations.session import Session
from deploy.release.revisions import Revision

UP: dict[str, Callable[[Session, Revision], None]] = {
    "expand": transactional.up,
    "contract": transactional.up,
    "concurrent": concurrent.up,
    "backfill": backfill.up,
}
DOWN: dict[str, Callable[[Session, Revision, Callable[[], None]], None]] = {
    "expand": transactional.down,
    "contract": transactional.down,
    "concurrent": concurrent.down,
    "backfill": transactional.down,
}
CANCELED = "57014"


def apply(session: Session, revision: Revision) -> None:
    """Bring the database from the revision before to this one; goes on where an earlier attempt was cut off.

    Raises:
        FailedError: when it cannot; the ledger says why.
    """
    with session.connection.begin():
        entry = session.ledger.begin(session.connection, revision)
    again = f" (attempt {entry.attempts})" if entry.attempts > 1 else ""
    session.log(f"{revision}: {revision.description}{again}")
    _explain(session, revision, lambda: UP[revision.kind](session, revision), State.FAILED)


def revert(session: Session, revision: Revision, guard: Callable[[], None]) -> None:
    """Bring the database from this revision to the one before.

    Args:
        session: holds the lock.
        revision: is the last that is in effect.
        guard: raises what forbids it, asked as late as can be.

    Raises:
        FailedError: when it cannot; the revision is then still in effect.
    """
    session.log(f"{revision}: going down")
    _explain(session, revision, lambda: DOWN[revision.kind](session, revision, guard), None)


def _explain(session: Session, revision: Revision, step: Callable[[], None], failed: State | None) -> None:
    """Run a step; what it raises becomes a sentence, for people and for the ledger."""
    try:
        step()
    except DeployError as error:
        fault = error
    except sa.exc.DBAPIError as error:
        if is_lost(error):
            raise
        fault = _explained(session, revision, error)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the app's own code, which may raise anything
        fault = _failed(revision, f"{type(error).__name__}: {error}", "mend the file, then run the same again.")
    else:
        return
    session.connection.rollback()
    if failed is not None:
        with session.connection.begin():
            session.ledger.end(session.connection, revision, failed, error=session.context.console.clean(fault.what))
    raise fault


def _explained(session: Session, revision: Revision, error: sa.exc.DBAPIError) -> FailedError:
    if sqlstate(error) == CANCELED:
        seconds = session.arguments.statement_timeout
        return _failed(
            revision,
            f"a statement took longer than {seconds:g} s, for which others would have waited",
            "take it apart (docs/migrations.md), or allow it with --statement-timeout.",
        )
    return _failed(revision, brief(error), "mend the file or the data, then run the same again.")


def _failed(revision: Revision, why: str, following: str) -> FailedError:
    return FailedError(
        f"{revision.id} failed: {why}.", state="The database is as it was before this revision.", following=following
    )
