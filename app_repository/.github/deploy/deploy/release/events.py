"""What Datadog keeps of a release or a rollback: an event on every graph and, where switched on, a DORA deployment."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from deploy.clients.datadog import Datadog
from deploy.command import Context
from deploy.http_client import CallFailedError
from deploy.release.team import actor, run_link

Kind = Literal["deployment", "rollback"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Event:
    """A release or a rollback that ended.

    Attributes:
        kind: which of both.
        outcome: `success` or `failure`.
        deployment: the ID of the deployment that was to serve; may be empty.
        version: its version; may be empty.
        commit: the full SHA it was built from; may be empty.
        reason: why, where somebody said so.
        release_type: `standard` or `hotfix`, for a deployment.
        started: when the work on it began.
    """

    kind: Kind
    outcome: str
    deployment: str
    version: str = ""
    commit: str = ""
    reason: str = ""
    release_type: str = ""
    started: datetime


def record(context: Context, event: Event) -> bool:
    """Record an event, or say in the log that it was not possible.

    Args:
        context: what the command works with; `DATADOG_DORA` switches the DORA deployment on.
        event: what ended.

    Returns:
        Whether Datadog took all of it.
    """
    settings = context.settings
    if not settings.get("DATADOG_API_KEY"):
        context.console.warn(f"There is no DATADOG_API_KEY, so Datadog does not know of this {event.kind}.")
        return False
    datadog = Datadog(context.http, settings)
    succeeded = event.outcome == "success"
    environment, service = settings.get("ENVIRONMENT"), settings.get("SERVICE")
    title = {
        ("deployment", True): f"{environment.title()} Deployment",
        ("deployment", False): f"{environment.title()} Deployment failed",
        ("rollback", True): f"{environment.title()} Rollback",
        ("rollback", False): f"{environment.title()} Rollback failed",
    }[event.kind, succeeded]
    what = "New version deployed" if event.kind == "deployment" else "Traffic moved back"
    parts = [
        f"{what} to {environment}" if succeeded else f"The {event.kind} did not end well",
        *(f"{name} {value}" for name, value in _details(event).items() if value),
        f"by {actor(context)}",
        run_link(context),
    ]
    tags = {
        "environment": environment,
        "env": environment,
        "service": service,
        "version": event.version,
        "kind": event.kind,
        "outcome": event.outcome,
        "type": event.release_type,
    }
    try:
        datadog.post_event(
            title,
            ". ".join(part for part in parts if part),
            alert_type=_alert_type(event),
            key=f"{event.kind}-{settings.get('GITHUB_RUN_ID') or event.deployment}",
            tags=[f"{name}:{value}" for name, value in tags.items() if value],
        )
        if settings.get("DATADOG_DORA") == "true" and succeeded and event.commit:
            _record_deployment(context, datadog, event)
    except CallFailedError as error:
        context.console.warn(f"Datadog may not know of this {event.kind}: it {error.why}.")
        return False
    return True


def _record_deployment(context: Context, datadog: Datadog, event: Event) -> None:
    settings = context.settings
    datadog.post_deployment(
        identifier=f"{event.deployment or event.commit}-{settings.get('GITHUB_RUN_ID', 'by-hand')}",
        service=settings.get("SERVICE"),
        environment=settings.get("ENVIRONMENT"),
        version=event.version or event.commit,
        commit=event.commit,
        repository=f"{settings.get('GITHUB_SERVER_URL', 'https://github.com')}/{settings.get('GITHUB_REPOSITORY')}",
        started=event.started,
        finished=context.clock.now(),
    )


def _alert_type(event: Event) -> str:
    if event.outcome != "success":
        return "error"
    return "warning" if event.kind == "rollback" else "success"


def _details(event: Event) -> dict[str, str]:
    return {"deployment": event.deployment, "commit": event.commit, "reason:": event.reason}
