"""`pulumi` for the walk through the README: the real engine, and for `up` its Automation API, as `make up` has it.

`up` of the plain command needs the Python language host, which cannot be built from Go's modules.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from operations.stack import Stack
from sandbox.providers.server import serve

ENGINE, WORLD = "WALK_ENGINE", "WALK_WORLD"
"""The variables with the engine's path, and with the addresses of the world's services as JSON."""


def main(arguments: list[str]) -> int:
    """Run a command line; its exit code."""
    engine = Path(os.environ[ENGINE])
    if arguments[0] != "up":
        return subprocess.run([engine, *arguments, "--non-interactive"], check=False).returncode
    _, _, stack = arguments
    with serve(json.loads(os.environ[WORLD])) as debug_providers:
        operation = Stack(
            name=stack,
            project=Path.cwd(),
            folder=Path.cwd(),
            engine=engine,
            environment={"PULUMI_DEBUG_PROVIDERS": debug_providers},
        ).run("up")
    sys.stdout.write("\n".join([*operation.diagnostics, f"{stack}: {operation.counts()}"]) + "\n")
    return 0 if operation.succeeded else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
