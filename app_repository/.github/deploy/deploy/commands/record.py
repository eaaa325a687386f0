"""`deploy record`: Datadog learns of a release or a rollback."""

import argparse
from datetime import UTC, datetime

from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.release.events import Event, record


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=("deployment", "rollback"), default="deployment")
    parser.add_argument("--outcome", choices=("success", "failure"), required=True)
    parser.add_argument("--deployment", default="", metavar="ID", help="which deployment it is about")
    parser.add_argument("--version", default="", help="the deployment's version")
    parser.add_argument("--type", default="", dest="release_type", help="standard or hotfix")
    parser.add_argument("--reason", default="", help="why, where somebody said so")
    parser.add_argument("--started", default="", metavar="ISO8601", help="when the work on it began (now)")


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    context.settings.require("DATADOG_API_KEY", "ENVIRONMENT", "SERVICE")
    event = Event(
        kind=arguments.kind,
        outcome=arguments.outcome,
        deployment=arguments.deployment,
        version=arguments.version,
        commit=context.settings.get("GITHUB_SHA"),
        reason=" ".join(arguments.reason.split()),
        release_type=arguments.release_type,
        started=_moment(arguments.started) or context.clock.now(),
    )
    if not record(context, event):
        raise FailedError(
            f"Datadog does not know of this {event.kind}.",
            state="What serves is not touched by that.",
            following="run the same again once Datadog answers.",
        )
    return Done(f"Datadog knows of this {event.kind}: {event.outcome}.", {"kind": event.kind, "outcome": event.outcome})


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsageError(f"--started {text!r} is no moment.", "write it as 2026-01-31T12:00:00Z.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


RECORD = Command(name="record", summary="let Datadog know of a release or a rollback", configure=_configure, run=_run)
