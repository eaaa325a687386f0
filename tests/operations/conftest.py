"""This repository at GitHub in the sandbox, both of its stacks up, and act for its workflows."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from operations.operation import Operation
from sandbox.accounts import load_accounts
from sandbox.actions.runner import actions_runner
from sandbox.engine import find_engine
from sandbox.providers.server import serve
from sandbox.world.edge import environment
from sandbox.world.github.seed import seed
from sandbox.world.server import running
from tests.engine.conftest import IMPATIENT, both_up, live, prepared
from tests.operations.project import NAME, PERSON, REVIEWER, Deployment, files, say_where

__all__ = ["both_up", "live", "prepared"]

ENVIRONMENTS = ("preview", "plan", "staging", "production")
BothUp = tuple[Path, dict[str, int], list[Operation]]


@pytest.fixture
def deployment(tmp_path: Path, both_up: BothUp, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """The repository with its four environments; a push, a pull request or a dispatch starts act."""
    origin, ports, _ = both_up
    home, authority = tmp_path / "home", tmp_path / "authority.pem"
    shutil.copytree(origin, home)
    accounts = load_accounts(home)
    # As an installed engine is found; and a runner's `sudo`, which changes nothing of this machine.
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sudo").write_text('#!/bin/sh\necho "sudo $*"\n')
    (tmp_path / "bin" / "sudo").chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "bin"), str(find_engine().parent), os.environ["PATH"]]))
    with (
        running(home / "world.db", ports, certificate_authority=authority) as (state, urls),
        serve(urls, IMPATIENT) as debug_providers,
    ):
        say_where(home, urls, os.getpid())
        owner, repository = NAME.split("/")
        committed = files(home / "workspace")
        users = {REVIEWER: "maintain", PERSON["login"]: "write"}
        seed(state, owner=owner, repository=repository, branches=["main"], users=users, files=committed)
        made = Deployment(state, urls["github"], accounts)
        for name in ENVIRONMENTS:
            made.environment(
                name, {"PULUMI_ACCESS_TOKEN": f"pul-of-{name}"}, {"PULUMI_BACKEND_URL": (home / "state").as_uri()}
            )
        # The sandbox's states are encrypted with an empty passphrase, which no secret of an environment can be.
        (tmp_path / "passphrase").touch()
        steps = {
            "PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
            **environment(urls, authority),
            "PULUMI_DEBUG_PROVIDERS": debug_providers,
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "SANDBOX_HOME": str(home),
        }
        with actions_runner(state, environ=steps, folder=tmp_path / "actions", on_waiting=made.review) as runner:
            made.runner = runner
            yield made
