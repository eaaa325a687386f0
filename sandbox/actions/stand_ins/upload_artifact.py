"""Stands in for actions/upload-artifact: https://github.com/actions/upload-artifact.

As with the real one, symbolic links are followed, empty folders and the files' modes are lost, and names that start
with a dot are left out unless they are asked for.
"""

import glob
import hashlib
import os
import shutil
from pathlib import Path

from sandbox.actions.stand_ins.protocol import (
    JobSettings,
    StandInError,
    annotate,
    flag_input,
    list_input,
    run_stand_in,
    set_output,
    text_input,
    workspace,
)

FORBIDDEN = '":<>|*?\r\n\\/'
_FILE_MODE = 0o644


def main(settings: JobSettings) -> None:
    """Copy what the paths name into the run's store."""
    name = text_input("name")
    if any(character in name for character in FORBIDDEN):
        raise StandInError(f"The artifact name is not valid: {name}. Contains one of: {FORBIDDEN!r}")
    if text_input("archive") not in ("true", ""):
        raise StandInError("The sandbox's upload-artifact does not know `archive: false`")
    missing = text_input("if-no-files-found")
    if missing not in ("warn", "error", "ignore"):
        raise StandInError(
            f"Unrecognized if-no-files-found input. Provided: {missing}. Available options: warn, error, ignore"
        )
    files, root = _search(list_input("path"), hidden=flag_input("include-hidden-files"))
    if not files:
        message = f"No files were found with the provided path: {text_input('path')}. No artifacts will be uploaded."
        if missing == "error":
            raise StandInError(message)
        if missing == "warn":
            annotate("warning", message)
        return
    target = settings.artifacts / name
    if target.exists():
        if not flag_input("overwrite"):
            raise StandInError(
                "Failed to CreateArtifact: Received non-retryable error: Failed request: (409) Conflict: "
                "an artifact with this name already exists on the workflow run"
            )
        shutil.rmtree(target)
    digest = _store(files, root, target)
    number = sum(1 for artifact in settings.artifacts.iterdir() if not artifact.name.startswith("."))
    run = f"{os.environ['GITHUB_SERVER_URL']}/{settings.repository}/actions/runs/{os.environ['GITHUB_RUN_ID']}"
    set_output("artifact-id", str(number))
    set_output("artifact-url", f"{run}/artifacts/{number}")
    set_output("artifact-digest", digest)
    print(f"Artifact {name} has been successfully uploaded: {len(files)} files")  # noqa: T201  # a step's output


def _search(patterns: list[str], *, hidden: bool) -> tuple[list[Path], Path]:
    """The files that the patterns name, and the folder that their names in the artifact start from."""
    found: dict[Path, None] = {}
    starts: list[Path] = []
    for pattern in patterns:
        absolute = workspace() / Path(pattern.removeprefix("!")).expanduser()
        names = glob.glob(str(absolute), recursive=True, include_hidden=True)  # noqa: PTH207  # hidden ones too
        matches = [Path(name) for name in names]
        files = {file: None for match in matches for file in _files(match)}
        if pattern.startswith("!"):
            found = {file: None for file in found if file not in files}
        else:
            starts.append(_start(absolute))
            found |= files
    shown = [file for file in found if hidden or not _is_hidden(file)]
    if len(starts) == 1 and starts[0].is_file():
        return shown, starts[0].parent
    return shown, Path(os.path.commonpath(starts)) if starts else workspace()


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path] if path.is_file() else []
    return [
        Path(folder) / name
        for folder, _, names in os.walk(path, followlinks=True)
        for name in names
        if (Path(folder) / name).is_file()
    ]


def _start(pattern: Path) -> Path:
    """The part of a pattern before its first wildcard."""
    parts = pattern.parts
    fixed = next((number for number, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return Path(os.path.normpath(Path(*parts[:fixed])))


def _is_hidden(file: Path) -> bool:
    """Whether a name on the way from the workspace to a file begins with a dot."""
    root = workspace()
    relative = file.relative_to(root) if file.is_relative_to(root) else Path(file.name)
    return any(part.startswith(".") for part in relative.parts)


def _store(files: list[Path], root: Path, target: Path) -> str:
    unfinished = target.parent / f".unfinished-{os.getpid()}"
    digest = hashlib.sha256()
    for file in sorted(files):
        name = file.relative_to(root)
        copy = unfinished / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        # Links are followed: the artifact holds what they lead to.
        shutil.copyfile(file, copy)
        copy.chmod(_FILE_MODE)
        digest.update(f"{name}\0".encode() + hashlib.sha256(copy.read_bytes()).digest())
    unfinished.rename(target)
    return digest.hexdigest()


if __name__ == "__main__":
    run_stand_in(main)
