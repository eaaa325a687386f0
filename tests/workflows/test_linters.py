"""What the field's own linters say of the delivered files. Each gets paths: called bare, they skip app_repository/."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from tests.workflows.workflow import DELIVERED, delivered

TOOLS = Path(sysconfig.get_path("scripts"))
BROKEN = """\
name: Broken
on: push
permissions: write-all
jobs:
  broken:
    runs-on: ubuntu-latest
    timeout-minutes: soon
    steps:
      - run: echo ${{ github.event.issue.title }} ${{ steps.missing.outputs.value }}
"""
"""Every linter has something to say of it."""


@pytest.fixture(params=["actionlint", "zizmor", "check-jsonschema"])
def linter(request: pytest.FixtureRequest) -> list[str]:
    """A command line that takes files."""
    return {
        "actionlint": lambda: [str(request.getfixturevalue("actionlint")), "-no-color"],
        # The auditor persona reports whatever the others leave out.
        "zizmor": lambda: [str(TOOLS / "zizmor"), "--offline", "--no-config", "--color=never", "--persona=auditor"],
        "check-jsonschema": lambda: [str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows"],
    }[request.param]()


def lint(command: list[str], files: list[str]) -> tuple[int, str]:
    # zizmor takes a token in the environment for a wish to go online.
    environment = {key: value for key, value in os.environ.items() if key not in {"GH_TOKEN", "GITHUB_TOKEN"}}
    ended = subprocess.run([*command, *files], capture_output=True, text=True, check=False, env=environment)
    return ended.returncode, ended.stdout + ended.stderr


def test_the_workflows_of_the_process_are_delivered() -> None:
    assert {path.name for path in DELIVERED.iterdir()} >= {
        "commands.yml",
        "pre-deploy.yml",
        "preview.yml",
        "production.yml",
        "rollback.yml",
        "staging.yml",
    }


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    """The delivered files where they are once delivered: actionlint looks for what they call in their repository."""
    (tmp_path / ".git").mkdir()
    workflows = tmp_path / ".github/workflows"
    workflows.mkdir(parents=True)
    return [str(shutil.copy(workflow.path, workflows)) for workflow in delivered()]


def test_the_linter_finds_nothing_in_the_delivered_workflows(linter: list[str], files: list[str]) -> None:
    code, output = lint(linter, files)
    assert code == 0, output


def test_the_linter_finds_what_is_wrong_with_a_broken_workflow(linter: list[str], tmp_path: Path) -> None:
    workflow = tmp_path / ".github" / "workflows" / "broken.yml"
    workflow.parent.mkdir(parents=True)
    workflow.write_text(BROKEN)
    code, output = lint(linter, [str(workflow)])
    assert code != 0
    assert "broken.yml" in output
