"""Which deployment a rollback goes to, and whether it can.

`previous` undoes the last promotion. When the last move was a rollback already, `previous` could mean going forth again
to what was just taken back, or one too far back when a killed command is run twice: then a target has to be named.

A target that the database's present schema would break is refused (rollback_schema.py).
"""

import re
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from deploy.clients.vercel import ATTEMPTS, Deployment, Project, Vercel
from deploy.console import Console
from deploy.errors import FailedError, WrongUsageError
from deploy.http_client import CallFailedError
from deploy.release.rollback_schema import Present

PREVIOUS = "previous"
LIST_GRACE = 3.0
"""Seconds that a named target waits for the list, once the target itself is known: it can do without."""
_SHOWN = 5
_ID = re.compile(r"dpl_[A-Za-z0-9]+")
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+", re.IGNORECASE)


def parse(text: str) -> str:
    """A target as it was typed: `previous`, a deployment's ID, or its address with or without `https://`.

    Returns:
        `previous`, the ID, or the host name.

    Raises:
        WrongUsageError: when it is none of these.
    """
    target = text.strip()
    if target.lower() == PREVIOUS:
        return PREVIOUS
    host = target.removeprefix("https://").rstrip("/")
    if _ID.fullmatch(target):
        return target
    if _HOST.fullmatch(host):
        return host
    raise WrongUsageError(
        f"{target[:100]!r} is no rollback target.",
        "name a deployment by its ID (dpl_…) or its address, or say previous.",
    )


def find(vercel: Vercel, target: str, console: Console, *, schema_checked: bool = False) -> tuple[Project, Deployment]:
    """Look a target up, in one round of calls.

    Args:
        vercel: the project.
        target: as `parse` gives it.
        console: where it is said what could not be checked.
        schema_checked: whether somebody has looked at the database and let pass what its schema would break.

    Returns:
        The project as it is now, and the deployment to go back to.

    Raises:
        FailedError: when there is none, or production cannot go back to it.
    """
    named = target != PREVIOUS
    together = ThreadPoolExecutor(max_workers=3)
    try:
        looked = together.submit(vercel.project)
        # A named target needs the list only to know what else has changed the database: one try, beside the others.
        listing = together.submit(vercel.production_deployments, attempts=1 if named else ATTEMPTS)
        found = together.submit(vercel.deployment, target) if named else None
        project = looked.result()
        deployment = found.result() if found else None
        deployments = _in_time(listing, console) if named else listing.result()
    except CallFailedError as error:
        unknown = error.status == 404  # noqa: PLR2004 - not found
        raise FailedError(
            f"Vercel does not know {target}." if unknown and named else f"Vercel does not tell: {error.why}.",
            state="Nothing was moved.",
            following="name another target." if unknown else "try again (https://www.vercel-status.com).",
        ) from error
    finally:
        # Not waited for: a list that hangs holds up nobody.
        together.shutdown(wait=False, cancel_futures=True)
    present = Present(project.serving, deployments)
    if deployment is None:
        deployment = _previous(vercel, project, present)
    _check(vercel, project, deployment)
    present.check(deployment, console, looked_at=schema_checked)
    return project, deployment


def _in_time(listing: Future[list[Deployment]], console: Console) -> list[Deployment]:
    """The list, if it is there by now; else none, and the target and what serves have to do."""
    try:
        return listing.result(LIST_GRACE)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, traffic has to move
        why = error.why if isinstance(error, CallFailedError) else f"{type(error).__name__} {error}".strip()
        console.log(f"Vercel did not list the deployments ({why}): the schema of what serves is all that is known.")
        return []


def _previous(vercel: Vercel, project: Project, present: Present) -> Deployment:
    serving, asked = project.serving, project.alias_request
    candidates = [deployment for deployment in present.listed if deployment.can_serve_again]
    if serving is None:
        raise FailedError("Nothing serves production.", state="Nothing was moved.", following="name a target.")
    if asked is not None and asked.kind == "rollback" and asked.target == serving.id:
        raise FailedError(
            f"Production was rolled back already, from {asked.origin or 'nothing'} to {serving}.",
            state="Nothing was moved.",
            following=f"to go further back, name the target: {_listed(present.safe_targets(), serving, asked.origin)}",
        )
    if asked is not None and asked.target == serving.id and asked.origin:
        known = [deployment for deployment in candidates if deployment.id == asked.origin]
        try:
            return known[0] if known else vercel.deployment(asked.origin)
        except CallFailedError as error:
            raise FailedError(
                f"{asked.origin} served before, but Vercel {error.why}.",
                state="Nothing was moved.",
                following=f"name another target: {_listed(present.safe_targets(), serving, '')}",
            ) from error
    older = [deployment for deployment in candidates if deployment.created < serving.created]
    if not older:
        raise FailedError(
            "There is no earlier production deployment to go back to.",
            state=f"{serving} serves.",
            following="release a commit that works.",
        )
    return older[0]


def _check(vercel: Vercel, project: Project, target: Deployment) -> None:
    """Refuse a target that production cannot go back to."""
    serving = project.serving
    faults = {
        "it belongs to another project": target.project_id not in ("", vercel.project_id),
        "it is no production deployment": target.target != "production",
        f"it is {target.state}, not READY": target.state != "READY",
        "it has never served production": target.substate == "STAGED",
        "it serves production already": serving is not None and serving.id == target.id,
    }
    for fault, holds in faults.items():
        if holds:
            raise FailedError(
                f"There is no rolling back to {target}: {fault}.",
                state=f"Nothing was moved: {serving or 'nothing'} serves.",
                following="name another target, or say previous.",
            )


def _listed(candidates: Sequence[Deployment], serving: Deployment, taken_back: str) -> str:
    others = [str(deployment) for deployment in candidates if deployment.id not in (serving.id, taken_back)]
    return ", ".join(others[:_SHOWN]) or "there is no other."
