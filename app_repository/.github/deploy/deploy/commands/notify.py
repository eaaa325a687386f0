"""`deploy notify`: the team hears in Slack how a release ended."""

import argparse

from deploy.clients.slack import CHANNEL, escape, post_message
from deploy.command import Command, Context, Done
from deploy.errors import FailedError
from deploy.http_client import CallFailedError
from deploy.release import jobs
from deploy.release.team import actor, run_link


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--jobs", required=True, metavar="JSON", help="GitHub's `needs`: how each job of the release ended"
    )
    parser.add_argument("--state", default="", help="what serves now, as `settle` says it")
    parser.add_argument("--type", default="standard", dest="release_type", help="standard or hotfix")
    parser.add_argument("--reason", default="", help="why, where somebody said so")


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    settings = context.settings
    settings.require("SLACK_WEBHOOK", "ENVIRONMENT", "DOMAIN")
    release = jobs.parse(arguments.jobs)
    ended = release.ended_badly
    environment = settings["ENVIRONMENT"].title()
    subject = f"{environment} deployment" if arguments.release_type == "standard" else f"{environment} hotfix"
    said = [
        f"Reason: {escape(' '.join(arguments.reason.split()))}" if arguments.reason.strip() else "",
        f"By {escape(actor(context))}.",
        run_link(context),
    ]
    if release.did_not_start:
        why = "outside the window, locked, or not what staging has verified; the run says which"
        parts = [f":hourglass: {subject} did not start: {why}.", *said]
    elif ended:
        state = escape(arguments.state or "Nobody has looked at what serves: `python3 -m deploy settle` does.")
        parts = [f":fire: {subject} failed ({escape(', '.join(ended))})! {CHANNEL}", state, *said]
    else:
        parts = [f":rocket: {subject} successful: https://{settings['DOMAIN']}", *said]
    try:
        post_message(context.http, settings, " ".join(part for part in parts if part))
    except CallFailedError as error:
        raise FailedError(
            f"The team was not told, or nobody knows: Slack {error.why}.",
            state="What serves is not touched by that.",
            following="tell them yourself.",
        ) from error
    return Done("The team was told.", {"outcome": "failure" if ended else "success", "failed": ended})


NOTIFY = Command(name="notify", summary="tell the team in Slack how a release ended", configure=_configure, run=_run)
