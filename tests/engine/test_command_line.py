"""`python -m sandbox …`, what the Makefile's targets run."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.stack_files import stack_files
from sandbox import daemon
from sandbox.accounts import load_accounts
from sandbox.paths import PROJECT
from sandbox.workspace import Workspace
from tests.example import EXAMPLE

SHELL = (sys.executable, "-m", "sandbox", "exec")


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Iterator[Path]:
    """A sandbox with a background process of its own, ended with the test."""
    folder = tmp_path / "home"
    shutil.copytree(prepared, folder)
    yield folder
    sandbox(folder, "stop")


def sandbox(
    home: Path, *arguments: str, stack: str = "staging", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments, "--home", str(home)],
        cwd=PROJECT,
        env={**os.environ, "STACK": stack, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def shell(home: Path, command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SHELL, "--home", str(home), "--", "bash", "-c", command],
        cwd=PROJECT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def digests() -> dict[str, str]:
    files = [*PROJECT.glob("Pulumi*.yaml"), *EXAMPLE.glob("Pulumi*.yaml")]
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


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
    sandbox(home, "start")
    for name in ("accounts.json", "passphrase", "encrypted.json", "world.db", "world.db-wal"):
        assert (home / name).stat().st_mode & 0o077 == 0, name


def test_a_stack_that_does_not_exist_is_refused_in_a_sentence(home: Path) -> None:
    refused = sandbox(home, "up", stack="qa")
    assert refused.returncode == 1
    assert refused.stdout == "There is no stack 'qa': STACK is one of staging, production.\n"


def test_the_stacks_may_be_another_folders(home: Path, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.canary.yaml").touch()
    refused = sandbox(home, "up", stack="qa", AI_TOOLS_STACK_FILES=str(tmp_path))
    assert refused.stdout == "There is no stack 'qa': STACK is one of canary.\n"
    own = sandbox(home, "up", stack="qa", AI_TOOLS_STACK_FILES="")
    assert own.stdout == f"There is no stack 'qa': STACK is one of {', '.join(stack_files(PROJECT))}.\n"


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


def test_in_its_shell_git_clones_by_the_real_name_and_no_argument_holds_a_token(home: Path, tmp_path: Path) -> None:
    clone = "git clone --quiet https://github.com/acme/ai-tools.git app && git -C app log --format=%s && env"
    done = shell(home, f"cd {tmp_path}; {clone}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Initial commit\n")
    token = load_accounts(home).github_token
    assert f"GITHUB_TOKEN={token}" in done.stdout
    assert token not in (tmp_path / "app/.git/config").read_text()


def test_its_shell_reaches_the_sandbox_whatever_git_is_told_elsewhere(home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "gitconfig"
    mine.write_text(
        '[url "git@github.com:"]\n  insteadOf = https://github.com/\n  pushInsteadOf = https://github.com/\n'
        "[http]\n  proxy = http://127.0.0.1:1\n"
        '[http "https://github.com/"]\n  extraHeader = Authorization: Basic bWU6bWluZQ==\n'
        "[user]\n  name = Me\n  email = me@example.com\n"
    )
    work = (
        "git clone --quiet --branch develop https://github.com/acme/ai-tools.git app && cd app && "
        "git commit --quiet --allow-empty --message 'Mine [skip ci]' && git push --quiet && git config my.own"
    )
    environ = {"GIT_CONFIG_GLOBAL": str(mine), "GIT_SSH_COMMAND": "false", "GIT_CONFIG_COUNT": "1"}
    kept = {"GIT_CONFIG_KEY_0": "my.own", "GIT_CONFIG_VALUE_0": "setting"}
    done = shell(home, f"cd {tmp_path} && {work}", **environ, **kept)
    assert (done.returncode, done.stdout) == (0, "setting\n"), done.stderr


def test_ctrl_c_is_the_commands_that_runs_in_its_shell(home: Path) -> None:
    command = "trap 'sleep 1; echo cleaned up; exit 7' INT; echo ready; while :; do sleep 0.1; done"
    running = subprocess.Popen(
        ["env", "--default-signal=INT", *SHELL, "--home", str(home), "--", "bash", "-c", command],
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout is not None
    assert running.stdout.readline() == "ready\n"
    os.killpg(running.pid, signal.SIGINT)
    assert running.communicate()[0] == "cleaned up\n"
    assert running.returncode == 7


def test_a_command_that_its_shell_cannot_run_is_named(home: Path) -> None:
    refused = {("no-such-command",): "no-such-command cannot be run", (): "No command was given"}
    for command, said in refused.items():
        done = subprocess.run(
            [*SHELL, "--home", str(home), "--", *command], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        assert (done.returncode, "Traceback" in done.stderr) == (1, False)
        assert said in done.stderr


def test_what_a_killed_process_left_behind_is_not_taken_for_another_homes_world(home: Path, tmp_path: Path) -> None:
    sandbox(home, "start")
    other = tmp_path / "other"
    other.mkdir()
    shutil.copy(home / "sandbox.json", other)
    assert daemon.running_urls(home) is not None
    assert daemon.running_urls(other) is None
