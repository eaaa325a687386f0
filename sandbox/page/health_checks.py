"""What the newest health check of each site was answered, as the world's record has it."""

import re
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.world.site.browsers import real_name
from sandbox.world.state import State
from sandbox.world.vercel.outcomes import HEALTH

_MOMENT = re.compile(r"-(\d{13})$")
"""Vercel's request ID ends with the time in milliseconds: the record itself bears none."""


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One visit of a site's health address."""

    status: int
    """0 when it was not answered."""
    at: int | None
    """Milliseconds since 1970; None where nobody knows."""


class HealthChecks:
    """Reads the record from where it was read last: it is long."""

    def __init__(self) -> None:
        self._last = 0
        self._newest: dict[str, HealthCheck] = {}
        self._reading = threading.Lock()

    def newest(self, state: State) -> dict[str, HealthCheck]:
        """The newest check by host."""
        with self._reading:
            exchanges = state.collection("exchanges")
            for key in [key for key in exchanges if int(key) > self._last]:
                exchange = exchanges.get(key)
                self._last = int(key)
                if exchange is None or exchange["service"] != "site":
                    continue
                if re.search(HEALTH, urlsplit(exchange["path"]).path):
                    moment = _MOMENT.search(exchange["response_headers"].get("X-Vercel-Id", ""))
                    check = HealthCheck(exchange["status"], int(moment[1]) if moment else None)
                    self._newest[real_name(exchange["host"])] = check
            return dict(self._newest)
