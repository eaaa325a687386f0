"""`deploy record`: Datadog learns of a release, its migrations or a rollback."""

import argparse
import shlex

from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.moments import add_started, moment_of
from deploy.release import jobs
from deploy.release.events import NEEDED, Event, Kind, record


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--kind", choices=("deployment", "migration", "rollback"), default="deployment")
    how = parser.add_mutually_exclusive_group(required=True)
    how.add_argument("--outcome", choices=("success", "failure", jobs.WAITING), help="waiting: of a migration only")
    how.add_argument(
        "--jobs",
        metavar="JSON",
        help="GitHub's `needs`: how each job of the release ended; its migrations are recorded as well",
    )
    parser.add_argument("--deployment", default="", metavar="ID", help="which deployment it is about")
    parser.add_argument("--version", default="", help="the deployment's version")
    parser.add_argument("--from", default="", dest="taken_back", metavar="ID", help="what a rollback took back")
    parser.add_argument("--type", default="", help="standard or hotfix; of a rollback manual or automatic")
    parser.add_argument("--reason", default="", help="why, where somebody said so")
    parser.add_argument(
        "--failed", default="", metavar="JOB", help="the first job that failed; --jobs says it by itself"
    )
    add_started(parser)


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    context.settings.require(*NEEDED)
    if (arguments.outcome == jobs.WAITING and arguments.kind != "migration") or (
        arguments.jobs is not None and arguments.kind != "deployment"
    ):
        raise WrongUsageError(
            f"A {arguments.kind} has no such end.", "give --outcome=waiting of a migration, --jobs of a deployment."
        )
    started = moment_of("--started", arguments.started) or context.clock.now()

    def event(kind: Kind, outcome: str, *, failed: str = "", waited: bool = True) -> Event:
        return Event(
            kind=kind,
            outcome=outcome,
            deployment=arguments.deployment,
            version=arguments.version,
            commit=context.settings.get("GITHUB_SHA"),
            reason=" ".join(arguments.reason.split()),
            type=arguments.type,
            failed=failed,
            taken_back=arguments.taken_back,
            waited=waited,
            started=started,
        )

    attempt = context.settings.get("GITHUB_RUN_ATTEMPT", "1")
    if arguments.jobs is None:
        events = [event(arguments.kind, arguments.outcome, failed=arguments.failed)]
    else:
        release = jobs.parse(arguments.jobs)
        if release.did_not_start:
            return Done("This release did not start, so Datadog is told nothing.", {"recorded": []})
        ended = release.ended_badly
        migration = release.migration(attempt)
        waited = release.waiting == attempt or not release.asks_for_approval
        events = [
            event("deployment", "failure" if ended else "success", failed=ended[0] if ended else ""),
            *([event("migration", migration, waited=waited)] if migration else []),
        ]
    missed = [each for each in events if not record(context, each)]
    if missed:
        raise FailedError(
            f"Datadog does not know of this {' and this '.join(each.kind for each in missed)}.",
            state="What serves is not touched by that.",
            following=f"once Datadog answers, {' ; '.join(f'`{_again(arguments, each)}`' for each in missed)}.",
        )
    if arguments.outcome == jobs.WAITING:
        context.console.output(waiting=attempt)
    told = ", ".join(f"{each.kind} {each.outcome}" for each in events)
    return Done(
        f"Datadog knows of this: {told}.",
        {"recorded": [{"kind": each.kind, "outcome": each.outcome, "failed": each.failed} for each in events]},
    )


def _again(arguments: argparse.Namespace, event: Event) -> str:
    """The command that records one event by itself: those that Datadog has must not be posted again."""
    given = {
        "kind": event.kind,
        "outcome": event.outcome,
        "deployment": event.deployment,
        "version": event.version,
        "from": event.taken_back,
        "type": event.type,
        "failed": event.failed,
        "reason": event.reason,
        "started": arguments.started,
    }
    return "python3 -m deploy record " + " ".join(
        f"--{name}={shlex.quote(value)}" for name, value in given.items() if value
    )


RECORD = Command(
    name="record",
    summary="let Datadog know of a release, its migrations or a rollback",
    configure=_configure,
    run=_run,
)
