"""Failures on demand: the next N calls of a kind answer an error, hang, or lose their connection."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sandbox.world.state import State

KINDS = ("status", "timeout", "reset")


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """One failure to inject.

    Attributes:
        service: `github`, `vercel`, `datadog`, `slack`, `webhooks`, or `*`.
        method: an HTTP method, or `*`.
        path: a regular expression searched in the path.
        times: how many matching calls fail before the fault is used up.
        kind: `status` answers `status`; `timeout` never answers; `reset` drops the connection.
        status: the HTTP status for `status`.
        applied: whether the service does the work before failing, as when only the answer is lost.
        skip: how many matching calls pass first.
        headers: sent with a `status` answer (`{"Retry-After": "1"}`).
    """

    service: str = "*"
    method: str = "*"
    path: str = ""
    times: int = 1
    kind: Literal["status", "timeout", "reset"] = "status"
    status: int = 500
    applied: bool = False
    skip: int = 0
    headers: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse what could never fire, with the reason."""
        if self.kind not in KINDS:
            raise ValueError(f"a fault's kind is one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.times < 1 or self.skip < 0:
            raise ValueError("a fault's times is at least 1 and its skip at least 0")
        re.compile(self.path)


def add(state: State, fault: Fault) -> str:
    """Arm a fault and return its key."""
    return state.collection("faults").add(asdict(fault))


def take(state: State, service: str, method: str, path: str) -> Fault | None:
    """The fault that this call meets, if any, counted as used."""
    faults = state.collection("faults")
    for key in faults:
        document = faults[key]
        fault = Fault(**document)
        if fault.service not in ("*", service) or fault.method not in ("*", method) or not re.search(fault.path, path):
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


def armed(state: State) -> list[dict[str, Any]]:
    """Every fault that has not been used up."""
    return list(state.collection("faults").values())
