"""Whether a process that is known by its number still runs."""

import os
from pathlib import Path


def is_running(process: int) -> bool:
    """False once the process has ended, or has been killed and only waits for its parent to notice."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    # A killed process keeps its number until its parent notices; Linux tells, elsewhere it counts as running.
    if not Path("/proc/self/stat").exists():
        return True
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False  # It has ended since.
    return status.rpartition(")")[2].split()[0] not in "ZX"
