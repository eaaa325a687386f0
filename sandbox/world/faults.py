"""Failures on demand: the next N calls of a kind are answered wrongly, late, in part or never, or are cut off."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sandbox.world.state import State

KINDS = ("status", "timeout", "reset", "broken", "slow", "refused")
SERVICES = ("github", "vercel", "datadog", "slack", "webhooks", "site")
"""The services that faults reach: all but `control`, which is the sandbox's own door."""
_STATUSES = range(200, 600)


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One failure to inject.

    Attributes:
        service: one of `SERVICES`, or `*`.
        host: a regular expression searched in the Host header, which is in lower case and without its port.
        method: an HTTP method, or `*`.
        path: a regular expression searched in the path.
        times: how many matching calls fail before the fault is used up.
        kind: `status` answers `status`; `timeout` never answers; `reset` drops the connection. `broken` and `slow` do
            the work always: `broken` gives the right status with a body that is cut in the middle, `slow` the right
            answer after `seconds`. `refused` closes the connection to a host before anything is read; only the edge
            sees connections as such, so calls to a service's own port do not meet it.
        status: the HTTP status for `status`.
        applied: whether the service does the work before failing, as when only the answer is lost.
        skip: how many matching calls pass first.
        seconds: how late the answer of `slow` is.
        headers: sent with a `status` answer (`{"Retry-After": "1"}`).
    """

    service: str = "*"
    host: str = ""
    method: str = "*"
    path: str = ""
    times: int = 1
    kind: Literal["status", "timeout", "reset", "broken", "slow", "refused"] = "status"
    status: int = 500
    applied: bool = False
    skip: int = 0
    seconds: float = 0
    headers: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse what could never fire, with the reason."""
        if self.kind not in KINDS:
            raise ValueError(f"a fault's kind is one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.service not in (*SERVICES, "*"):
            raise ValueError(f"a fault's service is one of {', '.join(SERVICES)} or *, not {self.service!r}")
        if self.method != self.method.upper():
            raise ValueError(f"a fault's method is in capitals, not {self.method!r}")
        if self.times < 1 or self.skip < 0:
            raise ValueError("a fault's times is at least 1 and its skip at least 0")
        if self.status not in _STATUSES:
            raise ValueError(f"a fault's status is from 200 to 599, not {self.status}")
        if (self.kind == "slow") != (self.seconds > 0):
            raise ValueError("a slow fault, and no other, says in `seconds` how late its answer is")
        if self.kind == "refused" and (self.method, self.path, self.applied) != ("*", "", False):
            raise ValueError("a refused connection is refused before a method or a path is read: give only its host")
        for name, pattern in (("host", self.host), ("path", self.path)):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"a fault's {name} {pattern!r} is no regular expression: {error}") from error

    @property
    def works(self) -> bool:
        """Whether the service does what it was asked, whatever is answered."""
        return self.applied or self.kind in ("broken", "slow")

    @property
    def silent(self) -> bool:
        """Whether no answer is sent."""
        return self.kind in ("timeout", "reset", "refused")


def add(state: State, fault: Fault) -> str:
    """Arm a fault and return its key."""
    return state.collection("faults").add(asdict(fault))


def lift(state: State, key: str) -> None:
    """Disarm a fault by its key. One that is used up is gone already."""
    state.collection("faults").pop(key, None)


def take(state: State, service: str, method: str, path: str, host: str = "") -> Fault | None:
    """The fault that this call meets, if any, counted as used."""
    return _take(state, service, host, (method, path))


def take_refusal(state: State, service: str, host: str) -> Fault | None:
    """The `refused` fault that a connection to this host meets, if any, counted as used."""
    return _take(state, service, host, None)


def armed(state: State) -> list[dict[str, Any]]:
    """Every fault that has not been used up."""
    return list(state.collection("faults").values())


def _take(state: State, service: str, host: str, call: tuple[str, str] | None) -> Fault | None:
    faults = state.collection("faults")
    for key in faults:
        document = faults[key]
        fault = Fault(**document)
        if not _meets(fault, service, host, call):
            continue
        if fault.skip:
            faults[key] = {**document, "skip": fault.skip - 1}
            continue
        if fault.times == 1:
            del faults[key]
        else:
            faults[key] = {**document, "times": fault.times - 1}
        return fault
    return None


def _meets(fault: Fault, service: str, host: str, call: tuple[str, str] | None) -> bool:
    """Whether a fault is for this call, given by method and path; None for a connection on which nothing is read."""
    if fault.service not in ("*", service) or not re.search(fault.host, host):
        return False
    if call is None or fault.kind == "refused":
        return call is None and fault.kind == "refused"
    method, path = call
    return fault.method in ("*", method) and re.search(fault.path, path) is not None
