"""Telling of a rollback, once: Datadog, and then GitHub, whose record is how the next job knows that Datadog was told.

A run may be killed in between. Then Datadog is told again, under the same key: rather twice than never.
"""

from dataclasses import replace
from datetime import datetime

from deploy.clients.vercel import Deployment, Project
from deploy.command import Context
from deploy.http_client import CallFailedError
from deploy.release.dora import Served
from deploy.release.events import Event, record
from deploy.release.record_at_github import record_serving, rollback_recorded
from deploy.release.traffic import Traffic


def tell_moved(context: Context, event: Event, target: Deployment) -> None:
    """Tell that traffic has moved back.

    Args:
        context: what the command works with.
        event: the rollback.
        target: what serves again.
    """
    record(context, replace(event, outcome="success"))
    record_serving(context, target, "rollback", taken_back=event.taken_back)


def origin_of(project: Project, target_id: str) -> str:
    """The ID of what the last rollback took back, by Vercel's record; empty where the last move was another one."""
    asked = project.alias_request
    serves = project.serving is not None and project.serving.id == target_id
    if asked is None or asked.is_running or asked.kind != "rollback" or asked.target != target_id or not serves:
        return ""
    return asked.origin if asked.origin != target_id else ""


def untold(
    context: Context, traffic: Traffic, project: Project, *, release_id: str, started: datetime | None
) -> Event | None:
    """The rollback by which production came to what it serves, where it happened and nobody has told of it.

    Args:
        context: what the command works with.
        traffic: the project's production.
        project: what Vercel says of it.
        release_id: the deployment of the release that this run is about; empty where it is about none.
        started: when the work on that release began; None where that is not known.

    Returns:
        The rollback; None where the last move was another one, or took back something else than this release.
    """
    serving = project.serving
    origin = origin_of(project, serving.id) if serving else ""
    if serving is None or not origin or release_id not in ("", origin):
        return None
    if rollback_recorded(context, serving.id, origin):
        return None
    now = context.clock.now()
    return Event(
        kind="rollback",
        outcome="success",
        deployment=serving.id,
        version=serving.version,
        commit=serving.commit,
        reason="not known: what moved traffic did not come to say it",
        type="automatic" if release_id else "manual",
        taken_back=origin,
        unrecorded=_served(traffic, release_id, started or now) if release_id else None,
        started=now,
    )


def _served(traffic: Traffic, release_id: str, started: datetime) -> Served | None:
    try:
        release = traffic.vercel.deployment(release_id)
    except CallFailedError:
        return None
    return Served(deployment=release.id, version=release.version, commit=release.commit, started=started)
