"""Slack's incoming webhook (https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks)."""

from collections.abc import Mapping
from typing import Any

from deploy.http_client import Call, HttpClient
from deploy.settings import Settings

CHANNEL = "<!channel>"
"""Notifies everybody in the channel."""


def escape(text: str) -> str:
    """Text that Slack shows as it is: no mention, no link (https://docs.slack.dev/messaging/formatting-message-text)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def post_message(http: HttpClient, settings: Settings, text: str, **rest: Any) -> None:
    """Post to the team's channel.

    Args:
        http: makes the call.
        settings: must have `SLACK_WEBHOOK`.
        text: in Slack's markup, data in it escaped.
        rest: further fields of the message, such as `attachments`.

    Raises:
        CallFailedError: when Slack did not take it, or did not say so. It is not sent again where it may have arrived.
    """
    body: Mapping[str, Any] = {"text": text, **rest}
    http.send(
        Call(
            name="Slack: message",
            url=settings["SLACK_WEBHOOK"],
            method="POST",
            body=body,
            repeatable=False,
            secret_url=True,
        )
    )
