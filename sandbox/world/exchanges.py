"""The record of what was asked of the world and what it answered: the tests' evidence, and the sandbox's log."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.world.state import State

CREDENTIALS = frozenset({"authorization", "dd-api-key", "dd-application-key", "x-vercel-protection-bypass", "cookie"})
KEPT = 5_000
"""Exchanges kept; the oldest go first."""
LARGEST_BODY = 1_000_000
"""Bytes of a body that are kept: uploads of built files are not evidence of anything."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Exchange:
    """One request and its answer. Headers that carry credentials are replaced by `[redacted]`."""

    service: str
    method: str
    path: str
    """With the query string, as it was sent."""
    request_headers: Mapping[str, str]
    request_body: bytes
    status: int
    """0 when no answer was sent (a timeout or a reset)."""
    response_headers: Mapping[str, str]
    response_body: bytes
    injected: bool
    """Whether the answer is an injected fault."""
    known: bool
    """False when the service knows no such route (501), and when no host of that name is known."""
    host: str = ""
    """The Host header in lower case, without its port."""


observers: list[Callable[[Exchange], None]] = []
"""Called with each exchange of this process as it is recorded: the tests hold it to the services' documents."""


def record(state: State, exchange: Exchange) -> None:
    """Append an exchange, and show it to the observers."""
    for observe in observers:
        observe(exchange)
    document: dict[str, Any] = asdict(exchange)
    document["request_headers"] = _redacted(exchange.request_headers)
    for name in ("request_body", "response_body"):
        document[name] = base64.b64encode(getattr(exchange, name)[:LARGEST_BODY]).decode()
    exchanges = state.collection("exchanges")
    key = exchanges.add(document)
    if int(key) % 500 == 0:
        for old in list(exchanges)[:-KEPT]:
            del exchanges[old]


def since(state: State, key: int = 0) -> list[tuple[int, Exchange]]:
    """The exchanges recorded after the one of that key, oldest first, each with its key."""
    exchanges = state.collection("exchanges")
    return [(int(name), _exchange(exchanges[name])) for name in exchanges if int(name) > key]


def _redacted(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: "[redacted]" if name in CREDENTIALS else value for name, value in headers.items()}


def _exchange(document: dict[str, Any]) -> Exchange:
    for name in ("request_body", "response_body"):
        document[name] = base64.b64decode(document[name])
    return Exchange(**document)
