"""Stands in for actions/download-artifact: https://github.com/actions/download-artifact."""

import fnmatch
import os
import shutil
from pathlib import Path

from sandbox.actions.stand_ins.protocol import (
    JobSettings,
    StandInError,
    flag_input,
    run_stand_in,
    set_output,
    text_input,
    workspace,
)


def main(settings: JobSettings) -> None:
    """Copy one artifact of the run, or those that a pattern names, or all."""
    if text_input("run-id") != os.environ["GITHUB_RUN_ID"] or text_input("artifact-ids"):
        raise StandInError("The sandbox's download-artifact knows the artifacts of its own run by their names only")
    path = workspace() / Path(text_input("path") or ".").expanduser()
    name = text_input("name")
    there = sorted(artifact.name for artifact in settings.artifacts.iterdir() if not artifact.name.startswith("."))
    if name:
        if name not in there:
            raise StandInError(f"Unable to download artifact(s): Artifact not found for name: {name}")
        targets = {name: path}
    else:
        pattern = text_input("pattern")
        wanted = [artifact for artifact in there if not pattern or fnmatch.fnmatchcase(artifact, pattern)]
        merged = flag_input("merge-multiple")
        targets = {artifact: path if merged else path / artifact for artifact in wanted}
    for artifact, target in targets.items():
        shutil.copytree(settings.artifacts / artifact, target, dirs_exist_ok=True)
    set_output("download-path", str(path))
    print(f"Downloaded {len(targets)} artifact(s) to {path}")  # noqa: T201  # a step's output


if __name__ == "__main__":
    run_stand_in(main)
