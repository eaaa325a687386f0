"""What the story's places and people are called: as the stack files say, so that it plays with your configuration."""

from collections.abc import Mapping
from pathlib import Path

from operations.stack_files import StackFileError, read_config, stack_files
from sandbox.accounts import reviewer_of
from sandbox.page.stacks import read_stacks
from sandbox.paths import configuration


def story_files(folder: Path) -> Mapping[str, Path]:
    """The files of all stacks by name. Raises StackFileError where staging or production has none."""
    files = stack_files(folder)
    if missing := [f"Pulumi.{name}.yaml" for name in ("staging", "production") if name not in files]:
        raise StackFileError(f"The story plays on staging and production; {folder} has no {' and no '.join(missing)}.")
    return files


FILES = story_files(configuration())
_DOMAINS = {stack.name: stack.domain for stack in read_stacks([FILES["staging"], FILES["production"]])}
STAGING, PRODUCTION = _DOMAINS["staging"], _DOMAINS["production"]
REVIEWER = reviewer_of(read_config(FILES["production"]))
