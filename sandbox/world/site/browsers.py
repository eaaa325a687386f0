"""Sites in a person's browser: `http://NAME.localhost:PORT` is the site NAME, on the service's own port.

Browsers take every name below `.localhost` for this machine, and ask nobody about it (RFC 6761, 6.3).
"""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit

from sandbox.world.edge.hosts import service_of, without_port
from sandbox.world.service import Request
from sandbox.world.state import State

_BELOW = ".localhost"


def address_of(host: str, service: str) -> str:
    """Where a browser on this machine opens a site.

    Args:
        host: the site's real name.
        service: the address of the site service.
    """
    return f"http://{host}{_BELOW}:{urlsplit(service).port}/"


def real_name(host: str) -> str:
    """The name of the site that a host means; in lower case, without a port."""
    return without_port(host).removesuffix(_BELOW)


def under_real_name(request: Request) -> Request:
    """The request as it comes to the site's real name: the site knows no other."""
    host = request.headers.get("host", "")
    if not without_port(host).endswith(_BELOW):
        return request
    return replace(request, headers={**request.headers, "host": real_name(host)})


def kept_here(request: Request, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers of an answer: a redirect to a site leads a browser that came by such a name to another such name.

    One to anywhere else, where a person logs in perhaps, stays as it is.
    """
    host = request.headers.get("host", "")
    if not without_port(host).endswith(_BELOW):
        return dict(headers)
    return {
        name: _here(request.state, value, host) if name.lower() == "location" else value
        for name, value in headers.items()
    }


def _here(state: State, location: str, host: str) -> str:
    try:
        target = urlsplit(location)
    except ValueError:
        return location
    # Without a scheme it is the one of the page; without a host it leads to the same site.
    if target.scheme not in ("http", "https", "") or not target.hostname:
        return location
    site = target.hostname.removesuffix(_BELOW)
    if service_of(state, site) != "site":
        return location
    port = host.partition(":")[2]
    name = f"{site}{_BELOW}"
    return target._replace(scheme="http", netloc=f"{name}:{port}" if port else name).geturl()
