"""`deploy promote`: a staged deployment goes live, or what served before serves again.

Datadog hears beside it that traffic begins to move, and when it moves back.
"""

import argparse
from datetime import datetime

from deploy.clients.vercel import Deployment, Project
from deploy.command import Command, Context, Done
from deploy.commands.health import add_patience, patience_of
from deploy.errors import DeployError, FailedError, NeedsPersonError
from deploy.http_client import CallFailedError
from deploy.moments import add_started, moment_of
from deploy.release.beside import Start, beside
from deploy.release.events import Event, record
from deploy.release.restoration import before, restore
from deploy.release.traffic import Traffic
from deploy.settings import VERCEL


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deployment", required=True, metavar="ID", help="the staged deployment's ID")
    parser.add_argument(
        "--previous", default="", metavar="ID", help="refuse when something else than this serves by now"
    )
    add_started(parser)
    add_patience(parser)


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    patience = patience_of(arguments)
    started = moment_of("--started", arguments.started)
    context.settings.require(*VERCEL)
    traffic = Traffic(context, patience)
    # Going back waits for nobody to be told: the block's end does.
    with beside(context.console) as start:
        return _promote(arguments, context, traffic, start, started)


def _promote(
    arguments: argparse.Namespace, context: Context, traffic: Traffic, start: Start, started: datetime | None
) -> Done:
    release, project = _look(traffic, arguments.deployment)
    _check(traffic, release, project, arguments.previous)
    serves_already = project.serving is not None and project.serving.id == release.id
    serving = project.serving.id if project.serving else ""
    previous = before(project, release.id) or arguments.previous if serves_already else serving
    context.console.output(previous=previous)
    if not serves_already:
        _check_staged(traffic, release, project)
    try:
        if not serves_already:
            start(record, context, _started(context, release, serving))
            traffic.move("promote", release)
        health = traffic.confirm(release)
    except DeployError as error:
        fault = error
    else:
        if health.healthy:
            return Done(
                f"{release} serves https://{traffic.domain}, healthy after {health.tries} tries.",
                {"deployment": release.id, "previous": previous, "domain": traffic.domain},
            )
        fault = FailedError(
            f"{release} is not healthy on {traffic.domain}: {health.fault}.", state="", following="mend it."
        )
    _take_back(context, traffic, release, previous, fault, start=start, started=started)
    raise AssertionError("taking back ends the command")


def _look(traffic: Traffic, deployment_id: str) -> tuple[Deployment, Project]:
    try:
        return traffic.vercel.deployment(deployment_id), traffic.vercel.project()
    except CallFailedError as error:
        raise FailedError(
            f"Vercel does not show {deployment_id} and its project: {error.why}.",
            state="Nothing was promoted.",
            following="check the ID and the token, then run the same again.",
        ) from error


def _check(traffic: Traffic, release: Deployment, project: Project, expected: str) -> None:
    """Refuse what must not go live."""
    serving = project.serving.id if project.serving else ""
    faults = {
        "it belongs to another project": release.project_id != traffic.vercel.project_id,
        "it is no production deployment": release.target != "production",
        f"it is {release.state}, not READY": release.state != "READY",
        f"{serving} serves by now and not {expected}, as when it was staged": bool(expected)
        and serving not in (expected, release.id),
    }
    for fault, holds in faults.items():
        if holds:
            raise FailedError(
                f"{release} is not promoted: {fault}.",
                state=traffic.state(project),
                following="start the release again, so that what goes live was tested beside what serves.",
            )


def _check_staged(traffic: Traffic, release: Deployment, project: Project) -> None:
    health = traffic.confirm_staged(release)
    if not health.healthy:
        raise FailedError(
            f"{release} is not promoted: it is not healthy at its own address, https://{release.host}: {health.fault}.",
            state=traffic.state(project),
            following="mend it and release again.",
        )


def _started(context: Context, release: Deployment, serving: str) -> Event:
    return Event(
        kind="promotion",
        outcome="started",
        deployment=release.id,
        version=release.version,
        commit=release.commit,
        taken_back=serving,
        started=context.clock.now(),
    )


def _take_back(
    context: Context,
    traffic: Traffic,
    release: Deployment,
    previous: str,
    fault: DeployError,
    *,
    start: Start,
    started: datetime | None,
) -> None:
    """Go back to what served before, and end the command with what happened."""
    try:
        serving = restore(
            context,
            traffic,
            release,
            previous,
            reason=f"{release.id} did not become healthy",
            start=start,
            started=started,
        )
    except DeployError as error:
        raise NeedsPersonError(
            f"{fault.what} Going back failed as well: {error.what}", state=error.state, following=error.following
        ) from error
    raise FailedError(
        fault.what,
        state=f"{serving} serves {traffic.domain} again, healthy.",
        following="mend it and release again.",
    )


PROMOTE = Command(
    name="promote",
    summary="let a staged deployment serve the domain, and roll back by itself when it does not become healthy",
    configure=_configure,
    run=_run,
)
