"""`deploy window`: whether a release may start now. A hotfix and a rollback may at any hour, which is recorded."""

import argparse

from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.moments import moment_of
from deploy.release.declared_window import freezes_of, window_of
from deploy.release.deploy_window import EXAMPLE, opening
from deploy.release.team import actor

TYPES = ("standard", "hotfix", "rollback")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--type", choices=TYPES, default="standard", dest="release_type", help="(%(default)s)")
    parser.add_argument(
        "--now", default="", metavar="ISO8601", help="the moment to judge, such as 2026-01-31T12:00:00Z (now)"
    )
    parser.add_argument("--window", help=f"such as {EXAMPLE!r} (DEPLOY_WINDOW)")
    parser.add_argument(
        "--freeze",
        action="append",
        metavar="DAY[/DAY]",
        help="days on which nothing starts, such as 2026-12-24/2027-01-02; may be repeated (DEPLOY_FREEZES)",
    )
    parser.add_argument("--reason", default="", help="why; a hotfix or a rollback needs one")


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    window = window_of(context.settings, arguments.window)
    freezes = freezes_of(context.settings, arguments.freeze)
    moment = moment_of("--now", arguments.now) or context.clock.now()
    inside = window.contains(moment, freezes)
    opens = None if inside else window.next_opening(moment, freezes)
    freeze = window.freeze_at(moment, freezes)
    said = f"{moment.astimezone(window.zone):%a %Y-%m-%d %H:%M %Z}"
    where = f"inside the window {window.text}" if inside else f"outside the window {window.text}"
    if freeze is not None:
        where = f"in the freeze {freeze}"
    data = {
        "type": arguments.release_type,
        "inside": inside,
        "now": moment.isoformat(),
        "window": window.text,
        "opens": opens.isoformat() if opens else None,
    }
    if arguments.release_type != "standard":
        reason = " ".join(arguments.reason.split())
        if not reason:
            raise WrongUsageError(
                f"A {arguments.release_type} passes the deployment window, so it needs a reason.", "give one: --reason."
            )
        who = actor(context)
        message = f"{arguments.release_type.title()} at any hour, by {who}: {reason}. {said} is {where}."
        return Done(message, {**data, "override": not inside, "by": who, "reason": reason})
    if inside:
        return Done(f"{said} is {where}.", data)
    raise FailedError(
        f"{said} is {where}. It {opening(opens)}.",
        state="Nothing was released.",
        following="start it again then; only a hotfix or a rollback may start at any hour.",
    )


WINDOW = Command(
    name="window", summary="whether a release may start now, and when it may next", configure=_configure, run=_run
)
