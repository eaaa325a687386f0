"""Stands in for actions/setup-go: https://github.com/actions/setup-go. What is there is what a job gets."""

import re
import subprocess

from sandbox.actions.stand_ins.protocol import (
    JobSettings,
    StandInError,
    run_stand_in,
    set_output,
    text_input,
    workspace,
)

FORM = re.compile(r"(?:[\^~]|[<>]=?|=)?\d+(?:\.(?:\d+|x|\*)){0,2}(?:(?:-?rc|-?beta)[.\d]+)?|stable|oldstable")


def main(_settings: JobSettings) -> None:
    """Check the form of the version, and say which Go there is."""
    asked = text_input("go-version") or _from_file(text_input("go-version-file"))
    if asked and FORM.fullmatch(asked) is None:
        raise StandInError(f"Unable to find Go version '{asked}' for platform linux and architecture x64.")
    try:
        # `go version` says `go version go1.26.1 linux/amd64`.
        said = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise StandInError(f"This machine has no Go: {error}") from error
    found = said.split()[2].removeprefix("go")
    set_output("go-version", found)
    set_output("cache-hit", "false")
    print(f"Asked for Go {asked or '(any)'}: this machine's {found} is used.")  # noqa: T201  # a step's output


def _from_file(name: str) -> str:
    if not name:
        return ""
    path = workspace() / name
    if not path.is_file():
        raise StandInError(f"The specified go version file at: {path} does not exist")
    text = path.read_text()
    if path.name not in ("go.mod", "go.work"):
        return text.strip()
    for pattern in (r"^toolchain go(\S+)", r"^go (\S+)"):
        if found := re.search(pattern, text, re.MULTILINE):
            return found[1]
    return ""


if __name__ == "__main__":
    run_stand_in(main)
