"""npm and npx as the jobs of an app find them: what needs a registry is provided, or said to be left out."""

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.actions import npm
from sandbox.actions.runner import TOOLS

LOCK = {"name": "app", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": {"name": "app"}}}


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder of PATH whose npm and npx are the real ones, and say so."""
    folder = tmp_path / "programs"
    folder.mkdir()
    for name in ("npm", "npx"):
        (folder / name).write_text(f'#!/bin/sh\necho "the real {name}: $*"\n')
        (folder / name).chmod(0o755)
    return folder


@pytest.fixture
def app(tmp_path: Path) -> Path:
    folder = tmp_path / "app"
    folder.mkdir()
    version = {"version": "16.0.0"}
    lock = {**LOCK, "packages": {"": version, "node_modules/next": version, "node_modules/react": version}}
    (folder / "package-lock.json").write_text(json.dumps(lock, indent=2))
    return folder


def run(app: Path, programs: Path, *command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    known: Mapping[str, str] = {"PATH": f"{programs}{os.pathsep}/usr/bin{os.pathsep}/bin", **environ}
    return subprocess.run(
        [TOOLS / command[0], *command[1:]], cwd=app, env=known, capture_output=True, text=True, check=False
    )


@pytest.fixture
def cache(tmp_path: Path, app: Path) -> Path:
    """A prepared installation of the app's lock file."""
    cache = tmp_path / "cache"
    package = npm.installation(app, cache) / "node_modules/next"
    package.mkdir(parents=True)
    (package / "index.js").write_text("next")
    return cache


def test_the_apps_node_modules_is_a_folder_of_its_own_so_that_next_takes_it(
    app: Path, programs: Path, cache: Path
) -> None:
    done = run(app, programs, "npm", "ci", SANDBOX_NPM_CACHE=str(cache))
    assert done.returncode == 0, done.stderr
    installed = app / "node_modules"
    assert not installed.is_symlink()
    assert not (installed / "next").is_symlink()
    assert (installed / "next/index.js").read_text() == "next"
    # What a job adds to it stays its own.
    (installed / ".cache").mkdir()
    assert [path.name for path in (npm.installation(app, cache) / "node_modules").iterdir()] == ["next"]


def test_a_second_installation_replaces_the_first(app: Path, programs: Path, cache: Path) -> None:
    (app / "node_modules/old").mkdir(parents=True)
    assert run(app, programs, "npm", "ci", SANDBOX_NPM_CACHE=str(cache)).returncode == 0
    assert [path.name for path in (app / "node_modules").iterdir()] == ["next"]


def test_an_audit_says_that_nobody_was_asked(app: Path, programs: Path) -> None:
    done = run(app, programs, "npm", "audit", "--audit-level", "high")
    assert done.returncode == 0
    assert "nobody was asked about the 2 packages" in done.stdout


def test_an_audit_of_no_packages_is_the_real_npms(app: Path, programs: Path) -> None:
    (app / "package-lock.json").write_text(json.dumps(LOCK, indent=2))
    assert run(app, programs, "npm", "audit").stdout == "the real npm: audit\n"


def test_playwrights_browsers_are_this_machines(app: Path, programs: Path) -> None:
    browser = programs / "my-chromium"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    done = run(app, programs, "npx", "--no", "playwright", "install", "--with-deps", CHROMIUM=str(browser))
    assert (done.returncode, str(browser) in done.stdout) == (0, True), done.stderr


def test_any_other_command_is_the_real_npxs(app: Path, programs: Path) -> None:
    assert run(app, programs, "npx", "--no", "tsc").stdout == "the real npx: --no tsc\n"
