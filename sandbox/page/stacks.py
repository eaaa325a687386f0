"""What the page has to know of each stack, from the committed stack files."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from operations.stack_files import read_config, stack_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """One environment."""

    name: str
    branch: str
    domain: str
    repository: str
    """`owner/name`."""


def read_stacks(files: Sequence[Path]) -> tuple[Stack, ...]:
    """The stacks of `Pulumi.NAME.yaml` files, in their order.

    Raises:
        operations.stack_files.StackFileError: one of them is faulty.
    """
    return tuple(_read(file) for file in files)


def _read(file: Path) -> Stack:
    config = read_config(file, "ai-tools:branch", "ai-tools:domain", "github:owner", "ai-tools:repository")
    return Stack(
        name=stack_of(file),
        branch=config["ai-tools:branch"],
        domain=config["ai-tools:domain"],
        repository=f"{config['github:owner']}/{config['ai-tools:repository']}",
    )
