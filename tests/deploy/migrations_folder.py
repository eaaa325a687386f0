"""Migrations as an app has them, as short as they may be."""

from collections.abc import Sequence
from pathlib import Path

Steps = Sequence[int | None]
"""A history: None for a revision that takes nothing away, the number of `compatible_with` for a contract."""


def name(number: int) -> str:
    """The ID of the revision of a number; `base` for 0."""
    return f"{number:04}_step" if number else "base"


def write(folder: Path, steps: Steps) -> Path:
    """Write a history into a folder, in place of what is there; the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.py"):
        old.unlink()
    for number, needed in enumerate(steps, start=1):
        down = repr(name(number - 1)) if number > 1 else None
        kind = "expand" if needed is None else f'contract"\ncompatible_with = "{name(needed)}'
        lines = [f'"""Step {number}"""', f'revision = "{name(number)}"', f"down_revision = {down}", f'kind = "{kind}"']
        functions = "def up(): ...\ndef down(): ...\n"
        (folder / f"{name(number)}.py").write_text("\n".join(lines) + "\n" + functions)
    return folder
