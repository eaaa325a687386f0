"""How far long work has come: done, rate, time left. A line every few seconds, which a terminal and a log both show."""

from dataclasses import dataclass, field

from deploy.clock import Clock
from deploy.console import Console

EVERY = 5.0


@dataclass(slots=True)
class Progress:
    """Tells it, not more often than every `EVERY` seconds.

    Attributes:
        clock: says when.
        console: where it is told.
        what: whose progress.
        unit: what is counted.
    """

    clock: Clock
    console: Console
    what: str
    unit: str
    _first: tuple[float, int] | None = field(default=None, init=False)
    _told: float = field(default=0.0, init=False)

    def show(self, done: int, total: int, phase: str = "") -> None:
        """So many of so many are done; a total of 0 is unknown."""
        now = self.clock.monotonic()
        if self._first is None:
            self._first, self._told = (now, done), now
        elif now - self._told >= EVERY:
            self._told = now
            self.console.log(f"{self.what}: {phase}{': ' if phase else ''}{self._text(now, done, total)}")

    def _text(self, now: float, done: int, total: int) -> str:
        began, at_first = self._first or (now, done)
        rate = (done - at_first) / (now - began) if now > began else 0.0
        share = (
            f"{done:,} of {total:,} {self.unit} ({min(1.0, done / total):.0%})" if total else f"{done:,} {self.unit}"
        )
        left = f", {(total - done) / rate:.0f} s left" if rate > 0 and total > done else ""
        return f"{share}, {rate:,.0f} a second{left}"
