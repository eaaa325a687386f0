"""Builds the Go programs that the modules below `tools/` pin, once, where no release page can be reached.

The Go module proxy is enough for these builds; the binaries stay in `.cache/tools/` between runs.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.paths import CACHE, PROJECT


class ToolError(Exception):
    """A tool cannot be had on this machine; the message says what to install."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GoTool:
    """A program that a Go module of ours pins."""

    module: Path
    """The folder of the go.mod that requires it."""
    package: str
    """The package's path, as in the `tool` directive."""

    @property
    def name(self) -> str:
        """What the command is called."""
        return self.package.rsplit("/", 1)[-1]

    @property
    def version(self) -> str:
        """The version that go.mod requires of the module that holds the package."""
        go_mod = (self.module / "go.mod").read_text()
        for module, version in re.findall(r"^\s*(?:require )?(\S+) (v\S+)", go_mod, re.MULTILINE):
            if self.package.startswith(f"{module}/"):
                return version
        raise ToolError(f"{self.module}/go.mod requires nothing that holds {self.package}. Run `git checkout tools/`.")


PULUMI = GoTool(module=PROJECT / "tools", package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi")
ACTIONLINT = GoTool(module=PROJECT / "tools" / "actionlint", package="github.com/rhysd/actionlint/cmd/actionlint")


def go_tool(tool: GoTool, *, ldflags: str = "", progress: Callable[[str], None] | None = None) -> Path:
    """The binary of a pinned program, built now if it is not there yet.

    Args:
        tool: which.
        ldflags: linker flags.
        progress: called with a line from time to time while it builds; to standard error by default.

    Raises:
        ToolError: when Go is missing or the build fails.
    """
    binary = CACHE / "tools" / f"{tool.name}-{tool.version}" / "bin" / tool.name
    if binary.exists():
        return binary
    if shutil.which("go") is None:
        raise ToolError(
            f"{tool.name} is not on this machine, and neither is Go to build it. Nothing was changed. "
            "Install Go (https://go.dev/dl/), then run the same command again."
        )
    with _one_builder(binary.parent):
        if not binary.exists():
            _build(tool, binary, ldflags, progress or _tell)
    return binary


@contextmanager
def _one_builder(folder: Path) -> Iterator[None]:
    """Two commands that need the same tool build it once: the second waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _build(tool: GoTool, binary: Path, ldflags: str, progress: Callable[[str], None]) -> None:
    unfinished = binary.with_suffix(".building")
    progress(f"Building {tool.package} {tool.version} from source: once, some minutes on two cores.")
    command = ["go", "build", "-v", f"-ldflags={ldflags}", "-o", str(unfinished), tool.package]
    # The machine's own flags and workspace would decide what is built.
    environment = {**os.environ, "GOFLAGS": "-mod=readonly -buildvcs=false", "GOWORK": "off"}
    lines: list[str] = []
    compiled, told = 0, time.monotonic()
    with subprocess.Popen(command, cwd=tool.module, env=environment, stderr=subprocess.PIPE, text=True) as process:
        for line in process.stderr or ():
            lines.append(line)
            if re.fullmatch(r"[\w.~/-]+\n", line):
                compiled += 1
            if time.monotonic() - told > 15:  # noqa: PLR2004 - seconds between two signs of life
                told = time.monotonic()
                progress(f"  … {compiled} packages compiled")
    if process.returncode != 0:
        raise ToolError(
            f"`{' '.join(command)}` in {tool.module} failed; nothing else was changed. Its last words:\n"
            + "".join(lines[-12:])
            + "A module version that was refused may be served minutes later: run the same command again."
        )
    unfinished.rename(binary)
