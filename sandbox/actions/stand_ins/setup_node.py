"""Stands in for actions/setup-node: https://github.com/actions/setup-node. What is there is what a job gets."""

import json
import re
import subprocess
from pathlib import Path

from sandbox.actions.stand_ins.protocol import (
    JobSettings,
    StandInError,
    run_stand_in,
    set_output,
    text_input,
    workspace,
)

_VERSION = r"v?\d+(?:\.(?:\d+|x|\*)){0,2}(?:-[\w.]+)?"
FORM = re.compile(
    rf"(?:[\^~]|[<>]=?|=)?\s*{_VERSION}(?:\s+(?:-\s+)?(?:[<>]=?\s*)?{_VERSION})*"
    r"|lts/(?:\*|-\d+|[a-z]+)|latest|current|node|\*"
)


def main(_settings: JobSettings) -> None:
    """Check the form of the version, and say which Node.js there is."""
    asked = text_input("node-version") or _from_file(text_input("node-version-file"))
    if asked and FORM.fullmatch(asked) is None:
        raise StandInError(f"Unable to find Node version '{asked}' for platform linux and architecture x64.")
    try:
        found = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise StandInError(f"This machine has no Node.js: {error}") from error
    set_output("node-version", found)
    set_output("cache-hit", "false")
    print(f"Asked for Node.js {asked or '(any)'}: this machine's {found} is used.")  # noqa: T201  # a step's output


def _from_file(name: str) -> str:
    if not name:
        return ""
    path: Path = workspace() / name
    if not path.is_file():
        raise StandInError(f"The specified node version file at: {path} does not exist")
    text = path.read_text().strip()
    if path.name == "package.json":
        manifest = json.loads(text)
        volta = (manifest.get("volta") or {}).get("node")
        return str(volta or (manifest.get("engines") or {}).get("node") or "")
    return text.splitlines()[0].removeprefix("nodejs ").strip() if text else ""


if __name__ == "__main__":
    run_stand_in(main)
