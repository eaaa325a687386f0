"""Every way to add something in CONTRIBUTING.md, done in a copy of the repository and checked as it says."""

import re
import subprocess
from pathlib import Path

import pytest

from sandbox.paths import PROJECT
from tests.docs.copy import copied, outside, stop_sandbox

_TEXT = (PROJECT / "CONTRIBUTING.md").read_text()
RECIPES = dict(re.findall(r"^## (Add [^\n]+)\n(.*?)(?=^## |\Z)", _TEXT, re.MULTILINE | re.DOTALL))
_BLOCK = re.compile(r"^```(diff|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _apply(diff: str, root: Path) -> None:
    """Apply a diff whose hunks have no line numbers: what a hunk removes and keeps stands in the file exactly once."""
    for file, hunks in re.findall(r"^--- a/\S+\n\+\+\+ b/(\S+)\n(.*?)(?=^--- a/|\Z)", diff, re.MULTILINE | re.DOTALL):
        path = root / file
        text = path.read_text()
        for hunk in hunks.split("@@ @@\n")[1:]:
            lines = hunk.splitlines(keepends=True)
            before = "".join(line[1:] if line.strip() else line for line in lines if not line.startswith("+"))
            after = "".join(line[1:] if line.strip() else line for line in lines if not line.startswith("-"))
            assert text.count(before) == 1, f"{file} has not exactly one:\n{before}"
            text = text.replace(before, after)
        path.write_text(text)


def test_there_is_a_recipe_for_what_people_add() -> None:
    assert set(RECIPES) == {
        "Add an environment variable",
        "Add a monitor",
        "Add a step to a workflow",
        "Add a policy",
        "Add a stack",
    }


@pytest.mark.parametrize("title", RECIPES)
def test_what_contributing_says_works(title: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    copy = copied(tmp_path / "copy")
    # A test within the test: no options of this session, and no files of it.
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    request.addfinalizer(lambda: stop_sandbox(copy))
    done = _BLOCK.findall(RECIPES[title])
    assert {kind for kind, _ in done} == {"diff", "sh"}
    assert done[-1][0] == "sh", "the last thing is the check"
    for kind, block in done:
        if kind == "diff":
            _apply(block, copy)
            continue
        for command in block.replace("\\\n", " ").splitlines():
            line = command.replace("/pytest -q", f"/pytest -q -p no:cacheprovider --basetemp={scratch}/pytest")
            ran = subprocess.run(
                ["bash", "-c", line],
                cwd=copy,
                env={**outside(), "TMPDIR": str(scratch)},
                capture_output=True,
                text=True,
                check=False,
            )
            assert ran.returncode == 0, f"{line}\n{ran.stdout[-6000:]}\n{ran.stderr[-3000:]}"
