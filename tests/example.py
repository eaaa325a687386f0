"""The example organisation, whose names the tests go by: they hold whatever this repository's own stack files say."""

from pathlib import Path

from operations.stack_files import stack_files

EXAMPLE = Path(__file__).parent / "stacks"
"""The folder of its Pulumi.yaml and its stack files."""

STACK_FILES = stack_files(EXAMPLE)
"""The file of each stack, by its name."""
