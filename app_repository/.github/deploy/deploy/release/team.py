"""Telling the team. Nobody being reached never changes how a release ends: the log says who was not told."""

from typing import Any

from deploy.clients.github import BOT
from deploy.clients.slack import post_message
from deploy.command import Context
from deploy.http_client import CallFailedError


def tell(context: Context, text: str, **rest: Any) -> bool:
    """Post to Slack, or say in the log that it was not possible.

    Args:
        context: what the command works with.
        text: in Slack's markup, data in it escaped.
        rest: further fields of the message.

    Returns:
        Whether Slack took it.
    """
    if not context.settings.get("SLACK_WEBHOOK"):
        context.console.warn(f"There is no SLACK_WEBHOOK, so the team was not told: {text}")
        return False
    try:
        post_message(context.http, context.settings, text, **rest)
    except CallFailedError as error:
        context.console.warn(f"The team may not have been told, for Slack {error.why}: {text}")
        return False
    return True


def run_link(context: Context) -> str:
    """The address of the GitHub run that this is; empty on a person's machine."""
    settings = context.settings
    if not settings.get("GITHUB_RUN_ID"):
        return ""
    server = settings.get("GITHUB_SERVER_URL", "https://github.com")
    return f"{server}/{settings.get('GITHUB_REPOSITORY')}/actions/runs/{settings.get('GITHUB_RUN_ID')}"


def actor(context: Context) -> str:
    """Who started this: the GitHub login, or the account on a person's machine.

    A run that a comment asked for was started by a workflow's token: then it is who wrote the comment.
    """
    settings = context.settings
    if settings.get("GITHUB_ACTOR") == BOT and settings.get("ASKED_BY"):
        return settings["ASKED_BY"]
    return settings.get("GITHUB_ACTOR") or settings.get("USER", "somebody")
