"""What Datadog keeps of a release or a rollback: events on every graph and, where switched on, DORA deployments.

Monitors and dashboards find an event by its tags.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deploy.clients.datadog import Datadog
from deploy.command import Context
from deploy.http_client import CallFailedError
from deploy.release.dora import Served, record_release, record_rollback
from deploy.release.team import actor, run_link

Kind = Literal["deployment", "rollback", "promotion", "migration"]
NEEDED = ("DATADOG_API_KEY", "ENVIRONMENT", "SERVICE")
"""Without these there is no event that a monitor could find."""
_TITLES = {
    ("deployment", "success"): "Deployment",
    ("deployment", "failure"): "Deployment failed",
    ("rollback", "success"): "Rollback",
    ("rollback", "failure"): "Rollback failed",
    ("promotion", "started"): "Promotion started",
    ("migration", "waiting"): "Migration waits for approval",
    ("migration", "success"): "Migration",
    ("migration", "failure"): "Migration failed",
}
_TEXTS = {
    ("deployment", "success"): "New version deployed to",
    ("rollback", "success"): "Traffic moved back in",
    ("promotion", "started"): "Traffic begins to move in",
    ("migration", "waiting"): "A reviewer is asked before the database and then traffic move in",
    ("migration", "success"): "The database has what the release needs in",
}
_ALERT_TYPES = {("rollback", "success"): "warning", ("promotion", "started"): "info", ("migration", "waiting"): "info"}
"""Where it is not simply `success` or `error`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """Something that a release or a rollback did.

    Attributes:
        kind: what it is about.
        outcome: `success` or `failure`; `started` of a promotion, `waiting` of a migration.
        deployment: the ID of the deployment that was to serve; may be empty.
        version: its version; may be empty.
        commit: the full SHA it was built from; may be empty.
        reason: why, where somebody said so.
        type: `standard` or `hotfix` of a deployment, `automatic` or `manual` of a rollback.
        failed: the first job that failed, of a deployment.
        taken_back: the ID of the deployment that a rollback took back, where it is known.
        unrecorded: how that deployment served, where its release had not come to record it.
        waited: False where a migration ended without that Datadog was told that it waited, though there is an approval.
        started: when the work on it began.
    """

    kind: Kind
    outcome: str
    deployment: str
    version: str = ""
    commit: str = ""
    reason: str = ""
    type: str = ""
    failed: str = ""
    taken_back: str = ""
    unrecorded: Served | None = None
    waited: bool = True
    started: datetime


def record(context: Context, event: Event) -> bool:
    """Record an event, or say in the log that it was not possible.

    Args:
        context: what the command works with; `DATADOG_DORA` switches the DORA deployments on, `TEAM` may be unset.
        event: what happened.

    Returns:
        Whether Datadog took the event. That it missed a DORA deployment is only said.
    """
    settings = context.settings
    missing = [name for name in NEEDED if not settings.get(name)]
    if missing:
        said = f"There is no {' and no '.join(missing)}, so Datadog does not know of this {event.kind}."
        if event.kind == "promotion":
            context.console.log(said)
        else:
            context.console.warn(said)
        return False
    datadog = Datadog(context.http, settings)
    try:
        datadog.post_event(
            f"{settings['ENVIRONMENT'].title()} {_TITLES[event.kind, event.outcome]}",
            _text(context, event),
            alert_type=_ALERT_TYPES.get(
                (event.kind, event.outcome), "success" if event.outcome == "success" else "error"
            ),
            key=_key(context, event),
            tags=_tags(context, event),
            # Who waits for the end of a promotion does not wait for Datadog to hear of its beginning.
            hurried=event.kind == "promotion",
        )
    except CallFailedError as error:
        context.console.warn(f"Datadog may not know of this {event.kind}: it {error.why}.")
        return False
    if settings.get("DATADOG_DORA") == "true" and event.outcome == "success" and event.commit:
        try:
            _record_for_dora(context, datadog, event)
        except CallFailedError as error:
            context.console.warn(
                f"Datadog has the event, but may not count this {event.kind} in its DORA metrics: it {error.why}."
            )
    return True


def _record_for_dora(context: Context, datadog: Datadog, event: Event) -> None:
    served = Served(deployment=event.deployment, version=event.version, commit=event.commit, started=event.started)
    if event.kind == "deployment":
        record_release(context, datadog, served)
    elif event.kind == "rollback":
        record_rollback(context, datadog, served, taken_back=event.taken_back, unrecorded=event.unrecorded)


def _key(context: Context, event: Event) -> str:
    """What makes an event the same one: Datadog shows events of one key as one.

    So each outcome has its own. A rollback that was perhaps told of already has the same key when it is told of again;
    of failures, each job has its own.
    """
    settings = context.settings
    run = settings.get("GITHUB_RUN_ID")
    parts = [
        *(event.kind, event.outcome),
        f"{run}-{settings.get('GITHUB_RUN_ATTEMPT', '1')}" if run else f"{event.started:%Y%m%dT%H%M%S}",
        settings.get("GITHUB_JOB") if event.outcome == "failure" else "",
        event.taken_back if event.kind == "rollback" else event.deployment,
    ]
    return "-".join(part for part in parts if part)


def _text(context: Context, event: Event) -> str:
    """What people read."""
    said = _TEXTS.get((event.kind, event.outcome))
    details = {
        "failed job": event.failed,
        "deployment": event.deployment,
        "instead of": event.taken_back,
        "commit": event.commit,
        "reason:": event.reason,
    }
    parts = [
        f"{said} {context.settings['ENVIRONMENT']}" if said else f"The {event.kind} did not end well",
        *(f"{name} {value}" for name, value in details.items() if value),
        f"by {actor(context)}",
        run_link(context),
    ]
    return ". ".join(part for part in parts if part)


def _tags(context: Context, event: Event) -> list[str]:
    """What monitors and graphs go by. Datadog keeps tags in lower case."""
    environment = context.settings["ENVIRONMENT"]
    tags = {
        "environment": environment,
        "env": environment,
        "service": context.settings["SERVICE"],
        "team": context.settings.get("TEAM"),
        "version": event.version,
        "kind": event.kind,
        "outcome": event.outcome,
        "type": event.type,
        "failed": event.failed,
        "deployment": event.deployment,
        "from": event.taken_back,
        "waited": "" if event.waited else "false",
    }
    return [f"{name}:{value}" for name, value in tags.items() if value]
