"""How a service is written: routes, requests, responses and errors, free of the server that carries them."""

import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.world.state import State


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """One request to a service, read whole."""

    method: str
    path: str
    """Without query string, and without a prefix that the service strips (`/api/v3` of GitHub Enterprise Server)."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    base_url: str
    """Where the client reached this service, `http://127.0.0.1:PORT`, to build links from."""
    state: State
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the route's `{placeholders}` matched, percent-decoded."""
    identity: Mapping[str, Any] = field(default_factory=dict)
    """Who the service's `authenticate` says this is."""

    def json(self) -> Any:
        """The body as JSON; a body that is not JSON is answered 400."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise ServiceError(400, {"message": "Problems parsing JSON"}) from error


@dataclass(frozen=True, slots=True)
class Response:
    """What a handler answers: `body` is sent as JSON unless it is bytes; None sends no body (204)."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


class ServiceError(Exception):
    """Ends a request with an error in the service's own shape."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.response = Response(status, body, headers or {})


Handler = Callable[[Request], Response | Awaitable[Response]]
"""What answers a route's requests: at once, or where it has to wait for somebody else, without holding up the world."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path template of a service."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    authenticated: bool


class Routes:
    """The routes of one subject of a service, declared where their handlers stand."""

    def __init__(self) -> None:
        self.routes: list[Route] = []

    def add(self, method: str, template: str, *, authenticated: bool = True) -> Callable[[Handler], Handler]:
        """Declare a handler. `{name}` matches one path segment; `{name:path}` matches across slashes."""
        pattern = re.compile(re.sub(r"\\{(\w+)(:path)?\\}", _group, re.escape(template)))

        def declare(handler: Handler) -> Handler:
            self.routes.append(Route(method, template, pattern, handler, authenticated))
            return handler

        return declare


def _group(match: re.Match[str]) -> str:
    return f"(?P<{match[1]}>{'.+' if match[2] else '[^/]+'})"


@dataclass(frozen=True, kw_only=True, slots=True)
class Service:
    """A service: its routes by subject, and what all its requests have in common."""

    name: str
    subjects: tuple[Routes, ...]
    authenticate: Callable[[Request], Mapping[str, Any]]
    """Say who asks, or raise the service's own 401."""
    error_body: Callable[[int, str], Any] = lambda _status, message: {"message": message}
    """An error in the service's own shape, for failures that no handler answers."""
    strip_prefix: str = ""
    """A path prefix that clients of a self-hosted installation add."""

    def find(self, method: str, path: str) -> tuple[Route, Mapping[str, str]] | None:
        """The route of a still percent-encoded path, and its raw parameters.

        Segment by segment from the left, a literal wins over a placeholder, and that over one that spans slashes.
        """
        matches = [
            (route, match.groupdict())
            for subject in self.subjects
            for route in subject.routes
            if route.method == method and (match := route.pattern.fullmatch(path))
        ]
        return min(matches, key=lambda found: _specificity(found[0].template), default=None)


def _specificity(template: str) -> tuple[int, ...]:
    """What templates that match the same path are compared by; the end comes after all else, so the longer one wins."""
    ranks = [2 if ":path}" in segment else 1 if "{" in segment else 0 for segment in template.split("/")]
    return (*ranks, 3)
