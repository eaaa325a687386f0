"""What goes wrong on the way: services that fail, two runs at once, bad configuration."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from sandbox.paths import PROJECT
from sandbox.world.exchanges import Exchange, since
from sandbox.world.state import State
from tests.engine.conftest import Sandbox
from tests.engine.test_up import touched

WRITES = [
    ("github", "PUT", "/environments/staging$"),
    ("github", "POST", "/deployment-branch-policies$"),
    ("vercel", "POST", "/projects"),
    ("github", "POST", "/variables$"),
    ("github", "PUT", "/secrets/"),
    ("github", "PUT", "/contents/"),
    ("datadog", "POST", "/synthetics/tests/api$"),
    ("github", "POST", "/rulesets$"),
    ("vercel", "PATCH", "/v9/projects/"),
    ("vercel", "POST", "/env"),
    ("vercel", "POST", "/domains"),
    ("vercel", "PATCH", "protection-bypass"),
    ("datadog", "POST", "/monitor$"),
    ("datadog", "POST", "/dashboard$"),
]
"""Every kind of write that the program makes; the third, seventh and eleventh meet a timeout.

None of these is GitHub's, whose provider waits for four timeouts in a row and sends nothing else meanwhile.
"""

FAULTS: list[dict[str, Any]] = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 429, "headers": {"Retry-After": "0"}},
    {"kind": "timeout"},
    {"kind": "reset"},
]


@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning")
def test_an_up_that_fails_at_each_write_in_turn_is_finished_in_the_end(sandbox: Sandbox) -> None:
    for index, (service, method, path) in enumerate(WRITES):
        # More failures than any provider retries.
        sandbox.fail(service=service, method=method, path=path, times=50, **FAULTS[index % len(FAULTS)])
    armed = sandbox.state.collection("faults")
    for _ in WRITES:
        failed = sandbox.run("up")
        assert not failed.succeeded
        assert failed.diagnostics
        met = [key for key in armed if armed[key]["times"] < 50]
        assert met, failed.diagnostics
        for key in met:
            del armed[key]
        if not armed:
            break
    assert not armed, f"never met: {list(armed.values())}"
    sandbox.succeed("up")
    assert touched(sandbox.succeed("refresh")) == {}


# A call that an injected timeout holds is cut off with the provider that made it.
@pytest.mark.filterwarnings("ignore:Exception ignored in. <socket.socket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault['kind']}{fault.get('status', '')}")
def test_after_two_failures_of_every_service_up_converges(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    for service in ("github", "vercel", "datadog"):
        sandbox.fail(service=service, times=2, **fault)
    for _ in range(7):
        operation = sandbox.run("up")
        if operation.succeeded:
            break
    assert operation.succeeded, operation.diagnostics
    assert len(sandbox.state.collection("faults")) == 0


def test_a_lost_answer_to_an_idempotent_write_is_repaired_by_the_next_up(sandbox: Sandbox) -> None:
    sandbox.fail(service="github", method="PUT", path="/environments/staging$", kind="reset", applied=True, times=10)
    assert not sandbox.run("up").succeeded
    sandbox.state.collection("faults").clear()
    sandbox.succeed("up")
    assert touched(sandbox.succeed("refresh")) == {}


def test_bad_configuration_changes_nothing_and_says_everything(sandbox: Sandbox) -> None:
    sandbox.change("production", reviewers=None, domain="https://x", deployWindow="always")
    failed = sandbox.run("up", "production")
    assert not failed.succeeded
    said = "\n".join(failed.diagnostics)
    for expected in ("3 problems", "reviewers is missing", "domain is 'https://x'", "deployWindow is 'always'"):
        assert expected in said
    assert said.count("pulumi config set") == 3
    assert said.count("Nothing was changed") == 1
    assert "Traceback" not in said
    assert [exchange for exchange in sandbox.exchanges() if exchange.method != "GET"] == []


def test_a_reviewer_whom_github_does_not_know_is_named(sandbox: Sandbox) -> None:
    sandbox.change("production", reviewers=["octocat", "nobody-like-this"])
    failed = sandbox.run("up", "production")
    assert not failed.succeeded
    assert "GitHub knows no nobody-like-this" in "\n".join(failed.diagnostics)


def test_a_token_that_github_does_not_know_is_refused_in_words(sandbox: Sandbox) -> None:
    del sandbox.state.collection("github.tokens")[sandbox.accounts.github_token]
    failed = sandbox.run("up")
    assert not failed.succeeded
    said = "\n".join(failed.diagnostics)
    assert "401" in said or "Bad credentials" in said
    assert sandbox.accounts.github_token not in said


def test_a_domain_of_another_project_is_refused_and_what_served_goes_on(live: Sandbox) -> None:
    live.change("staging", domain="ai-tools.example.com")
    failed = live.run("up", "staging")
    assert not failed.succeeded
    assert "ai-tools.example.com" in "\n".join(failed.diagnostics)
    live.change("staging", domain="staging.ai-tools.example.com")
    live.succeed("up", "staging")
    assert touched(live.succeed("refresh", "staging")) == {}


def asked(home: Path) -> list[Exchange]:
    """What was asked of the world of a background process."""
    state = State(home / "world.db")
    try:
        return [exchange for _, exchange in since(state)]
    finally:
        state.close()


def command(home: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "sandbox", *arguments, "--home", str(home)]


@pytest.fixture
def home(tmp_path: Path, prepared: Path) -> Any:
    """A sandbox of the command line, with a background process of its own."""
    folder = tmp_path / "home"
    subprocess.run(["cp", "-r", str(prepared), str(folder)], check=True)
    yield folder
    subprocess.run(command(folder, "stop"), cwd=PROJECT, check=True, stdout=subprocess.DEVNULL)


def staging(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(home, *arguments),
        cwd=PROJECT,
        env={**os.environ, "STACK": "staging"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_of_two_ups_at_once_the_second_says_who_holds_the_lock(home: Path) -> None:
    staging(home, "start")
    fault = staging(home, "fail", "github", "timeout", "--method", "PUT", "--path", "/contents/", "--times", "1")
    assert fault.returncode == 0, fault.stdout
    with subprocess.Popen(
        command(home, "up"), cwd=PROJECT, env={**os.environ, "STACK": "staging"}, stdout=subprocess.DEVNULL
    ) as first:
        # The first one waits for an answer that never comes, and holds the lock meanwhile.
        while not any(exchange.path.startswith("/api/v3") and exchange.status == 0 for exchange in asked(home)):
            assert first.poll() is None
            time.sleep(0.2)
        (lock,) = (home / "state" / ".pulumi" / "locks").rglob("*.json")
        second = staging(home, "up")
        assert second.returncode == 1
        assert "locked" in second.stdout
        assert f"pid {json.loads(lock.read_text())['pid']}" in second.stdout
        assert "same command again" in second.stdout
        first.kill()
