"""Holds a job's steps until whoever watches it has been told of them."""

import os
from pathlib import Path


class Gate:
    """Lets a job's steps begin, one by one."""

    def __init__(self, path: Path | None) -> None:
        # Opened for both: a step that opens it to read then never waits for a writer.
        self._file = os.open(path, os.O_RDWR) if path is not None else None

    def let_pass(self) -> None:
        """Let the next step begin."""
        if self._file is not None:
            os.write(self._file, b"\n")

    def close(self) -> None:
        """Hold nothing more."""
        if self._file is not None:
            os.close(self._file)


def make_gate(folder: Path) -> Path:
    """Make the named pipe `gate` in a job's folder; returns its path."""
    path = folder / "gate"
    os.mkfifo(path, 0o600)
    return path
