"""Which stacks there are, and what their files say: each has a committed one, `Pulumi.NAME.yaml`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml


class StackFileError(ValueError):
    """A stack's file is not there, or does not say what is needed of it; the message names the file and the key."""


def stack_files(folder: Path) -> dict[str, Path]:
    """The file of each stack by its name, production's last: what fails elsewhere never reaches it."""
    files = {stack_of(file): file for file in folder.glob("Pulumi.*.yaml")}
    return {name: files[name] for name in sorted(files, key=lambda name: (name == "production", name))}


def stack_of(file: Path) -> str:
    """The name of the stack whose file it is; it may have dots in it."""
    return file.name.removeprefix("Pulumi.").removesuffix(".yaml")


def read_config(file: Path, *needed: str) -> Mapping[str, Any]:
    """The configuration in a stack's file.

    Args:
        file: the stack's.
        needed: the keys, with their namespaces, that have to be there as plain text.

    Raises:
        StackFileError: it cannot be read, or lacks one of them.
    """
    try:
        written = yaml.safe_load(file.read_text())
    except OSError as error:
        raise StackFileError(f"{file} cannot be read: {error.strerror}.") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        # The parser tells the place in lines of its own.
        raise StackFileError(f"{file.name} is no YAML: {' '.join(str(error).split())}.") from error
    config = written.get("config") if isinstance(written, dict) else None
    if not isinstance(config, dict):
        raise StackFileError(f"{file.name} has no `config:` with keys below it.")
    if missing := [key for key in needed if not config.get(key)]:
        raise StackFileError(f"{file.name} has no {' and no '.join(missing)}.")
    if other := [key for key in needed if not isinstance(config[key], str)]:
        raise StackFileError(f"{file.name} has {' and '.join(other)}, but not as plain text.")
    return config
