"""Where things are kept: the project, what is built once, and what one sandbox remembers."""

from pathlib import Path

from operations.stack_files import stack_files

PROJECT = Path(__file__).resolve().parent.parent
"""The repository: the program, the committed stack files, `app_repository/`."""

CACHE = PROJECT / ".cache"
"""Tools and documents that took long to get; safe to delete."""

HOME = PROJECT / ".sandbox"
"""The sandbox's world, state and secrets; deleting it begins anew."""


def stacks(project: Path = PROJECT) -> tuple[str, ...]:
    """The stacks that have a committed file, production last."""
    return tuple(stack_files(project))
