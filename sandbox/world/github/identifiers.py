"""How GitHub names things: numbers, node IDs, timestamps, and links in the manner of a self-hosted installation."""

import base64
import threading
from datetime import UTC, datetime

from sandbox.world.service import Request
from sandbox.world.state import State

GITHUB = "https://github.com"
_COUNTING = threading.Lock()
"""Held while a number is given away: runs that end give some from other threads than the server's."""


def next_number(state: State) -> int:
    """A number that this world has given to nothing else, and never gives again."""
    counters = state.collection("github.counters")
    with _COUNTING:
        number = counters.get("numbers", {"next": 1001})["next"]
        counters["numbers"] = {"next": number + 1}
    return number


def own_request(state: State) -> Request:
    """What the world shows things by when nobody asks, in the payloads of events: with links to GitHub itself."""
    return Request(method="GET", path="/", query={}, headers={}, body=b"", base_url=GITHUB, state=state)


def node_id(kind: str, number: int | str) -> str:
    """The GraphQL node ID that REST answers carry: opaque to clients, stable for one object."""
    return base64.b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def timestamp(moment: datetime | None = None) -> str:
    """A moment (now, by default) as GitHub writes it: UTC, whole seconds, `Z`."""
    return (moment or datetime.now(UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def api_url(request: Request, path: str) -> str:
    """A link to the API at `path`. Always with `/api/v3`: the service strips it, whichever way the client came."""
    return f"https://api.github.com{path}" if request.base_url == GITHUB else f"{request.base_url}/api/v3{path}"


def html_url(request: Request, path: str) -> str:
    """A link to the page that a person would open; the API has a name of its own only at github.com."""
    return f"{request.base_url.replace('//api.github.com', '//github.com')}{path}"
