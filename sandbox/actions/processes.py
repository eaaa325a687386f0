"""The processes of a job, wherever they went: found by the tracking ID in their environment, as GitHub's runner does.

Where there is no /proc, only what is still below the job's own process is found.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

TRACKING = "RUNNER_TRACKING_ID"
PROC = Path("/proc")
_ROUNDS = 200


def kill_tracked(tracking: str) -> int:
    """End every process that carries a tracking ID with SIGKILL, until there is none; returns how many there were."""
    wanted = f"{TRACKING}={tracking}".encode()
    killed: set[int] = set()
    for _ in range(_ROUNDS):
        found = [process for process in _processes() if wanted in _environment(process)]
        if not found:
            break
        for process in found:
            send(process, signal.SIGKILL)
        killed.update(found)
        time.sleep(0.005)
    return len(killed)


def children(parent: int) -> list[int]:
    """The direct children of a process, the finished that nobody has collected left out."""
    return [process for process in _processes() if _status(process)[1:] == [str(parent)]]


def descendants(parent: int) -> list[int]:
    """All processes below one."""
    found = children(parent)
    return [*found, *(below for child in found for below in descendants(child))]


def is_alive(process: int) -> bool:
    """Whether a process runs, and is not only waiting to be collected."""
    return bool(_status(process))


def command(process: int) -> list[str]:
    """A process's command line; empty once it is gone."""
    with contextlib.suppress(OSError):
        return (PROC / str(process) / "cmdline").read_text(errors="replace").split("\0")
    return []


def send(process: int, number: int) -> None:
    """Signal a process, if it is still there."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(process, number)


def _processes() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()] if PROC.is_dir() else []


def _environment(process: int) -> list[bytes]:
    with contextlib.suppress(OSError):
        return (PROC / str(process) / "environ").read_bytes().split(b"\0")
    return []


def _status(process: int) -> list[str]:
    """State and parent of a process; nothing once it is gone or a zombie."""
    with contextlib.suppress(OSError):
        fields = (PROC / str(process) / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
        return [] if fields[0] in "ZX" else fields
    return []
