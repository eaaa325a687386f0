"""This repository as it stands at GitHub in the sandbox: its files, its environments, its runs."""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from nacl.public import PublicKey, SealedBox

from sandbox.accounts import Accounts
from sandbox.actions.moments import WaitingJob
from sandbox.actions.result import RunResult
from sandbox.actions.runner import Runner
from sandbox.paths import PROJECT
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.state import Document, State
from tests.engine.conftest import SOME_FILES, STACKS

NAME = "acme/ai-tools-deployment"
REVIEWER = "octocat"
PERSON = {"name": "Mona", "email": "mona@example.com", "login": "mona"}
CODE = ("components", "operations", "policies", "sandbox", "tools")

MAKEFILE = f"""\
# Stands in for the real one: this machine has what it would install, and the tests are what runs this.
env:
\t@ln -sfn {PROJECT}/.venv .venv
test policy:
\t@echo make $@
up:
\t@ln -sfn $(SANDBOX_HOME) .sandbox
"""


def files(configuration: Path) -> dict[str, bytes]:
    """What is committed: code, what its rules read, workflows, a folder's stack files, some of what is delivered."""
    paths = [
        PROJECT / "__main__.py",
        PROJECT / "docs/runbook.md",
        *(path for name in CODE for path in (PROJECT / name).rglob("*") if path.suffix in (".py", ".mod", ".sum")),
        *(PROJECT / ".github/workflows").glob("*.yml"),
        *(PROJECT / "app_repository" / name for name in SOME_FILES),
    ]
    stacks = [configuration / name for name in ("Pulumi.yaml", *(f"Pulumi.{stack}.yaml" for stack in STACKS))]
    return {
        "Makefile": MAKEFILE.encode(),
        **{path.name: path.read_bytes() for path in stacks},
        **{path.relative_to(PROJECT).as_posix(): path.read_bytes() for path in paths},
    }


@dataclass
class Deployment:
    """The repository, and what a person does in it."""

    state: State
    url: str
    """GitHub's."""
    accounts: Accounts
    runner: Runner = field(init=False)
    asked: list[str] = field(default_factory=list)
    """The environments whose reviewers were asked."""

    @property
    def repository(self) -> Document:
        """As the world keeps it."""
        found = find_repository(self.state, *NAME.split("/"))
        assert found is not None
        return found

    def commit(self, changes: Mapping[str, bytes], branch: str, repository: Document | None = None) -> None:
        """Commit on a branch, made from main where it is not there."""
        target = repository or self.repository
        ref = f"refs/heads/{branch}"
        if history.find_ref(self.state, target, ref) is None:
            main = history.find_ref(self.state, target, "refs/heads/main")
            assert main is not None
            history.set_ref(self.state, target, ref, main)
        history.add_commit(self.state, target, ref, changes, message="Change", author=PERSON, committer=PERSON)

    def read(self, path: str) -> bytes:
        """A file of main."""
        commit = history.resolve(self.state, self.repository, "main")
        content = history.read_file(self.state, commit, path) if commit else None
        assert content is not None
        return content

    def environment(self, name: str, secrets: Mapping[str, str], variables: Mapping[str, str]) -> None:
        """Set up an environment as docs/operations.md says; production asks a reviewer."""
        reviewer = self.github("GET", "/users/octocat", root="")["id"]
        body = {"reviewers": [{"type": "User", "id": reviewer}]} if name == "production" else {}
        self.github("PUT", f"/environments/{name}", body)
        key = self.github("GET", f"/environments/{name}/secrets/public-key")
        for secret, value in secrets.items():
            sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(value.encode())
            body = {"encrypted_value": base64.b64encode(sealed).decode(), "key_id": key["key_id"]}
            self.github("PUT", f"/environments/{name}/secrets/{secret}", body)
        for variable, value in variables.items():
            self.github("POST", f"/environments/{name}/variables", {"name": variable, "value": value})

    def review(self, waiting: WaitingJob) -> None:
        """Approve as the reviewer."""
        self.asked.append(waiting.environment)
        waiting.approve(REVIEWER)

    def ended(self, path: str, seen: set[str]) -> RunResult:
        """Wait for the one run of a workflow that is not among those seen."""
        new = [run for key, run in self._runs() if key not in seen and run["path"].endswith(path)]
        (run,) = new
        return self.runner.wait(run["id"], 600)

    def seen(self) -> set[str]:
        """The runs that there are."""
        return {key for key, _ in self._runs()}

    def dispatch(self, workflow: str) -> RunResult:
        """Start a workflow of main by hand, and wait for its end."""
        seen = self.seen()
        self.github("POST", f"/actions/workflows/{workflow}/dispatches", {"ref": "main"})
        return self.ended(workflow, seen)

    def comments(self, number: int) -> list[str]:
        """What stands below a pull request or issue."""
        return [comment["body"] for comment in self.github("GET", f"/issues/{number}/comments")]

    def issues(self, state: str = "open") -> Sequence[Mapping[str, Any]]:
        """The issues about drift."""
        return self.github("GET", f"/issues?labels=drift&state={state}")

    def github(self, method: str, path: str, body: Any = None, root: str = f"/repos/{NAME}") -> Any:
        """Act as the operator."""
        answer = httpx2.request(
            method,
            f"{self.url}{root}{path}",
            json=body,
            headers={"Authorization": f"Bearer {self.accounts.github_token}"},
            trust_env=False,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def _runs(self) -> Iterator[tuple[str, Document]]:
        runs = self.state.collection("github.workflow_runs")
        return ((key, run) for key, run in runs.items() if run["repository"] == NAME)


def say_where(home: Path, urls: Mapping[str, str], process: int) -> None:
    """Let the command line find a world that a test serves."""
    (home / "sandbox.json").write_text(json.dumps({"pid": process, "urls": dict(urls)}))
