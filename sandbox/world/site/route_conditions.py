"""The conditions of a route: its pattern, and its `has` and `missing`.

Source: https://vercel.com/docs/build-output-api/configuration#routes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.cookies import CookieError, SimpleCookie
from typing import Any


class UnsupportedRouteError(Exception):
    """A route needs what the sandbox's site does not do; the message is one sentence."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Visit:
    """What routes look at in a request.

    Attributes:
        method: in capital letters.
        host: without a port.
        path: percent-decoded.
        query: the last value of each parameter.
        headers: names in lower case.
    """

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]


_COMPARISONS: dict[str, Callable[[str, Any], bool]] = {
    "eq": lambda found, wanted: found == str(wanted),
    "neq": lambda found, wanted: found != str(wanted),
    "inc": lambda found, wanted: found in wanted,
    "ninc": lambda found, wanted: found not in wanted,
    "pre": lambda found, wanted: found.startswith(wanted),
    "suf": lambda found, wanted: found.endswith(wanted),
    "re": lambda found, wanted: compiled(wanted, case_sensitive=True).search(found) is not None,
}


@lru_cache(maxsize=2048)
def compiled(source: str, case_sensitive: bool) -> re.Pattern[str]:
    """A route's pattern: JavaScript's, which writes named groups otherwise, and of the whole text where it is a path.

    Raises:
        UnsupportedRouteError: Python cannot read it.
    """
    flags = re.ASCII if case_sensitive else re.ASCII | re.IGNORECASE
    try:
        return re.compile(re.sub(r"\(\?<(?=\w)", "(?P<", source), flags)
    except re.error as error:
        raise UnsupportedRouteError(f"The sandbox's site cannot read the pattern {source}: {error}.") from error


def conditions_match(route: Mapping[str, Any], visit: Visit) -> dict[str, str] | None:
    """What the patterns of a route's conditions captured; None where it does not apply."""
    captured: dict[str, str] = {}
    for condition in route.get("has", []):
        found = _meets(condition, visit)
        if found is None:
            return None
        captured |= found
    if any(_meets(condition, visit) is not None for condition in route.get("missing", [])):
        return None
    return captured


def _meets(condition: Mapping[str, Any], visit: Visit) -> dict[str, str] | None:
    """What the condition's pattern captured where it is met, else None."""
    found = _value(condition, visit)
    wanted = condition.get("value")
    if found is None or (wanted is None and condition["type"] == "host"):
        return None
    if wanted is None:
        return {}
    if isinstance(wanted, Mapping):
        unknown = wanted.keys() - _COMPARISONS.keys()
        if unknown:
            raise UnsupportedRouteError(f"The sandbox's site knows no conditions with {', '.join(sorted(unknown))}.")
        return {} if all(_COMPARISONS[name](found, value) for name, value in wanted.items()) else None
    match = compiled(str(wanted), case_sensitive=True).fullmatch(found)
    return None if match is None else {name: text or "" for name, text in match.groupdict().items()}


def _value(condition: Mapping[str, Any], visit: Visit) -> str | None:
    match condition["type"]:
        case "host":
            return visit.host
        case "header":
            return visit.headers.get(condition["key"].lower())
        case "query":
            return visit.query.get(condition["key"])
        case "cookie":
            return _cookies(visit.headers.get("cookie", "")).get(condition["key"])
        case kind:
            raise UnsupportedRouteError(f"The sandbox's site knows no conditions on {kind}.")


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}
