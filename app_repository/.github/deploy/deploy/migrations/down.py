"""`deploy migrate down`: revisions are taken back on purpose, and not before it is said what is lost."""

import argparse
from collections.abc import Callable, Sequence

from deploy.command import Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.migrations import concurrent, fingerprint, losses, steps
from deploy.migrations.ledger import State
from deploy.migrations.losses import Loss
from deploy.migrations.session import Session, locked
from deploy.release.revisions import BASE, Revision, find

CONSENT = "--accept-data-loss"


def run(arguments: argparse.Namespace, context: Context) -> Done:
    """Take the database back.

    Raises:
        DeployError: when it cannot be, or when data would be lost and that was not accepted.
    """
    return locked(arguments, context, lambda session: _down(session, arguments.to))


def _down(session: Session, to: str) -> Done:
    history = session.scripts.history
    at = session.position()
    named = find(history, to)
    if named is None and to != BASE:
        raise WrongUsageError(
            f"--to={to[:100]!r} is no revision of these migrations.", "`python3 -m deploy migrate status` lists them."
        )
    last = named.number if named else 0
    if last > at:
        raise FailedError(
            f"The database is at {history[at - 1].id if at else BASE}, and {history[last - 1].id} comes later.",
            state="Nothing was changed.",
            following=f"`python3 -m deploy migrate up --to={history[last - 1].id}`, or name one to go down to.",
        )
    going = history[last:at][::-1]
    final = [revision.id for revision in going if not revision.reversible]
    if final:
        raise FailedError(
            f"{', '.join(final)} cannot be taken back: the file says so.",
            state="Nothing was changed.",
            following="go down no further than to that one, or restore a backup.",
        )
    found = losses.try_down(session, going)
    lost = losses.counted(session, [loss for each in found.values() for loss in each])
    for loss in lost:
        session.log(f"Lost: {loss}")
    if lost and not session.arguments.accept_data_loss:
        raise FailedError(
            f"Going down to {to} would destroy data: {'; '.join(str(loss) for loss in lost)}.",
            state="Nothing was changed.",
            following=f"make a backup (`python3 -m deploy migrate backup --file FILE`), then add {CONSENT}.",
        )
    for revision in going:
        steps.revert(session, revision, _guard(session, found[revision.id]))
    _forget_beginnings(session, last)
    if last:
        fingerprint.record(session)
    return Done(
        f"The database is at {history[last - 1].id if last else BASE}"
        f"{', after taking back ' + ', '.join(revision.id for revision in going) if going else ' already'}. "
        "An application that needs what was taken away must not serve any more.",
        {
            "at": history[last - 1].id if last else "",
            "reverted": [revision.id for revision in going],
            "lost": [{"what": loss.what, "rows": loss.rows, "revision": loss.revision} for loss in lost],
        },
    )


def _guard(session: Session, doomed: Sequence[Loss]) -> Callable[[], None]:
    """Looks once more, when nobody can write any more, unless the loss was accepted."""

    def look() -> None:
        if session.arguments.accept_data_loss:
            return
        lost = losses.lock_and_look(session, doomed)
        if lost:
            raise FailedError(
                f"Somebody has written what would be destroyed: {', '.join(loss.what for loss in lost)}.",
                state="This revision was not taken back.",
                following=f"run the same again, which counts it, or add {CONSENT}.",
            )

    return look


def _forget_beginnings(session: Session, last: int) -> None:
    """Later revisions that an `up` began and did not finish begin anew next time."""
    for entry in session.entries().values():
        if entry.number <= last or entry.state not in (State.RUNNING, State.FAILED):
            continue
        revision: Revision | None = find(session.scripts.history, entry.revision)
        if revision is None:
            continue
        if revision.kind == "concurrent":
            concurrent.forget(session, revision)
        with session.connection.begin():
            session.ledger.end(session.connection, revision, State.REVERTED)
