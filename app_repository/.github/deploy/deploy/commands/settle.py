"""`deploy settle`: production ends on a verified deployment, or a person is called.

It repairs what a failed test on the domain, a cancelled run or a killed runner left. What Vercel says decides, not what
the run remembers; run twice, it does nothing the second time. Where Vercel says that production went back and no run
has told of it, it tells.
"""

import argparse
from dataclasses import replace
from datetime import datetime

from deploy.clients.slack import CHANNEL, escape
from deploy.clients.vercel import Deployment
from deploy.command import Command, Context, Done
from deploy.commands.health import add_patience, patience_of
from deploy.errors import DeployError, FailedError, NeedsPersonError
from deploy.moments import add_started, moment_of
from deploy.release.beside import Start, beside
from deploy.release.events import record
from deploy.release.record_at_github import record_serving
from deploy.release.restoration import restore
from deploy.release.rollback_report import tell_moved, untold
from deploy.release.team import run_link, tell
from deploy.release.traffic import Traffic
from deploy.settings import VERCEL


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--deployment", default="", metavar="ID", help="the release's deployment; empty where it was never staged"
    )
    parser.add_argument(
        "--tests",
        default="",
        metavar="RESULT",
        help="how the tests on the domain ended; anything but success takes the release back",
    )
    parser.add_argument(
        "--previous", default="", metavar="ID", help="what served before the release, where that is remembered"
    )
    add_started(parser)
    add_patience(parser)


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    patience = patience_of(arguments)
    started = moment_of("--started", arguments.started)
    context.settings.require(*VERCEL)
    traffic = Traffic(context, patience)
    with beside(context.console) as start:
        try:
            done = _settle(context, traffic, arguments, start, started)
        except DeployError as error:
            # Whatever it was, production is not known to be good.
            ended = error if isinstance(error, NeedsPersonError) else _for_a_person(error)
            tell(context, f":fire: {CHANNEL} {escape(str(ended))} {run_link(context)}")
            raise ended from error
    context.console.output(state=done.message)
    if arguments.tests == "success" and done.data["serving"] != arguments.deployment:
        raise FailedError(
            f"{arguments.deployment} passed its tests on the domain, but does not serve it any more.",
            state=done.message,
            following="find out why (a rollback, or a fault that came later) before you release again.",
        )
    return done


def _settle(
    context: Context, traffic: Traffic, arguments: argparse.Namespace, start: Start, started: datetime | None
) -> Done:
    project = traffic.settled()
    serving = project.serving
    if serving is None:
        return Done(
            f"Nothing serves {traffic.domain} yet, and nothing was promoted.", {"serving": None, "moved": False}
        )
    went_back = untold(context, traffic, project, release_id=arguments.deployment, started=started)
    if went_back is not None:
        start(tell_moved, context, went_back, serving)
    is_release = bool(arguments.deployment) and serving.id == arguments.deployment
    health = traffic.confirm(serving) if arguments.tests == "success" or not is_release else None
    if health is not None and health.healthy:
        what = "this release, verified" if is_release else "what served before this release"
        if not arguments.deployment:
            what = "healthy"
        if went_back is None:
            record_serving(context, serving, "release")
        return _done(serving, traffic, what, moved=False)
    if not is_release:
        if went_back is not None:
            start(record, context, replace(went_back, outcome="failure"))
        raise NeedsPersonError(
            f"{serving} serves {traffic.domain} and is not healthy: {health.fault if health else ''}.",
            state="This release did not put it there.",
            following="look at its logs on vercel.com; `python3 -m deploy rollback --target previous --reason …` "
            "goes further back.",
        )
    why = health.fault if health else f"its tests on the domain ended as {arguments.tests or 'nobody knows'}"
    restored = restore(
        context,
        traffic,
        serving,
        arguments.previous,
        reason=f"{serving.id} was not verified: {why}",
        start=start,
        started=started,
    )
    return _done(restored, traffic, f"rolled back from {serving.id}, because {why}", moved=True)


def _done(serving: Deployment, traffic: Traffic, what: str, *, moved: bool) -> Done:
    return Done(f"{serving} serves https://{traffic.domain}: {what}.", {"serving": serving.id, "moved": moved})


def _for_a_person(error: DeployError) -> NeedsPersonError:
    return NeedsPersonError(error.what, state=error.state, following=error.following)


SETTLE = Command(
    name="settle",
    summary="see that production ends on a verified deployment; repairs what a failed or killed release left",
    configure=_configure,
    run=_run,
)
