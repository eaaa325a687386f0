"""The example app, built as the workflows build it: once, and kept below .cache until its sources change."""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox.actions import npm
from sandbox.paths import CACHE, PROJECT

EXAMPLE = PROJECT / "examples/ai-tools"
CLI = PROJECT / "app_repository/.github/deploy/vercel-cli"
VERSION = "0123abc-1-1"
_BUILD = ("build", "--prod", "--yes", "--standalone")
_MADE = (
    ".next",
    ".vercel",
    "coverage",
    "node_modules",
    "playwright-report",
    "test-results",
    "next-env.d.ts",
    "tsconfig.tsbuildinfo",
)
_LONGEST_SECONDS = 600


@pytest.fixture(scope="session")
def vercel() -> Path:
    """Vercel's command line as the workflows install it."""
    return npm.prepare(CLI) / "node_modules/.bin/vercel"


@pytest.fixture(scope="session")
def built(vercel: Path) -> Path:
    """A copy of the example with what it needs, and `.vercel/output`. Not to be changed."""
    sources = sorted(_sources())
    digest = hashlib.sha256(" ".join(_BUILD).encode())
    for name in [*sources, CLI / "package-lock.json"]:
        digest.update(f"{name.relative_to(PROJECT)}\0".encode() + name.read_bytes())
    ready = CACHE / "examples" / digest.hexdigest()
    ready.parent.mkdir(parents=True, exist_ok=True)
    with (ready.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists():
            # An older build is of no use any more.
            for old in [path for path in ready.parent.iterdir() if path.is_dir()]:
                shutil.rmtree(old)
            unfinished = ready.with_suffix(".new")
            for name in sources:
                copy = unfinished / name.relative_to(EXAMPLE)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(name, copy)
            _build(unfinished, vercel)
            unfinished.rename(ready)
    return ready


def _sources() -> list[Path]:
    return [
        path
        for path in EXAMPLE.rglob("*")
        if path.is_file() and not set(path.relative_to(EXAMPLE).parts) & {*_MADE, "__pycache__"}
    ]


def _build(folder: Path, vercel: Path) -> None:
    installed = npm.prepare(EXAMPLE) / "node_modules"
    # Links to the files, in folders of its own: Turbopack refuses a node_modules that is a link itself.
    shutil.copytree(installed, folder / "node_modules", symlinks=True, copy_function=os.link)
    (folder / ".vercel").mkdir()
    settings = {"framework": "nextjs", "nodeVersion": "24.x"}
    project = {"orgId": "team_x", "projectId": "prj_x", "settings": settings}
    (folder / ".vercel/project.json").write_text(json.dumps(project))
    done = subprocess.run(
        [vercel, *_BUILD],
        cwd=folder,
        env={
            **os.environ,
            "NEXT_PUBLIC_VERSION": VERSION,
            "NEXT_PUBLIC_ENV": "production",
            "NEXT_TELEMETRY_DISABLED": "1",
            "VERCEL_TELEMETRY_DISABLED": "1",
            "NO_UPDATE_NOTIFIER": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
