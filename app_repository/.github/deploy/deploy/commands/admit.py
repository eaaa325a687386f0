"""`deploy admit`: whether a release may go on: the lock, the order of environments, the commit that was asked for."""

import argparse
import re

from deploy.clients.github import NEEDED, GitHub
from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.release.admission import STATE, require_unlocked, staging_word
from deploy.release.environments import ENVIRONMENTS

_COMMIT = re.compile(r"[0-9a-f]{40}")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--environment", choices=tuple(ENVIRONMENTS), required=True, help="where the release goes")
    parser.add_argument("--type", choices=("standard", "hotfix"), default="standard", dest="kind", help="(%(default)s)")
    parser.add_argument(
        "--commit", default="", metavar="SHA", help="the commit that was asked for; any other is refused (any)"
    )
    parser.add_argument(
        "--only-lock", action="store_true", help="look at the lock alone: the rest was seen earlier in the same run"
    )


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    settings, started = context.settings, context.clock.now()
    settings.require(*NEEDED, "GITHUB_SHA")
    commit = settings["GITHUB_SHA"]
    if arguments.commit and not _COMMIT.fullmatch(arguments.commit):
        raise WrongUsageError(f"{arguments.commit[:100]!r} is no full commit SHA.", "give all of its 40 digits.")
    if arguments.commit not in ("", commit):
        raise FailedError(
            f"Commit {arguments.commit[:12]} was asked for, and the branch is at {commit[:12]} by now.",
            state=STATE,
            following="look at what came in, and give the command again.",
        )
    environment = ENVIRONMENTS[arguments.environment]
    github = GitHub(context.http, settings)
    require_unlocked(github, environment)
    if arguments.only_lock:
        return Done(f"Nothing holds {environment}.", {"environment": environment.name, "commit": commit})
    staging = staging_word(github, settings, environment, commit, arguments.kind)
    if staging.text and not staging.verified:
        context.console.warn(staging.text)
    context.console.output(started=started.isoformat(), staging=staging.text)
    return Done(
        " ".join(part for part in (f"Nothing holds {environment}.", staging.text) if part),
        {
            "environment": environment.name,
            "commit": commit,
            "staging": staging.text,
            "staging_verified": staging.verified,
        },
    )


ADMIT = Command(
    name="admit",
    summary="whether a release may go on: no lock, the commit that was asked for, verified by staging",
    configure=_configure,
    run=_run,
)
