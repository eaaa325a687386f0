"""What the workflow tests share."""

from pathlib import Path

import pytest

from sandbox.go_tools import ACTIONLINT, ToolError, go_tool


@pytest.fixture(scope="session")
def actionlint() -> Path:
    """The linter that tools/actionlint/go.mod pins, built once on this machine."""
    try:
        return go_tool(ACTIONLINT)
    except ToolError as error:
        pytest.fail(str(error))
