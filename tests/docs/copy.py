"""A copy of the repository in which documents are tried out."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from operations.stack_files import stack_files
from sandbox.paths import OTHER_CONFIGURATION, PROJECT
from tests.example import STACK_FILES


def copied(copy: Path) -> Path:
    """The repository as it is committed or about to be, with the environment and the tools of this one.

    Its stack files are the example's, of which the documents speak.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (PROJECT / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, copy / name)
    for file in stack_files(copy).values():
        file.unlink()
    for file in STACK_FILES.values():
        shutil.copy(file, copy)
    for shared in (".venv", ".cache"):
        (copy / shared).symlink_to(PROJECT / shared)
    return copy


def outside() -> Mapping[str, str]:
    """This process's environment as it was before pytest: a copy is tried out by somebody who runs no test."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTEST_") and name != OTHER_CONFIGURATION
    }


def stop_sandbox(root: Path) -> None:
    """End the process that `make up` leaves behind."""
    if (root / ".sandbox").exists():
        subprocess.run([".venv/bin/python", "-m", "sandbox", "stop"], cwd=root, capture_output=True, check=True)
