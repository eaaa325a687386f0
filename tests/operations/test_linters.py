"""What the field's linters, and a few rules of our own, say of this repository's workflows and of renovate.json."""

import json
import os
import re
import subprocess
import sysconfig
from pathlib import Path

import pytest

from operations.stack_files import stack_files
from sandbox.go_tools import ACTIONLINT, go_tool
from sandbox.paths import PROJECT
from tests.workflows.workflow import Workflow, delivered

TOOLS = Path(sysconfig.get_path("scripts"))
FILES = sorted((PROJECT / ".github/workflows").glob("*.yml"))
OWN = [Workflow(path) for path in FILES]


@pytest.mark.parametrize(
    "linter",
    [
        lambda: [str(go_tool(ACTIONLINT)), "-no-color"],
        lambda: [str(TOOLS / "zizmor"), "--offline", "--no-config", "--color=never", "--persona=auditor"],
        lambda: [str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows"],
    ],
    ids=["actionlint", "zizmor", "check-jsonschema"],
)
def test_the_linter_finds_nothing_in_this_repositorys_workflows(linter: object) -> None:
    assert callable(linter)
    assert [path.name for path in FILES] == ["apply.yml", "drift.yml", "pull-request.yml"]
    # zizmor takes a token in the environment for a wish to go online.
    environment = {key: value for key, value in os.environ.items() if key not in {"GH_TOKEN", "GITHUB_TOKEN"}}
    command = [*linter(), *map(str, FILES)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr


@pytest.mark.parametrize("workflow", OWN, ids=str)
def test_the_delivered_files_standards_hold_here_too(workflow: Workflow) -> None:
    assert workflow.content["permissions"] == {}
    assert "pull_request_target" not in workflow.triggers
    used = re.findall(r"uses: (.+)", workflow.text)
    assert used
    for use in used:
        assert re.fullmatch(r"actions/\S+@[0-9a-f]{40} # v\S+", use)
    for job in workflow.jobs:
        assert job.content["permissions"].get("contents") == "read"
        for step in job.steps:
            assert "${{" not in step.get("run", "")
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_one_release_of_an_action_is_used_in_the_whole_repository() -> None:
    uses = {use for each in (*OWN, *delivered()) for use in re.findall(r"uses: (actions/.+)", each.text)}
    names = [use.partition("@")[0] for use in uses]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("workflow", OWN, ids=str)
def test_whatever_needs_the_engine_has_the_pinned_one_built_by_the_pinned_go(workflow: Workflow) -> None:
    needing = [job for job in workflow.jobs if re.search(r"make (test|policy)|operations (preview|apply)", str(job))]
    assert needing
    for job in needing:
        said = [f"{step.get('uses', '').partition('@')[0]}{step.get('run', '')}" for step in job.steps]
        engine = said.index('.venv/bin/python -m operations engine >> "$GITHUB_PATH"')
        assert said.index("actions/setup-go") < said.index("make env") < engine
        assert job.steps[said.index("actions/setup-go")]["with"]["go-version-file"] == "tools/go.mod"
        working = r"make (test|policy|-C)|operations (preview|apply)"
        assert min(number for number, step in enumerate(said) if re.search(working, step)) > engine


def test_what_only_root_can_install_is_there_before_the_tests_begin() -> None:
    (workflow,) = [each for each in OWN if each.path.name == "pull-request.yml"]
    (scripts,) = [job.scripts for job in workflow.jobs if job.id == "tests"]
    (install,) = [script for script in scripts if "apt-get" in script]
    assert [line.removeprefix("sudo ") for line in install.splitlines() if line.startswith("sudo ")] == [
        "apt-get update",
        "apt-get install --yes --no-install-recommends pgbouncer",
        "systemctl disable --now pgbouncer",
    ]
    assert scripts.index(install) < scripts.index("make test")


def test_what_runs_a_pull_requests_code_can_write_nothing_and_a_forks_sees_no_secret() -> None:
    (workflow,) = [each for each in OWN if each.path.name == "pull-request.yml"]
    for job in workflow.jobs:
        if job.id == "comment":
            # It can write, so it runs the base branch.
            assert [
                step["with"]["ref"] for step in job.steps if step.get("uses", "").startswith("actions/checkout@")
            ] == ["${{ github.event.pull_request.base.sha }}"]
            assert not job.context("secrets")
            continue
        assert job.content["permissions"] == {"contents": "read"}
        if job.context("secrets") or job.environment:
            assert job.content["if"] == "github.event.pull_request.head.repo.full_name == github.repository"


def test_a_stack_is_applied_by_one_run_at_a_time_which_is_never_cut_off() -> None:
    (workflow,) = [each for each in OWN if each.path.name == "apply.yml"]
    applying = {job.environment: job for job in workflow.jobs if any("operations apply" in s for s in job.scripts)}
    assert {"staging", "production"} <= set(applying) <= set(stack_files(PROJECT))
    for stack, job in applying.items():
        assert job.content["concurrency"] == {"group": f"stack-{stack}", "cancel-in-progress": False}
    assert workflow.before("production") == {"staging", "plan"}


def test_renovate_is_configured_as_its_schema_says_and_leaves_out_what_is_generated() -> None:
    file = PROJECT / "renovate.json"
    command = [str(TOOLS / "check-jsonschema"), "--builtin-schema", "vendor.renovate", str(file)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    settings = json.loads(file.read_text())
    # It would raise what only other packages need to releases of the same day.
    assert "lockFileMaintenance" not in settings
    # So what pyproject.toml gives a lower bound only is raised by itself.
    assert {"pep621"} in [
        set(rule.get("matchManagers", ())) for rule in settings["packageRules"] if "rangeStrategy" in rule
    ]
    # This list replaces the one that the preset has for examples and tests.
    assert {"examples/**", "tests/**"} < set(settings["ignorePaths"])
    for path in settings["ignorePaths"]:
        assert list(PROJECT.glob(path)), f"{path} is of no file"
    (makefile,) = settings["customManagers"]
    assert re.search(makefile["matchStrings"][0].replace("(?<", "(?P<"), (PROJECT / "Makefile").read_text())
