"""When a standard release may start: days, hours and a zone, without the frozen days.

`Mon-Fri 09:00-17:00 UTC`: from nine until five, 17:00 itself being outside. Days are single ones or ranges, with commas
(`Mon-Thu,Sat`), and may wrap (`Sat-Mon`). Hours that end before they begin go over midnight, and belong to the day on
which they begin; hours that begin and end at the same time are the whole day. Clock times are those of the zone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
EXAMPLE = "Mon-Fri 09:00-17:00 UTC"
LONGEST_SEARCH = timedelta(days=3 * 366)
"""How far ahead the next opening is looked for."""

_DAY = f"(?:{'|'.join(WEEK)})"
_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d"
_WINDOW = re.compile(rf"({_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*) ({_TIME})-({_TIME}) (\S+)")


@dataclass(frozen=True, slots=True)
class Freeze:
    """Days on which no standard release starts, both included."""

    first: date
    last: date

    @classmethod
    def parse(cls, text: str) -> "Freeze":
        """A day, `2026-12-25`, or the first and the last one, `2026-12-24/2027-01-02`.

        Raises:
            ValueError: when it is neither, or the last comes before the first.
        """
        first, _, last = text.strip().partition("/")
        try:
            freeze = cls(date.fromisoformat(first), date.fromisoformat(last or first))
        except ValueError:
            raise ValueError(f"{text!r} is neither a day nor FIRST/LAST, such as 2026-12-24/2027-01-02") from None
        if freeze.last < freeze.first:
            raise ValueError(f"{text!r} ends before it begins")
        return freeze

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return f"{self.first}" if self.first == self.last else f"{self.first}/{self.last}"


@dataclass(frozen=True, slots=True)
class Window:
    """The hours of a week in which a standard release may start."""

    days: frozenset[int]
    """0 is Monday."""
    opens: time
    closes: time
    zone: ZoneInfo
    text: str

    @classmethod
    def parse(cls, text: str) -> "Window":
        """A window as it is written in the stack's configuration.

        Raises:
            ValueError: when it cannot be meant, with the reason.
        """
        match = _WINDOW.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} does not look like {EXAMPLE!r}")
        days, opens, closes, zone = match.groups()
        try:
            known = ZoneInfo(zone)
        # A name with a slash at its start or `..` in it is no key, one of a folder is no file.
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{zone!r} is no IANA time zone that this machine knows") from None
        return cls(_days(days), time.fromisoformat(opens), time.fromisoformat(closes), known, text.strip())

    def freeze_at(self, moment: datetime, freezes: Sequence[Freeze]) -> Freeze | None:
        """The freeze that a moment falls into, by the window's calendar."""
        today = moment.astimezone(self.zone).date()
        return next((freeze for freeze in freezes if today in freeze), None)

    def contains(self, moment: datetime, freezes: Sequence[Freeze] = ()) -> bool:
        """Whether a standard release may start at a moment (with a zone)."""
        if self.freeze_at(moment, freezes) is not None:
            return False
        local = moment.astimezone(self.zone)
        today, clock = local.weekday(), local.time().replace(fold=0)
        if self.opens < self.closes:
            return today in self.days and self.opens <= clock < self.closes
        # Over midnight: the early hours are those of the day before.
        return (today in self.days and clock >= self.opens) or ((today - 1) % 7 in self.days and clock < self.closes)

    def next_opening(self, moment: datetime, freezes: Sequence[Freeze] = ()) -> datetime | None:
        """The next whole minute at which a standard release may start, in UTC; None where there is none for years."""
        # Minute by minute, so that no change of the zone's clocks is overlooked; frozen days are passed over at once.
        candidate = moment.astimezone(UTC).replace(second=0, microsecond=0)
        limit = candidate + LONGEST_SEARCH
        while candidate < limit:
            candidate += timedelta(minutes=1)
            freeze = self.freeze_at(candidate, freezes)
            if freeze is not None:
                thawed = datetime.combine(freeze.last + timedelta(days=1), time.min, self.zone)
                candidate = max(candidate, thawed.astimezone(UTC) - timedelta(minutes=1))
            elif self.contains(candidate):
                return candidate
        return None


def opening(opens: datetime | None) -> str:
    """The next opening in words, to follow `it` or the window; None is never."""
    return f"opens at {opens:%a %Y-%m-%d %H:%M} UTC" if opens else "never opens"


def _days(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        begin, end = WEEK.index(first), WEEK.index(last or first)
        days |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return frozenset(days)
