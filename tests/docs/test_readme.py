"""The commands of the README, typed one after the other as they stand there."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console

from operations.stack_files import stack_files
from rehearsal.theatre import PAUSES, prepare
from sandbox import postgres
from sandbox.accounts import load_accounts, open_accounts, stack_secrets
from sandbox.actions.moments import WaitingJob
from sandbox.actions.runner import actions_runner
from sandbox.browser import find_browser
from sandbox.engine import pinned_engine
from sandbox.paths import PROJECT, stacks
from sandbox.shell import shell_environment
from sandbox.world.edge import environment as environment_at_the_edge
from sandbox.world.server import running
from sandbox.world.state import State
from tests.docs.copy import copied, outside, stop_sandbox
from tests.docs.pulumi_in_process import ENGINE, WORLD

README = (PROJECT / "README.md").read_text()
PATIENCE_SECONDS = 600
ASK_FOR_THE_DOMAIN = (
    'curl -fsS -H "Authorization: Bearer $GITHUB_TOKEN" '
    '"$GITHUB_API_URL/repos/acme/ai-tools/environments/staging/variables/DOMAIN"'
)
"""Asks for what the README changes by hand."""
AT_ANY_HOUR = {"ai-tools:deployWindow": "Mon-Sun 00:00-00:00 UTC", "ai-tools:deployFreezes": list[str]()}
ME = {
    f"GIT_{role}_{part}": value
    for role in ("AUTHOR", "COMMITTER")
    for part, value in (("NAME", "Operator"), ("EMAIL", "operator@example.com"))
}


def commands(start: str, end: str) -> list[str]:
    """What is typed in a part of the README: from one heading to another."""
    part = README.partition(f"\n{start}\n")[2].partition(f"\n{end}\n")[0]
    assert part, f"the README has no {start}"
    blocks = re.findall(r"^```console\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)
    lines = "".join(blocks).replace("\\\n", " ").splitlines()
    assert lines
    assert all(line.startswith("$ ") for line in lines)
    return [line.removeprefix("$ ") for line in lines]


def typed(command: str, folder: Path, environment: Mapping[str, str], given: str = "") -> str:
    """Type a command; what it printed. Raises AssertionError where it fails."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=environment,
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_what_the_readme_types_on_this_machine_works(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    copy = copied(tmp_path / "copy")
    request.addfinalizer(lambda: stop_sandbox(copy))
    # Each of its files is a resource, which every command here would look at.
    shutil.rmtree(copy / "app_repository/.github/deploy/deploy")
    targets = re.findall(r"^\| `make ([a-z-]+)` \|", README, re.MULTILINE)
    # Those take minutes or wait for a person, and have tests of their own; production is not taken down.
    others = ("rehearse", "playground", "down")
    assert set(others) < set(targets)
    plain = [f"make {target}" for target in targets if target not in others]
    # In one shell, as a person has it: what one command exports, the next one finds.
    by_hand = *commands("## On this machine", "## On real accounts"), f'echo "$({ASK_FOR_THE_DOMAIN})"'
    session = "\n".join([*plain, *by_hand, "make down"])
    # One stack: that both come up is what tests/engine is for.
    said = typed(f"set -x\n{session}", copy, {**outside(), "STACK": "staging"})
    assert "Drift found" in said
    (variable,) = [json.loads(line) for line in said.splitlines() if line.startswith('{"name":')]
    assert (variable["name"], variable["value"]) == ("DOMAIN", "staging.ai-tools.example.com"), "up put it right"


@dataclass(slots=True)
class Reader:
    """Somebody who has the accounts, reads the README, and types what it says.

    Attributes:
        folder: where this repository was cloned to.
        environment: the shell's.
        values: what they enter when they are asked, by stack and key.
        world: the accounts' world.
    """

    folder: Path
    environment: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]]
    world: State
    entered: set[tuple[str, str]] = field(default_factory=set)

    def type(self, command: str) -> str:
        """Type a command, enter what it asks for, and wait for the end of what it starts."""
        said = typed(command, self.folder, self.environment, self._asked(command))
        deadline = time.monotonic() + PATIENCE_SECONDS
        while any(run["status"] != "completed" for run in self.runs):
            assert time.monotonic() < deadline, self.runs
            time.sleep(0.2)
        return said

    def _asked(self, command: str) -> str:
        if "pulumi config set --secret" not in command:
            return ""
        words = shlex.split(command)
        key, stack = words[-3], words[-1]
        self.entered.add((stack, key))
        return self.values[stack][key]

    @property
    def runs(self) -> list[Mapping[str, Any]]:
        """The workflow runs, oldest first."""
        return list(self.world.collection("github.workflow_runs").values())

    @property
    def reviews(self) -> list[Mapping[str, Any]]:
        """What the reviewers answered."""
        return [review for run in self.runs for review in run["approvals"]]

    def head(self, branch: str) -> str:
        """The commit of the app's branch that was pushed last."""
        return typed(f"git -C ../ai-tools rev-parse {branch}", self.folder, self.environment).strip()


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """A reader with accounts, two empty databases, and a clone of this repository in which they said what is theirs."""
    prepare(Console(quiet=True))
    folder = copied(tmp_path / "deployment")
    production = folder / "Pulumi.production.yaml"
    config = yaml.safe_load(production.read_text())["config"]
    production.write_text(yaml.safe_dump({"config": {**config, **AT_ANY_HOUR}}, sort_keys=False))
    authority = tmp_path / "authority.pem"
    accounts = load_accounts(tmp_path / "accounts")
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    pulumi = bin_folder / "pulumi"
    pulumi.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.docs.pulumi_in_process "$@"\n')
    pulumi.chmod(0o755)
    with (
        postgres.server(tmp_path / "postgres") as database,
        running(tmp_path / "world.db", certificate_authority=authority) as (state, urls),
    ):
        open_accounts(state, accounts, list(stack_files(folder).values()))
        addresses = {stack: database.create_database(f"ai_tools_{stack}") for stack in stacks()}
        environment = {
            **outside(),
            **shell_environment(urls, authority, accounts, "acme"),
            **ME,
            ENGINE: str(pinned_engine()),
            WORLD: json.dumps(urls),
            "PATH": os.pathsep.join((str(bin_folder), str(postgres.binaries()), os.environ["PATH"])),
            "PGHOST": "127.0.0.1",
            "PGPORT": str(database.port),
            "PGUSER": postgres.USER,
            "PGPASSWORD": database.password,
            "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "correct horse",
            "PULUMI_HOME": str(tmp_path / "pulumi"),
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        }
        (tmp_path / "state").mkdir()
        typed("git init --quiet && git add --all && git commit --quiet --message Mine", folder, environment)

        def approve(waiting: WaitingJob) -> None:
            waiting.approve("octocat")

        with actions_runner(
            state,
            environ={
                **environment_at_the_edge(urls, authority),
                "PYTHONPATH": str(PAUSES),
                "CHROMIUM": str(find_browser()),
            },
            folder=tmp_path / "actions",
            on_waiting=approve,
        ):
            values = {stack: values_of(stack_secrets(accounts, stack), addresses[stack]) for stack in stacks()}
            yield Reader(folder, environment, values, state)


