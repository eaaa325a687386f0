"""Datadog's event search as far as the monitors use it.

Terms `name:value`, `-name:value` and `name:(a OR b)`, all of which have to hold. Source: https://docs.datadoghq.com/events/explorer/searching/.
"""

import re
from collections.abc import Sequence

_TERM = re.compile(r"(?P<not>-?)(?P<name>[a-z_]+):(?:\((?P<any>[^()]*)\)|(?P<value>[^\s()]+))(?:\s+|$)")


class UnreadableSearchError(ValueError):
    """A search uses what is not read here."""


def matches(search: str, tags: Sequence[str]) -> bool:
    """Whether an event with these tags is found. Datadog keeps tags in lower case.

    Raises:
        UnreadableSearchError: when the search has another form.
    """
    held = {tag.lower() for tag in tags}
    place = 0
    found = True
    while place < len(search):
        term = _TERM.match(search, place)
        if term is None:
            raise UnreadableSearchError(f"{search[place:]!r} of {search!r} is not read here")
        values = term["any"].split(" OR ") if term["any"] is not None else [term["value"]]
        if not all(re.fullmatch(r"[\w.-]+", value) for value in values):
            raise UnreadableSearchError(f"{term[0]!r} has another form")
        has = any(f"{term['name']}:{value}".lower() in held for value in values)
        found = found and has != bool(term["not"])
        place = term.end()
    return found
