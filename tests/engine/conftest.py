"""A sandbox per test: the real engine, our providers over gRPC, and a world of its own."""

import fcntl
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from components.workflow_files import read_files
from operations.operation import Operation
from operations.stack_files import stack_files
from sandbox.accounts import Accounts, load_accounts, open_accounts, stack_addresses, stack_secrets
from sandbox.engine import find_engine
from sandbox.paths import PROJECT
from sandbox.providers.provider import Pace
from sandbox.runner import Kind, Runner
from sandbox.workspace import Workspace
from sandbox.world import faults
from sandbox.world.exchanges import Exchange, since
from sandbox.world.faults import Fault
from sandbox.world.server import running
from sandbox.world.state import State
from tests.example import EXAMPLE, STACK_FILES

STACKS = tuple(STACK_FILES)

SOME_FILES = (
    *(f".github/workflows/{name}.yml" for name in ("pre-deploy", "production", "staging")),
    ".github/deploy/vercel-cli/package.json",
)
"""What the stacks of most tests deliver: each file is a commit of its own, and takes its time."""

BROKEN = 500
"""What the sandbox answers when a handler of its own raises."""

IMPATIENT = Pace(retry_seconds=0.01, timeout_seconds=2)
"""An injected timeout never ends by itself."""


@dataclass(kw_only=True)
class Sandbox:
    """What a test acts on."""

    workspace: Workspace
    state: State
    urls: dict[str, str]
    accounts: Accounts
    pace: Pace = IMPATIENT

    def prepare(self, stack: str) -> None:
        """Bring the engine's folder up to date with the stack file."""
        self.workspace.prepare(stack, stack_addresses(self.urls), stack_secrets(self.accounts, stack))

    def run(self, kind: Kind, stack: str = "staging") -> Operation:
        """Run the engine, whatever comes of it."""
        self.prepare(stack)
        return Runner(self.workspace, stack, self.urls, self.pace).run(kind)

    def succeed(self, kind: Kind, stack: str = "staging") -> Operation:
        """Run the engine, which must succeed."""
        operation = self.run(kind, stack)
        assert operation.succeeded, "\n".join(operation.diagnostics)
        return operation

    def change(self, stack: str, **config: Any) -> None:
        """Change the stack file of this sandbox's copy of the project; None removes a key of the project."""
        file = self.workspace.project / f"Pulumi.{stack}.yaml"
        settings = yaml.safe_load(file.read_text())
        for key, value in config.items():
            settings["config"].pop(f"ai-tools:{key}", None)
            if value is not None:
                settings["config"][f"ai-tools:{key}"] = value
        file.write_text(yaml.safe_dump(settings))

    def fail(self, **fault: Any) -> None:
        """Arm a fault."""
        faults.add(self.state, Fault(**fault))

    def exchanges(self) -> list[Exchange]:
        """Everything that was asked of the world."""
        return [exchange for _, exchange in since(self.state)]

    def github(self, method: str, path: str, body: Any = None) -> Any:
        """Act on GitHub by hand."""
        return self._call("github", method, f"/repos/acme/ai-tools{path}", body, f"Bearer {self.accounts.github_token}")

    def vercel(self, method: str, path: str, body: Any = None) -> Any:
        """Act on Vercel by hand."""
        return self._call("vercel", method, path, body, f"Bearer {self.accounts.vercel_token}")

    def _call(self, service: str, method: str, path: str, body: Any, authorization: str) -> Any:
        answer = httpx2.request(
            method, f"{self.urls[service]}{path}", json=body, headers={"Authorization": authorization}, trust_env=False
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with accounts and encrypted secrets, to copy: encrypting them takes longer than most tests."""
    home = tmp_path_factory.getbasetemp().parent / "prepared"
    # The processes that run tests in parallel share it: the first one makes it, the others wait.
    with (home.parent / "prepared.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        workspace = Workspace(PROJECT, home, find_engine(), EXAMPLE)
        accounts = load_accounts(home)
        for stack in STACKS:
            workspace.prepare(stack, {}, stack_secrets(accounts, stack))
    return home


@pytest.fixture
def sandbox(tmp_path: Path, prepared: Path) -> Iterator[Sandbox]:
    """A sandbox in which nothing has come up yet, on a copy of the project that a test may change."""
    with serve_copy(tmp_path, prepared, {}) as served:
        yield served


@pytest.fixture
def complete(tmp_path: Path, prepared: Path) -> Iterator[Sandbox]:
    """Likewise, on a copy that delivers what the project delivers, as the command line does."""
    with serve_copy(tmp_path, prepared, {}, list(read_files(PROJECT / "app_repository"))) as served:
        yield served


@pytest.fixture(scope="session")
def both_up(tmp_path_factory: pytest.TempPathFactory, prepared: Path) -> tuple[Path, dict[str, int], list[Operation]]:
    """A home in which both stacks have come up, where its services listened, and what the two runs did."""
    folder = tmp_path_factory.mktemp("both-up")
    with serve_copy(folder, prepared, {}) as served:
        # Nothing fails here on purpose, and many tests rest upon it.
        served.pace = Pace()
        operations = [served.succeed("up", stack) for stack in STACKS]
        ports = {name: int(url.rsplit(":", 1)[-1]) for name, url in served.urls.items()}
    return folder / "home", ports, operations


@pytest.fixture
def live(tmp_path: Path, both_up: tuple[Path, dict[str, int], list[Operation]]) -> Iterator[Sandbox]:
    """A sandbox in which both stacks are up, on a copy of everything that a test may change."""
    home, ports, _ = both_up
    # The stacks' state names the addresses, so the copy is served at the same ones.
    with serve_copy(tmp_path, home, ports) as served:
        yield served


@contextmanager
def serve_copy(
    folder: Path, origin: Path, ports: dict[str, int], delivered: Sequence[str] = SOME_FILES
) -> Iterator[Sandbox]:
    """A sandbox on a copy of a home and of the project: the example's, and of app_repository/ only the named files."""
    home, project = folder / "home", folder / "project"
    shutil.copytree(origin, home)
    project.mkdir()
    for file in (PROJECT / "__main__.py", EXAMPLE / "Pulumi.yaml", *STACK_FILES.values()):
        shutil.copy(file, project)
    for name in delivered:
        target = project / "app_repository" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(PROJECT / "app_repository" / name, target)
    accounts = load_accounts(home)
    with running(home / "world.db", ports) as (state, urls):
        open_accounts(state, accounts, list(stack_files(project).values()))
        made = Sandbox(workspace=Workspace(project, home, find_engine()), state=state, urls=urls, accounts=accounts)
        yield made
        unknown = {f"{exchange.method} {exchange.path}" for exchange in made.exchanges() if not exchange.known}
        assert unknown == set(), "the sandbox was asked for what it does not implement"
        broken = [f"{e.method} {e.path}" for e in made.exchanges() if e.status == BROKEN and not e.injected]
        assert broken == [], "the sandbox itself failed"
