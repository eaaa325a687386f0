"""Whether an address answers as healthy, with the version that is meant to serve there.

The app answers `GET /api/health` with 200 and `{"status": "ok", "version": "…"}`, where the version is the
`NEXT_PUBLIC_VERSION` that it was built with. An old deployment that answers 200 is not the new one being healthy.
"""

from dataclasses import dataclass, field

from deploy.clock import Clock
from deploy.console import Console
from deploy.http_client import Call, CallFailedError, HttpClient, Reply

PATH = "/api/health"
HEALTHY = "ok"
FIRST_PAUSE = 1.0
"""Seconds between the first two tries; doubled after each failure."""
OK = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How often is asked, and what is enough.

    Attributes:
        tries: how often at most.
        longest_pause: seconds between two tries, at most.
        successes: how many healthy answers in a row are enough.
    """

    tries: int = 10
    longest_pause: float = 30.0
    successes: int = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Health:
    """What came of it.

    Attributes:
        healthy: whether there were enough healthy answers in a row.
        tries: how often was asked.
        fault: what was wrong with the last answer that was not healthy; empty where all were.
        faults: each such fault, in order.
    """

    healthy: bool
    tries: int
    faults: list[str] = field(default_factory=list)

    @property
    def fault(self) -> str:
        """The last thing that was wrong; empty where nothing was."""
        return self.faults[-1] if self.faults else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class HealthCheck:
    """Asks an address until it is healthy, or the tries are used up.

    Attributes:
        http: makes the calls.
        clock: what pauses between them.
        console: where each try is told.
        patience: how often, and what is enough.
    """

    http: HttpClient
    clock: Clock
    console: Console
    patience: Patience

    def run(self, url: str, *, version: str, bypass: str = "") -> Health:
        """Ask until enough healthy answers came in a row.

        Args:
            url: the site's address, without a path.
            version: what it has to answer as its version; empty takes any.
            bypass: the secret that opens a protected deployment; sent to this address alone.

        Returns:
            What came of it. It never raises for what the site does.
        """
        row = 0
        pause = FIRST_PAUSE
        faults: list[str] = []
        for number in range(1, self.patience.tries + 1):
            fault = self._fault(url, version, bypass)
            row = 0 if fault else row + 1
            if fault:
                faults.append(fault)
            said = fault or f"healthy, {row} of {self.patience.successes} in a row"
            self.console.log(f"Health of {url}: {said} (try {number} of {self.patience.tries})")
            if row == self.patience.successes:
                return Health(healthy=True, tries=number, faults=faults)
            if number < self.patience.tries:
                self.clock.sleep(min(pause if fault else FIRST_PAUSE, self.patience.longest_pause))
                pause = pause * 2 if fault else FIRST_PAUSE
        return Health(healthy=False, tries=self.patience.tries, faults=faults)

    def _fault(self, url: str, version: str, bypass: str) -> str:
        call = Call(
            name="Health check",
            url=f"{url.rstrip('/')}{PATH}",
            headers={
                "cache-control": "no-cache",
                **({"x-vercel-protection-bypass": bypass} if bypass else {}),
            },
        )
        try:
            return _fault_of(self.http.probe(call), version)
        except CallFailedError as error:
            return error.why


def _fault_of(reply: Reply, version: str) -> str:
    """What is wrong with an answer; empty where nothing is."""
    if reply.status != OK:
        return f"it answers {reply.status}, not {OK}"
    try:
        body = reply.json()
    except (ValueError, RecursionError):
        return "its answer is not JSON"
    if not isinstance(body, dict):
        return "its answer is no JSON object"
    if body.get("status") != HEALTHY:
        return f"its status is {str(body.get('status'))[:100]!r}, not {HEALTHY!r}"
    if version and body.get("version") != version:
        return f"its version is {str(body.get('version'))[:100]!r}, not {version!r}: another deployment answers"
    return ""
