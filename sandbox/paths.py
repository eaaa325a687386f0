"""Where things are kept: the project, what is built once, and what one sandbox remembers."""

import os
from pathlib import Path

from operations.stack_files import read_config, stack_files

PROJECT = Path(__file__).resolve().parent.parent
"""The repository: the program, the committed stack files, `app_repository/`."""

CACHE = PROJECT / ".cache"
"""Tools and documents that took long to get; safe to delete."""

HOME = PROJECT / ".sandbox"
"""The sandbox's world, state and secrets; deleting it begins anew."""

OTHER_CONFIGURATION = "AI_TOOLS_STACK_FILES"
"""The variable that names the folder of another configuration for the sandbox. Only the sandbox heeds it."""


def configuration() -> Path:
    """The folder whose `Pulumi.yaml` and stack files the sandbox takes: the repository, or what the variable names."""
    return PROJECT / os.environ.get(OTHER_CONFIGURATION, "")


def owner() -> str:
    """The organisation at GitHub that the stacks name."""
    (*_, file) = stack_files(configuration()).values()
    return read_config(file, "github:owner")["github:owner"]


def stacks() -> tuple[str, ...]:
    """The stacks that have a file there, production last."""
    return tuple(stack_files(configuration()))
