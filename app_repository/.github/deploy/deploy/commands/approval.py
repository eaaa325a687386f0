"""`deploy approval`: who approved this run, read back from GitHub.

GitHub creates an environment that it does not know and asks nobody for it. So that a missing environment is not taken
for an approval, the answer is looked up before anything goes on.
"""

import argparse

from deploy.clients.github import NEEDED, GitHub, approvers
from deploy.command import Command, Context, Done
from deploy.errors import FailedError
from deploy.http_client import CallFailedError
from deploy.release.team import actor


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--environment", required=True, metavar="NAME", help="the environment whose reviewers are asked"
    )


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    settings = context.settings
    settings.require(*NEEDED, "GITHUB_RUN_ID")
    try:
        logins = approvers(GitHub(context.http, settings), settings["GITHUB_RUN_ID"], arguments.environment)
    except CallFailedError as error:
        raise FailedError(
            f"GitHub does not say who approved: it {error.why}.",
            state="Nothing was promoted.",
            following="re-run the failed job.",
        ) from error
    # GitHub keeps whoever started a run from approving it; it does not know who asked for it in a comment.
    asked = actor(context) if settings.get("PREVENT_SELF_REVIEW") == "true" else ""
    others = [login for login in logins if login.lower() != asked.lower()]
    if logins and not others:
        raise FailedError(
            f"Only {asked} approved this run, who asked for it.",
            state="Nothing was promoted.",
            following="let somebody else approve: start the release again.",
        )
    if not logins:
        raise FailedError(
            f"Nobody approved this run for {arguments.environment}: nobody was asked, or they refused.",
            state="Nothing was promoted.",
            following="`pulumi up` of the stack declares its reviewers; then start the release again.",
        )
    return Done(f"Approved by {', '.join(others)}.", {"approvers": others})


APPROVAL = Command(
    name="approval", summary="read back who approved this run; nobody is a failure", configure=_configure, run=_run
)