def values_of(secrets: Mapping[str, str], database: str) -> dict[str, str]:
    """What somebody enters for a stack, by the keys as the README writes them."""
    given = {key.removeprefix("ai-tools:"): value for key, value in secrets.items()}
    return {**given, "databaseUrl": database, "secretVariables.DATABASE_URL": database}


def test_the_readme_leads_from_accounts_to_the_first_production_deployment(reader: Reader) -> None:
    health: dict[str, Mapping[str, str]] = {}
    for command in commands("## On real accounts", "## Where things are"):
        said = reader.type(command)
        if command.startswith("curl"):
            health[command.rpartition("//")[2]] = json.loads(said)
        if command == "pulumi up -s staging":
            assert reader.runs == [], "what is delivered starts nothing"

    pushes = [run for run in reader.runs if run["event"] == "push"]
    assert [(run["name"], run["conclusion"]) for run in pushes] == [
        ("Deploy to staging", "success"),
        ("Deploy to production", "success"),
    ]
    assert [review["login"] for review in reader.reviews] == ["octocat"], "production's release waited, and no other"
    branches = {"staging.ai-tools.example.com": "develop", "ai-tools.example.com": "main"}
    assert {address.partition("/")[0] for address in health} == set(branches)
    for address, answer in health.items():
        assert (answer["status"], answer["database"]) == ("ok", "ok")
        # What serves is what was pushed, and no file was lost on the way.
        assert answer["version"].partition("-")[0] == reader.head(branches[address.partition("/")[0]])
    assert {key for stack, key in reader.entered if stack == "production"} == set(reader.values["production"])
    messages = [message["text"] for message in reader.world.collection("slack.messages").values()]
    for environment in ("Staging", "Production"):
        assert [text for text in messages if text.startswith(f":rocket: {environment} deployment successful:")] != []


def test_the_walk_that_is_written_down_has_the_steps_of_the_readme() -> None:
    def steps(text: str) -> Sequence[str]:
        return re.findall(r"^#{2,3} (\d\. .+)$", text, re.MULTILINE)

    assert steps(README) == steps((PROJECT / "docs/first-release.md").read_text())
    assert len(steps(README)) > 1
