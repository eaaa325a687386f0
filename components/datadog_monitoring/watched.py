"""What everything that watches one environment has in common, and how urgent a severity is there."""

from collections.abc import Sequence
from dataclasses import dataclass

from components.datadog_monitoring.message import LEAST_PAGED, Links, Recipients

_RENOTIFY_MINUTES = 60
_MOST_URGENT_ELSEWHERE = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Watched:
    """One environment, as its monitors and tests show it."""

    title: str
    """Service and environment, as every name begins."""
    tags: Sequence[str]
    links: Links
    recipients: Recipients
    production: bool

    def priority(self, severity: int) -> int:
        """Datadog's priority, 1 to 5: nothing outside production is urgent."""
        return severity if self.production else max(severity, _MOST_URGENT_ELSEWHERE)

    def renotify_minutes(self, severity: int) -> int | None:
        """How often it is said again until somebody has looked; None for what pages nobody."""
        return _RENOTIFY_MINUTES if self.recipients.page and severity <= LEAST_PAGED else None
