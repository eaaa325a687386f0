"""`python -m sandbox …`, what the Makefile's targets run."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.paths import PROJECT
from sandbox.workspace import Workspace

COMMITTED = ["Pulumi.yaml", "Pulumi.staging.yaml", "Pulumi.production.yaml"]


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Iterator[Path]:
    """A sandbox with a background process of its own, ended with the test."""
    folder = tmp_path / "home"
    shutil.copytree(prepared, folder)
    yield folder
    sandbox(folder, "stop")


def sandbox(home: Path, *arguments: str, stack: str = "staging") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments, "--home", str(home)],
        cwd=PROJECT,
        env={**os.environ, "STACK": stack},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def digests() -> dict[str, str]:
    return {name: hashlib.sha256((PROJECT / name).read_bytes()).hexdigest() for name in COMMITTED}


def test_up_writes_what_it_did_for_machines_and_leaves_the_committed_files_alone(home: Path) -> None:
    before = digests()
    first = sandbox(home, "up")
    assert first.returncode == 0, first.stdout
    assert "url: https://staging.ai-tools.example.com" in first.stdout
    assert "Next: `make preview`" in first.stdout
    written = json.loads((home / "up.json").read_text())
    assert list(written) == ["staging"]
    stack = written["staging"]
    assert set(stack["operations"]) == {"create", "same", "update", "replace", "delete"}
    assert stack["operations"]["create"] == len(stack["resources"]) > 50
    assert {"type", "name", "operation"} <= set(stack["resources"][0])
    assert stack["outputs"]["githubEnvironments"] == ["staging", "staging-build", "staging-database"]
    again = sandbox(home, "up")
    assert again.returncode == 0, again.stdout
    unchanged = json.loads((home / "up.json").read_text())["staging"]
    assert unchanged["operations"] == {
        "create": 0,
        "same": stack["operations"]["create"],
        "update": 0,
        "replace": 0,
        "delete": 0,
    }
    assert unchanged["outputs"] == stack["outputs"]
    assert digests() == before
    secret = json.loads((home / "accounts.json").read_text())
    for value in secret.values():
        assert value not in first.stdout + again.stdout + json.dumps(written)


def test_what_holds_secrets_is_readable_by_its_owner_alone(home: Path) -> None:
    for name in ("accounts.json", "passphrase", "encrypted.json"):
        assert (home / name).stat().st_mode & 0o077 == 0, name


def test_a_stack_that_does_not_exist_is_refused_in_a_sentence(home: Path) -> None:
    refused = sandbox(home, "up", stack="qa")
    assert refused.returncode == 1
    assert refused.stdout == "There is no stack 'qa': STACK is one of staging, production.\n"


def test_the_credentials_of_the_sandbox_are_there_for_a_shell(home: Path) -> None:
    printed = sandbox(home, "accounts", "--shell").stdout
    assert {line.partition("=")[0] for line in printed.splitlines()} >= {
        "export GITHUB_TOKEN",
        "export VERCEL_API_URL",
        "export DD_APP_KEY",
    }


def test_a_fault_that_could_never_fire_is_refused(home: Path) -> None:
    refused = sandbox(home, "fail", "github", "status", "--times", "0")
    assert refused.returncode == 1
    assert "a fault's times is at least 1" in refused.stdout


def test_a_state_that_a_kill_left_half_written_is_taken_from_the_engines_own_copy(tmp_path: Path) -> None:
    workspace = Workspace(PROJECT, tmp_path, Path("pulumi"))
    folder = workspace.state / ".pulumi" / "stacks" / "ai-tools"
    folder.mkdir(parents=True)
    pending = {"type": "creating", "resource": {"urn": "urn:pulumi:staging::ai-tools::x:y:Z::name"}}
    whole = json.dumps({"checkpoint": {"latest": {"pending_operations": [pending]}}})
    (folder / "staging.json").write_text(whole[:30])
    (folder / "staging.json.bak").write_text(whole)
    assert workspace.cut_off("staging") == ["urn:pulumi:staging::ai-tools::x:y:Z::name"]
    assert (folder / "staging.json").read_text() == whole
    assert workspace.cut_off("production") == []


def test_a_home_may_be_named_from_where_one_is(home: Path) -> None:
    shown = sandbox(Path(os.path.relpath(home, PROJECT)), "preview")
    assert shown.returncode == 0, shown.stdout
    assert "Next: `make up` does it." in shown.stdout
