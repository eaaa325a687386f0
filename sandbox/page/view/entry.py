"""One line of the timeline, and how the services' times and words become its own."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

Outcome = Literal["success", "failure", "waiting", "running", "info"]
"""How it ended: `info` for what neither succeeds nor fails."""

KINDS = {
    "push": "push",
    "run": "workflow run",
    "check": "check",
    "deployment": "deployment",
    "traffic": "traffic",
    "comment": "comment",
    "slack": "Slack",
    "datadog": "Datadog event",
    "monitor": "monitor",
    "database": "database",
}
"""The kinds of entries, by what people call them. Of what happened at the same moment the later ones come later."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Something that happened."""

    key: str
    """The same each time the entry is made, and no other's."""
    at: int
    """Milliseconds since 1970."""
    kind: str
    """One of `KINDS`."""
    title: str
    environment: str = ""
    text: str = ""
    outcome: Outcome = "info"
    link: str = ""
    """A path of the page's own."""
    number: int = 0
    """The higher, the newer, among those of a kind at the same moment: many services tell seconds."""


def milliseconds(written: str) -> int:
    """A moment in ISO 8601, as milliseconds since 1970; one without an offset is in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(written)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def ended(conclusion: str | None) -> Outcome:
    """What one of GitHub's conclusions means to people; None is for what has not ended."""
    if conclusion is None:
        return "running"
    if conclusion == "success":
        return "success"
    return "info" if conclusion in ("skipped", "neutral", "cancelled") else "failure"
