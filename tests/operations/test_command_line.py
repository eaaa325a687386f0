"""`python -m operations …`, as a workflow's step runs it."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.github import BOT
from sandbox.paths import PROJECT
from sandbox.world.github.access import find_repository
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.issues import open_issue
from sandbox.world.github.seed import seed
from sandbox.world.server import running
from sandbox.world.state import State
from tests.operations.previews import change, preview

Step = dict[str, str]


@pytest.fixture
def world() -> Iterator[tuple[State, Step]]:
    """A world, and the environment of a step whose token may write issues."""
    with running() as (state, urls):
        seed(state, owner="acme", repository="ai-tools-deployment", branches=["main"])
        grant_token(state, "ghs_job", login=BOT, scopes=["issues:write"], kind="App", app_id=15368)
        names = {"GITHUB_API_URL": urls["github"], "GITHUB_REPOSITORY": "acme/ai-tools-deployment"}
        run = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "7"}
        yield state, {**names, **run, "GITHUB_TOKEN": "ghs_job", "NO_PROXY": "127.0.0.1"}


def operations(step: Step, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "operations", *arguments],
        cwd=PROJECT,
        env={**os.environ, **step},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_issue_says_what_was_changed_by_hand_what_is_not_applied_and_what_to_type(
    world: tuple[State, Step], tmp_path: Path
) -> None:
    state, step = world
    files = [str(tmp_path / "staging.json"), str(tmp_path / "production.json")]
    preview(change(outside=True), change("create", "new")).write(tmp_path / "staging.json")
    preview(stack="production").write(tmp_path / "production.json")
    ended = operations(step, "drift", *files)
    assert ended.returncode == 0, ended.stderr
    (issue,) = state.collection("github.issues").values()
    assert issue["title"] == "Drift in staging"
    assert "- **staging: changed by hand** or by another program: `app-domain`\n" in issue["body"]
    assert "- **staging: not applied yet**, or lost: 1\n" in issue["body"]
    assert "gh workflow run apply.yml" in issue["body"]
    assert "https://github.com/acme/ai-tools-deployment/actions/runs/7" in issue["body"]


def test_a_preview_that_failed_neither_opens_nor_closes_the_issue(world: tuple[State, Step], tmp_path: Path) -> None:
    state, step = world
    file = tmp_path / "staging.json"
    preview(succeeded=False, diagnostics=["error: no token"]).write(file)
    ended = operations(step, "drift", str(file))
    assert (ended.returncode, list(state.collection("github.issues"))) == (1, [])
    assert "Whether staging has drifted is not known" in ended.stderr


@pytest.mark.parametrize("lost", ["failed", "missing", "unreadable"])
def test_drift_of_a_stack_that_is_known_is_told_while_another_is_not_known(
    world: tuple[State, Step], tmp_path: Path, lost: str
) -> None:
    state, step = world
    staging, production = tmp_path / "staging.json", tmp_path / "production.json"
    if lost == "failed":
        preview(succeeded=False, diagnostics=["error: no token"]).write(staging)
    elif lost == "unreadable":
        staging.write_text("{}")
    preview(change(outside=True), stack="production").write(production)
    ended = operations(step, "drift", str(staging), str(production))
    assert ended.returncode == 1
    assert "Whether staging has drifted is not known" in ended.stderr
    assert "Traceback" not in ended.stderr
    (issue,) = state.collection("github.issues").values()
    assert issue["title"] == "Drift in production"
    assert "- **staging: not known**: its preview failed, the run says why\n" in issue["body"]
    # Production is as it should be again; staging is still not known.
    preview(stack="production").write(production)
    assert operations(step, "drift", str(staging), str(production)).returncode == 1
    assert [issue["state"] for issue in state.collection("github.issues").values()] == ["open"]
    preview().write(staging)
    assert operations(step, "drift", str(staging), str(production)).returncode == 0
    assert [issue["state"] for issue in state.collection("github.issues").values()] == ["closed"]


def test_a_job_of_a_commit_that_is_not_mains_newest_applies_nothing(world: tuple[State, Step]) -> None:
    state, step = world
    grant_token(state, "ghs_job", login=BOT, scopes=["contents:read"], kind="App", app_id=15368)
    ended = operations({**step, "GITHUB_SHA": "0" * 40, "RUN_TOKEN": "ghs_job"}, "apply", "production")
    assert ended.returncode == 1
    assert "This run is of 0000000, and main is at " in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_empty_digest_is_refused() -> None:
    ended = operations({"GITHUB_SHA": "", "GITHUB_REPOSITORY": ""}, "apply", "production", "--reviewed=")
    assert ended.returncode == 1
    assert ended.stderr.startswith("The digest of the reviewed plan is empty")


def test_a_stack_without_a_preview_is_named_in_the_comment(world: tuple[State, Step], tmp_path: Path) -> None:
    state, step = world
    repository = find_repository(state, "acme", "ai-tools-deployment")
    assert repository is not None
    number = open_issue(state, repository, login="mona", title="Change", pull_request=True)
    event = {"number": number, "pull_request": {"head": {"sha": "0123456789abcdef"}}}
    (tmp_path / "event.json").write_text(json.dumps(event))
    preview(change("replace")).write(tmp_path / "staging.json")
    files = [str(tmp_path / "staging.json"), str(tmp_path / "production.json")]
    ended = operations({**step, "GITHUB_EVENT_PATH": str(tmp_path / "event.json")}, "comment", *files)
    assert ended.returncode == 0, ended.stderr
    (written,) = state.collection("github.comments").values()
    assert "## What merging `0123456` would do" in written["body"]
    assert "### staging: 1 to be replaced" in written["body"]
    assert "### production: there is no preview, the run says why" in written["body"]


def test_the_engine_of_the_sdk_is_taken_whatever_else_is_installed(tmp_path: Path) -> None:
    other = tmp_path / "pulumi"
    other.write_text("#!/bin/sh\necho v3.1.0\n")
    other.chmod(0o755)
    ended = operations({"PATH": f"{tmp_path}:{os.environ['PATH']}"}, "engine")
    assert ended.returncode == 0, ended.stderr
    engine = Path(ended.stdout.strip()) / "pulumi"
    version = subprocess.run([engine, "version"], capture_output=True, text=True, check=True).stdout
    assert version.strip() == "v3.259.0"
