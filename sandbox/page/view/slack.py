"""What the team's channel shows."""

import html
import re
from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.page.snapshot import Snapshot
from sandbox.page.stacks import Stack
from sandbox.page.view.entry import Entry, Outcome
from sandbox.world.state import Document

EMOJI = {
    "rocket": "🚀",
    "fire": "🔥",
    "hourglass": "⏳",
    "rotating_light": "🚨",
    "leftwards_arrow_with_hook": "↩️",
    "warning": "⚠️",
    "white_check_mark": "✅",
}
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|([^>]+))?>")
_BAD = (":fire:", ":rotating_light:")


def slack_entries(snapshot: Snapshot, stacks: Sequence[Stack]) -> Iterator[Entry]:
    """The messages that bear a time."""
    for number, message in snapshot.all("slack.messages").items():
        if "ts" not in message:
            continue
        said = message_text(message)
        first, _, rest = said.partition("\n")
        yield Entry(
            key=f"slack {number}",
            at=int(float(message["ts"]) * 1000),
            kind="slack",
            environment=_environment(said, stacks),
            title=f"#{message['channel']}: {first}",
            text=rest.strip(),
            outcome=_outcome(message),
        )


def plain_mrkdwn(text: str) -> str:
    """A text in Slack's markup (https://docs.slack.dev/messaging/formatting-message-text) as people see it."""
    shown = _LINK.sub(
        lambda link: link[2] or link[1], text.replace("<!channel>", "@channel").replace("<!here>", "@here")
    )
    return html.unescape(_EMOJI.sub(lambda named: EMOJI.get(named[1], named[0]), shown))


def message_text(message: Document) -> str:
    """All that a message says, a line for each part."""
    parts = [message.get("text") or ""]
    for attachment in message.get("attachments") or []:
        parts += [attachment.get("title") or "", attachment.get("text") or attachment.get("fallback") or ""]
        parts += [_field(field) for field in attachment.get("fields") or []]
    return plain_mrkdwn("\n".join(part for part in parts if part))


def _field(field: dict[str, Any]) -> str:
    return ": ".join(str(field[name]) for name in ("title", "value") if field.get(name))


def _outcome(message: Document) -> Outcome:
    text = message.get("text") or ""
    if any(sign in text for sign in _BAD):
        return "failure"
    return "success" if ":rocket:" in text else "info"


def _environment(said: str, stacks: Sequence[Stack]) -> str:
    """The environment that a message begins with, or speaks of."""
    words = re.findall(r"[a-z]+", said.lower())
    return next((word for word in words if any(word == stack.name for stack in stacks)), "")
