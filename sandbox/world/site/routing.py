"""Which output a request leads to, by the `routes` of a build's `config.json`.

Vercel describes the routes' properties and the names of the phases, not the order in which it goes through them
(https://vercel.com/docs/build-output-api/configuration#routes). Here it is: the routes before the first `handle`, then
the files and functions, `miss`, `filesystem`, `rewrite`, `resource`, and when nothing was found `error`; `hit` adds
headers to what was found. A route with `check` looks for what its destination names, then goes through `rewrite`, then
on. This is what the routes of Next.js's builder rely on.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sandbox.world.site.route_conditions import UnsupportedRouteError, Visit, compiled, conditions_match

_REFERENCE = re.compile(r"\$(\d+|[A-Za-z_][A-Za-z0-9_]*)")
_SEARCH = ("", "miss", "filesystem", "rewrite", "resource")
"""The phases that look for an output, in their order."""
_REDIRECTS = range(300, 400)
_NOT_DONE = ("middlewarePath", "mitigate", "transforms")


@dataclass(slots=True)
class Routed:
    """Where a request leads.

    Attributes:
        path: the path that is looked for now; when `found`, that of the output.
        query: the request's parameters and those that destinations added.
        found: whether there is an output at that path.
        status: the status that a route asks for; None where none does.
        headers: of the answer, in small letters; an output's own win over them.
        important: those that win over an output's own.
    """

    path: str
    query: dict[str, str]
    found: bool = False
    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    important: dict[str, str] = field(default_factory=dict)

    @property
    def redirects(self) -> bool:
        """Whether the answer is a redirect."""
        return self.status in _REDIRECTS and "location" in self.headers


def find_route(routes: list[dict[str, Any]], visit: Visit, exists: Callable[[str], bool]) -> Routed:
    """Go through the routes.

    Args:
        routes: those of `config.json`.
        visit: the request.
        exists: whether a path leads to a file or a function.

    Returns:
        An output, a redirect, or neither; then `status` is that of the error, 404 where no route says another.

    Raises:
        UnsupportedRouteError: a route that matches needs what the sandbox does not have.
    """
    walk = _Walk(_by_phase(routes), visit, exists)
    walk.go()
    return walk.routed


def _by_phase(routes: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    phases: dict[str, list[dict[str, Any]]] = {}
    phase = ""
    for route in routes:
        if "handle" in route:
            phase = route["handle"]
        else:
            phases.setdefault(phase, []).append(route)
    return phases


class _Walk:
    def __init__(self, phases: Mapping[str, list[dict[str, Any]]], visit: Visit, exists: Callable[[str], bool]) -> None:
        self._phases = phases
        self._visit = visit
        self._exists = exists
        self.routed = Routed(visit.path, dict(visit.query))

    def go(self) -> None:
        if not any(self._settles(phase) for phase in _SEARCH):
            self._fail()
        if self.routed.found:
            self._hit()

    def _settles(self, phase: str) -> bool:
        """Whether a phase ends the search: with an output, or with a route that asks for an answer without one."""
        answered = self._run(phase)
        if self.routed.found or self.routed.redirects:
            return True
        if answered:
            self._fail()
            return True
        return self._look()

    def _run(self, phase: str) -> bool:
        """Follow a phase's routes; whether one asks for an answer by its status alone."""
        for route, groups in self._matching(phase):
            self._apply(route, groups)
            if route.get("check"):
                if self._look() or (phase != "rewrite" and self._rewritten()):
                    return False
            elif not route.get("continue"):
                return "status" in route and "dest" not in route
        return False

    def _rewritten(self) -> bool:
        self._run("rewrite")
        return self.routed.found

    def _fail(self) -> None:
        """Look for the page of an error."""
        routed = self.routed
        status = routed.status or HTTPStatus.NOT_FOUND
        routed.status = status
        for route, groups in self._matching("error"):
            if route.get("status", status) == status:
                self._apply(route, groups)
                self._look()
                return

    def _hit(self) -> None:
        path = self.routed.path
        for route, groups in self._matching("hit"):
            self._apply({**route, "dest": path}, groups)

    def _matching(self, phase: str) -> Iterator[tuple[dict[str, Any], dict[str, str]]]:
        """The routes that match the path as it is when their turn comes, with what their patterns captured."""
        for route in self._phases.get(phase, []):
            match = compiled(route.get("src", ""), route.get("caseSensitive", False)).fullmatch(self.routed.path)
            if match is None or self._visit.method not in route.get("methods", [self._visit.method]):
                continue
            found = conditions_match(route, self._visit)
            if found is not None:
                numbered = {str(number): text or "" for number, text in enumerate([match[0], *match.groups()])}
                yield route, {**numbered, **{name: text or "" for name, text in match.groupdict().items()}, **found}

    def _apply(self, route: dict[str, Any], groups: Mapping[str, str]) -> None:
        routed = self.routed
        for name in _NOT_DONE:
            if name in route:
                raise UnsupportedRouteError(f"The sandbox's site knows no routes with {name}.")
        wanted = routed.important if route.get("important") else routed.headers
        wanted |= {name.lower(): _filled(str(value), groups) for name, value in route.get("headers", {}).items()}
        if "status" in route:
            routed.status = route["status"]
        if "dest" in route:
            destination = _filled(route["dest"], groups)
            if not destination.startswith("/"):
                raise UnsupportedRouteError(f"The sandbox's site leads to no other site: {destination}.")
            routed.path, _, query = destination.partition("?")
            routed.query |= dict(parse_qsl(query, keep_blank_values=True))

    def _look(self) -> bool:
        self.routed.found = self._exists(self.routed.path)
        return self.routed.found


def _filled(text: str, groups: Mapping[str, str]) -> str:
    return _REFERENCE.sub(lambda reference: groups.get(reference[1], ""), text)
