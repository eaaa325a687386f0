"""The Pulumi engine: as installed where it is, otherwise built from the Go module proxy."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from sandbox.go_tools import PULUMI, go_tool


def find_engine(progress: Callable[[str], None] | None = None) -> Path:
    """The `pulumi` command on PATH, or the one that tools/go.mod pins, built if need be.

    Raises:
        sandbox.go_tools.ToolError: when there is neither `pulumi` nor Go, or the build fails.
    """
    if installed := shutil.which("pulumi"):
        return Path(installed)
    return pinned_engine(progress)


def pinned_engine(progress: Callable[[str], None] | None = None) -> Path:
    """The `pulumi` that tools/go.mod pins, whatever is installed, built if need be.

    Raises:
        sandbox.go_tools.ToolError: there is no Go, or the build fails.
    """
    # The Automation API asks the engine for its version, which only release builds carry.
    version = f"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version={PULUMI.version}"
    return go_tool(PULUMI, ldflags=f"-X {version}", progress=progress)


def engine_version(engine: Path) -> str:
    """What `pulumi version` says."""
    return subprocess.run([engine, "version"], check=True, capture_output=True, text=True).stdout.strip()
