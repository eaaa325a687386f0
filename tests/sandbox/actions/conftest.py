import base64
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from nacl.public import SealedBox

from sandbox.actions.act import Grace
from sandbox.actions.moments import OnStep, OnWaiting
from sandbox.actions.result import RunResult
from sandbox.actions.runner import Runner, actions_runner
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.environments import environment_key
from sandbox.world.github.identifiers import next_number, timestamp
from sandbox.world.github.secrets import _key_pair
from sandbox.world.github.seed import seed
from sandbox.world.github.users import find_user
from sandbox.world.github.workflow_runs import record_run
from sandbox.world.github.workflows import Workflow
from sandbox.world.state import Document, State

PERSON = {"name": "Mona", "email": "mona@example.com", "login": "mona"}
FLOW = ".github/workflows/flow.yml"
QUICK = Grace(interrupt=0.3, terminate=0.2)


@dataclass(frozen=True, slots=True)
class Forge:
    """A world with the repository acme/app, and the folder that runners keep their things in."""

    state: State
    folder: Path
    clients: ExitStack
    runners: list[Runner] = field(default_factory=list)
    """Those that take this world's runs: one is enough."""

    @property
    def repository(self) -> Document:
        found = find_repository(self.state, "acme", "app")
        assert found is not None
        return found

    def commit(self, files: Mapping[str, str | None], branch: str = "main") -> Document:
        """Commit files on a branch."""
        changes = {path: content if content is None else content.encode() for path, content in files.items()}
        ref = f"refs/heads/{branch}"
        return history.add_commit(
            self.state, self.repository, ref, changes, message="Change", author=PERSON, committer=PERSON
        )

    def environment(
        self,
        name: str,
        *,
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        reviewers: tuple[str, ...] = (),
        branches: tuple[str, ...] | None = None,
        prevent_self_review: bool = False,
    ) -> None:
        """Make an environment as its API would."""
        key = environment_key(self.repository, name)
        users = [find_user(self.state, login) for login in reviewers]
        self.state.collection("github.environments")[key] = {
            "id": next_number(self.state),
            "name": name,
            "rule_ids": {},
            "wait_timer": 0,
            "prevent_self_review": prevent_self_review,
            "can_admins_bypass": True,
            "reviewers": [{"type": "User", "id": user["id"]} for user in users if user],
            "deployment_branch_policy": None
            if branches is None
            else {"protected_branches": False, "custom_branch_policies": True},
            "created_at": timestamp(),
            "updated_at": timestamp(),
        }
        for pattern in branches or ():
            number = next_number(self.state)
            rule = {"id": number, "name": pattern, "type": "branch"}
            self.state.collection("github.branch_policies")[f"{key}/{number}"] = rule
        for variable, value in (variables or {}).items():
            self.state.collection("github.variables")[f"{key}/{variable}"] = {"value": value}
        for secret, value in (secrets or {}).items():
            self._seal(key, secret, value)

    def _seal(self, key: str, name: str, value: str) -> None:
        private, _ = _key_pair(self.state, key)
        sealed = base64.b64encode(SealedBox(private.public_key).encrypt(value.encode())).decode()
        self.state.collection("github.secrets")[f"{key}/{name}"] = {"sealed": sealed}

    def start(
        self,
        *,
        event: str = "push",
        branch: str = "main",
        path: str = FLOW,
        actor: str = "mona",
        inputs: Mapping[str, str] | None = None,
        payload: Mapping[str, Any] | None = None,
    ) -> int:
        """Record a run of a workflow of the branch's head."""
        commit = history.resolve(self.state, self.repository, branch)
        assert commit is not None
        run = record_run(
            self.state,
            self.repository,
            Workflow(path, "Flow", {}),
            commit,
            event=event,
            branch=branch,
            actor=actor,
            before=next(iter(commit["parents"]), None) if event == "push" else None,
            pushed=[commit["sha"]] if event == "push" else [],
            inputs=inputs,
            payload=payload,
        )
        return run["id"]

    def runner(self, *, on_waiting: OnWaiting | None = None, on_step: OnStep | None = None, **more: Any) -> Runner:
        """A runner that stops with the test."""
        made = actions_runner(
            self.state,
            environ=more.pop("environ", {"EDGE": "yes"}),
            folder=self.folder,
            on_waiting=on_waiting,
            on_step=on_step,
            grace=QUICK,
            **more,
        )
        self.runners.append(self.clients.enter_context(made))
        return self.runners[-1]

    def run(
        self, workflow: str, files: Mapping[str, str] | None = None, *, runner: Runner | None = None, **start: Any
    ) -> RunResult:
        """Commit a workflow (and more), start it, and wait for what becomes of it."""
        self.commit({FLOW: workflow, **(files or {})}, start.get("branch", "main"))
        runner = runner or (self.runners[0] if self.runners else self.runner())
        return runner.wait(self.start(**start), 30)

    def document(self, run: int) -> Document:
        """What the world says of a run."""
        return self.state.collection("github.workflow_runs")[str(run)]


@pytest.fixture
def forge(tmp_path: Path) -> Iterator[Forge]:
    state = State()
    seed(
        state,
        owner="acme",
        repository="app",
        branches=["main", "develop"],
        users={"mona": "write", "octocat": "maintain", "hubot": "read"},
        teams={"release": ["octocat"]},
        files={"README.md": b"# app\n", "src/a.txt": b"a\n", "deploy/tool.txt": b"t\n"},
    )
    with ExitStack() as clients:
        yield Forge(state, tmp_path / "actions", clients)
    state.close()
