"""Parts of lists, as Datadog's list calls take them: by page, or by the place of the first entry."""

from collections.abc import Sequence
from typing import TypeVar

from sandbox.world.datadog.errors import error
from sandbox.world.service import Request

PAGE = 100
"""Entries of a page, where the call does not say."""
_MOST = 1000
_Entry = TypeVar("_Entry")


def page_of(request: Request, entries: Sequence[_Entry], *, number: str, size: str) -> list[_Entry]:
    """One page, counted from 0; `number` and `size` are the names of the query's parameters."""
    length = _asked(request, size, PAGE)
    if not 1 <= length <= _MOST:
        raise error(400, f"{size} must be between 1 and {_MOST}")
    first = _asked(request, number, 0) * length
    return list(entries[first : first + length])


def slice_of(request: Request, entries: Sequence[_Entry], *, start: str, size: str, most: int) -> list[_Entry]:
    """The entries from `start` on, `most` of them where the call does not say how many."""
    first = _asked(request, start, 0)
    return list(entries[first : first + _asked(request, size, most)])


def _asked(request: Request, name: str, default: int) -> int:
    given = request.query.get(name, str(default))
    if not given.isdecimal():
        raise error(400, f"{name} must be a number that is not negative")
    return int(given)
