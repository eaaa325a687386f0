"""Taking production back from a release that must not serve: what `promote` and `settle` have in common."""

from dataclasses import replace
from datetime import datetime

from deploy.clients.vercel import Deployment, Project
from deploy.command import Context
from deploy.errors import DeployError, NeedsPersonError
from deploy.http_client import CallFailedError
from deploy.release.beside import Start
from deploy.release.dora import Served
from deploy.release.events import Event, record
from deploy.release.rollback_report import tell_moved
from deploy.release.traffic import Traffic


def restore(
    context: Context,
    traffic: Traffic,
    release: Deployment,
    previous_id: str,
    *,
    reason: str,
    start: Start,
    started: datetime | None = None,
) -> Deployment:
    """See that production serves a healthy deployment other than the release.

    Idempotent: where something else serves already, nothing is moved, and Datadog hears of no rollback.

    Args:
        context: what the command works with.
        traffic: the project's production.
        release: the deployment that must not serve.
        previous_id: what served before it, where that is remembered; Vercel's own record goes first.
        reason: why, for Vercel's record and Datadog's.
        start: starts what is done beside it.
        started: when the work on the release began, for its DORA record; None where that is not known.

    Returns:
        What serves then, healthy.

    Raises:
        NeedsPersonError: when nothing is known to go back to, or what it went back to is not healthy.
    """
    began = context.clock.now()
    project = traffic.settled()
    serving = project.serving
    if serving is None:
        raise NeedsPersonError(
            f"Nothing serves {traffic.domain}.", state="Users see no site.", following=_by_hand("<deployment>")
        )
    if serving.id != release.id:
        return _healthy(traffic, serving)
    event = Event(
        kind="rollback",
        outcome="failure",
        deployment="",
        reason=reason,
        type="automatic",
        taken_back=release.id,
        unrecorded=Served(
            deployment=release.id, version=release.version, commit=release.commit, started=started or began
        ),
        started=began,
    )
    try:
        target = _look_up(traffic, before(project, release.id) or previous_id, release.id)
        event = replace(event, deployment=target.id, version=target.version, commit=target.commit)
        traffic.move("rollback", target, reason=reason)
        # At once: users see something else by now, whatever becomes of this process.
        start(tell_moved, context, event, target)
        return _healthy(traffic, target)
    except DeployError:
        start(record, context, event)
        raise


def before(project: Project, release_id: str) -> str:
    """The ID of what served before the release, from Vercel's record of the promotion; empty where it has none."""
    asked = project.alias_request
    if asked is not None and asked.kind == "promote" and asked.target == release_id and asked.origin != release_id:
        return asked.origin
    return ""


def _healthy(traffic: Traffic, serving: Deployment) -> Deployment:
    health = traffic.confirm(serving)
    if not health.healthy:
        raise NeedsPersonError(
            f"{serving} serves {traffic.domain}, and it is not healthy either: {health.fault}.",
            state="Users may see errors now.",
            following=_by_hand("<deployment>"),
        )
    return serving


def _look_up(traffic: Traffic, previous_id: str, release_id: str) -> Deployment:
    if not previous_id or previous_id == release_id:
        raise NeedsPersonError(
            f"{release_id} serves {traffic.domain} unverified, and nothing is known that served before it.",
            state="If this was the first release, there is nothing to go back to.",
            following=f"verify {traffic.domain} by hand, or release again; {_by_hand('<deployment>')}",
        )
    try:
        return traffic.vercel.deployment(previous_id)
    except CallFailedError as error:
        raise NeedsPersonError(
            f"{release_id} serves {traffic.domain} unverified, and {previous_id}, which served before, cannot be "
            f"looked up: {error.why}.",
            state="The unverified release serves.",
            following=_by_hand(previous_id),
        ) from error


def _by_hand(target: str) -> str:
    return f"`python3 -m deploy rollback --target {target} --reason …` (or the workflow Emergency rollback)."
