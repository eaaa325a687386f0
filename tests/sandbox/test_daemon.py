"""The background process: what a push in its world starts."""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from sandbox import daemon
from sandbox.accounts import Accounts, load_accounts, open_accounts
from sandbox.paths import PROJECT
from sandbox.world.state import State
from tests.example import STACK_FILES

WORKFLOW = """
name: Greet
on: push
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-latest
    environment: production-database
    steps:
      - run: echo hello
"""
PATIENCE_SECONDS = 60


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[State, dict[str, str], Accounts]]:
    """A world that a background process serves, its addresses, and the accounts there."""
    accounts = load_accounts(tmp_path)
    state = State(tmp_path / "world.db")
    open_accounts(state, accounts, [STACK_FILES["production"]])
    subprocess.run([sys.executable, "-m", "sandbox", "start", "--home", str(tmp_path)], cwd=PROJECT, check=True)
    try:
        urls = daemon.running_urls(tmp_path)
        assert urls is not None
        yield state, urls, accounts
    finally:
        daemon.stop(tmp_path)
        state.close()


def test_a_push_is_run_once_the_reviewer_has_approved(served: tuple[State, dict[str, str], Accounts]) -> None:
    world, urls, accounts = served

    def github(method: str, path: str, body: object = None, *, token: str = accounts.github_token) -> httpx2.Response:
        answer = httpx2.request(
            method,
            f"{urls['github']}/repos/acme/ai-tools{path}",
            json=body,
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
        )
        return answer.raise_for_status()

    def wait_for(run: int, status: str) -> str | None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (shown := github("GET", f"/actions/runs/{run}").json())["status"] != status:
            assert time.monotonic() < deadline, shown
            time.sleep(0.1)
        return shown["conclusion"]

    reviewer = httpx2.get(
        f"{urls['github']}/user", headers={"authorization": f"Bearer {accounts.reviewer_token}"}, trust_env=False
    ).json()
    environment = github(
        "PUT", "/environments/production-database", {"reviewers": [{"type": "User", "id": reviewer["id"]}]}
    ).json()
    body = {"message": "Greet", "content": base64.b64encode(WORKFLOW.encode()).decode(), "branch": "main"}
    github("PUT", "/contents/.github/workflows/greet.yml", body)
    (run,) = (int(number) for number in world.collection("github.workflow_runs"))

    wait_for(run, "waiting")
    verdict = {"environment_ids": [environment["id"]], "state": "approved", "comment": "Fine."}
    github("POST", f"/actions/runs/{run}/pending_deployments", verdict, token=accounts.reviewer_token)

    assert wait_for(run, "completed") == "success"


def test_the_page_is_served_as_long_as_the_sandbox_runs(served: tuple[State, dict[str, str], Accounts]) -> None:
    world, urls, accounts = served
    home = httpx2.get(urls["page"], trust_env=False)
    assert (home.status_code, "<title>Sandbox</title>" in home.text) == (200, True)
    world.collection("slack.messages").add({"channel": "deploys", "text": accounts.database_password, "ts": "1.0"})
    with httpx2.stream("GET", f"{urls['page']}/events", trust_env=False, timeout=PATIENCE_SECONDS) as events:
        view = next(line for line in events.iter_lines() if line.startswith('data: {"environments"'))
    assert [entry["title"] for entry in json.loads(view.removeprefix("data: "))["timeline"]] == ["#deploys: ***"]
