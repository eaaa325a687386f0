"""Git itself, run for the world: by nothing that whoever started the world has set for their own.

A hook sets `GIT_DIR`, and a person's configuration says what they want of their repositories, not of this one.
"""

import os
import subprocess
from pathlib import Path

# The world's folder may belong to somebody else than runs it: with sudo, or in a container.
_OPTIONS = ("-c", "safe.directory=*")


def run_git(
    bare: Path, *arguments: str, given: bytes = b"", protocol: str = "", incoming: Path | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git for a bare repository, and say how it ended; it may well have failed.

    Args:
        bare: its folder.
        arguments: the command and what belongs to it.
        given: its standard input.
        protocol: what a client says of its protocol (`GIT_PROTOCOL`).
        incoming: a folder for new objects, apart from the repository's own.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    environment |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "GIT_PROTOCOL": protocol}
    if incoming is not None:
        objects = {"GIT_OBJECT_DIRECTORY": incoming, "GIT_ALTERNATE_OBJECT_DIRECTORIES": bare / "objects"}
        environment |= {name: str(folder) for name, folder in objects.items()}
    command = ["git", f"--git-dir={bare}", *_OPTIONS, *arguments]
    return subprocess.run(command, input=given, env=environment, capture_output=True, check=False)
