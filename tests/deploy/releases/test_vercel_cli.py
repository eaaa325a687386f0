"""Vercel's real command line against the sandbox, as `deploy stage` runs it and as a person does."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deploy.clients import vercel_cli
from sandbox.actions import npm
from sandbox.paths import PROJECT
from tests.deploy.ended import Ended
from tests.deploy.releases.production import Production
from tests.deploy.releases.uploads import VERSION


@pytest.fixture(scope="session")
def installation() -> Path:
    """What the lock file names, installed before any test leads the network into the sandbox."""
    return npm.prepare(PROJECT / "app_repository/.github/deploy/vercel-cli")


@pytest.fixture
def program(installation: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The command line."""
    program = installation / "node_modules/.bin/vercel"
    monkeypatch.setattr(vercel_cli, "PROGRAM", program)
    return program


def _stage(production: Production, build: Path, home: Path) -> Ended:
    return production.run(
        "stage",
        f"--folder={build}",
        f"--version={VERSION}",
        VERCEL_API_URL=production.urls["vercel"],
        PATH=os.environ["PATH"],
        HOME=str(home),
    )


def test_it_stages_and_promotes_through_the_given_api(
    production: Production, program: Path, build: Path, tmp_path: Path
) -> None:
    good = production.deploy("v1")
    production.serve(good)

    ended = _stage(production, build, tmp_path)

    assert (ended.code, production.serving) == (0, good), ended
    (made,) = production.carrying(VERSION)
    assert production.look(made)["readySubstate"] == "STAGED"
    assert "VERCEL_TOKEN" not in ended.err

    arguments = ["promote", made, "--yes", "--scope", "acme", "--api", production.urls["vercel"], "--cwd", str(build)]
    token = {"VERCEL_TOKEN": production.environ["VERCEL_TOKEN"], "VERCEL_TELEMETRY_DISABLED": "1"}
    promoted = subprocess.run(
        [program, *arguments],
        env={**token, "PATH": os.environ["PATH"], "HOME": str(tmp_path), "NO_UPDATE_NOTIFIER": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert promoted.returncode == 0, promoted.stderr
    assert production.serving == made


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 401},
        {"kind": "reset", "applied": True},
    ],
    ids=str,
)
def test_one_deployment_is_made_whatever_becomes_of_the_call_that_makes_it(
    production: Production, program: Path, build: Path, tmp_path: Path, fault: dict[str, Any]
) -> None:
    assert program.exists()
    production.arm(service="vercel", method="POST", path="^/v13/deployments$", **fault)
    first = _stage(production, build, tmp_path)
    assert first.code in (0, 1), first
    again = _stage(production, build, tmp_path)
    assert again.code == 0, f"{first}\n{again}"
    assert len(production.carrying(VERSION)) == 1, f"{first}\n{again}"
    assert production.serving is None
