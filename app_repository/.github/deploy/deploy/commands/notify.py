"""`deploy notify`: the team hears in Slack how a release ended."""

import argparse
import json
from collections.abc import Mapping

from deploy.clients.slack import CHANNEL, escape, post_message
from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError
from deploy.http_client import CallFailedError
from deploy.release.team import actor, run_link

ENDED_BADLY = ("failure", "cancelled")
RESULTS = ("success", "skipped", *ENDED_BADLY)
"""What GitHub says of a job in `needs.<job_id>.result`
(https://docs.github.com/actions/reference/workflows-and-actions/contexts#needs-context)."""
ADMISSION = "admission"
"""The job that lets a release start: within the window, on what is not locked, with what staging has verified. Where it
alone ended badly, nothing is wrong."""


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
    ended = [name for name, result in _results(arguments.jobs).items() if result in ENDED_BADLY]
    environment = settings["ENVIRONMENT"].title()
    subject = f"{environment} deployment" if arguments.release_type == "standard" else f"{environment} hotfix"
    said = [
        f"Reason: {escape(' '.join(arguments.reason.split()))}" if arguments.reason.strip() else "",
        f"By {escape(actor(context))}.",
        run_link(context),
    ]
    if ended == [ADMISSION]:
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


def _results(text: str) -> Mapping[str, str]:
    """The result of each job by its name."""
    wrong = WrongUsageError("--jobs is not what GitHub calls `needs`.", "pass ${{ toJSON(needs) }}.")
    try:
        results = {name: job["result"] for name, job in json.loads(text).items()}
    except (ValueError, AttributeError, TypeError, KeyError):
        raise wrong from None
    if any(result not in RESULTS for result in results.values()):
        raise wrong
    return results


NOTIFY = Command(name="notify", summary="tell the team in Slack how a release ended", configure=_configure, run=_run)
