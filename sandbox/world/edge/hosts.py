"""Which service answers under which name."""

import re

from sandbox.world.state import State
from sandbox.world.vercel.project_store import DOMAINS

WEBHOOKS = "webhooks.example.com"
"""The host of the team's own webhooks."""

_SERVICES = (
    ("vercel", re.compile(r"api\.vercel\.com")),
    # Beside the API, what Git clones from and pushes to.
    ("github", re.compile(r"(api\.)?github\.com")),
    # Every site of https://docs.datadoghq.com/getting_started/site/.
    ("datadog", re.compile(r"api\.([a-z0-9-]+\.)?(datadoghq\.com|datadoghq\.eu|ddog-gov\.com)")),
    ("webhooks", re.compile(re.escape(WEBHOOKS))),
    ("slack", re.compile(r"hooks\.slack\.com")),
    # Any name below vercel.app resolves; Vercel answers itself for those that belong to nothing.
    ("site", re.compile(r"([a-z0-9-]+\.)+vercel\.app")),
)


def without_port(host: str) -> str:
    """A Host header's name in lower case, without its port."""
    return host.lower().partition(":")[0]


def service_of(state: State, host: str) -> str | None:
    """The name of the service that answers for a host in lower case; None for one that does not resolve."""
    for service, pattern in _SERVICES:
        if pattern.fullmatch(host):
            return service
    return "site" if host in state.collection(DOMAINS) else None
