"""Which stacks there are: each has a committed file, `Pulumi.NAME.yaml`."""

from pathlib import Path


def stack_files(folder: Path) -> dict[str, Path]:
    """The file of each stack by its name, production's last: what fails elsewhere never reaches it."""
    files = {stack_of(file): file for file in folder.glob("Pulumi.*.yaml")}
    return {name: files[name] for name in sorted(files, key=lambda name: (name == "production", name))}


def stack_of(file: Path) -> str:
    """The name of the stack whose file it is; it may have dots in it."""
    return file.name.removeprefix("Pulumi.").removesuffix(".yaml")
