"""People around a world and its runner: what they push, start and write at GitHub, and what can be seen of it."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2

from sandbox.accounts import Accounts
from sandbox.actions.result import RunResult
from sandbox.actions.runner import Runner
from sandbox.page.stacks import Stack
from sandbox.world.github.access import find_repository
from sandbox.world.github.identifiers import timestamp
from sandbox.world.github.issues import add_comment, open_issue
from sandbox.world.github.pushes import push_files
from sandbox.world.github.users import add_user
from sandbox.world.state import Document, State
from sandbox.world.vercel.project_store import DEPLOYMENTS, DOMAINS, PROJECTS

REVIEWER = "octocat"
OPERATOR = "operator"
DEVELOPER = "mona"
MAINTAINER = "morgan"
"""Who writes commands: with preventSelfReview not the reviewer."""
BOT = "github-actions[bot]"
LONGEST_RUN_SECONDS = 900
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Clients of plain ports need no certificates, which take their time to read."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of a comment."""

    issue: int
    heard: list[RunResult]
    """The runs of commands.yml; none for what is no command."""
    started: list[RunResult]
    """What those started."""
    answers: list[str]
    """All of this program's answers in the issue, as they are now."""
    reactions: list[str]

    @property
    def answer(self) -> str:
        """The last one; empty where there is none."""
        return self.answers[-1] if self.answers else ""


@dataclass
class Team:
    """A team's repository, environments and channels.

    Attributes:
        state: the world.
        urls: its services' addresses by name.
        accounts: the credentials.
        stacks: the environments by name.
        http: asks the services.
        runner: runs what the team starts.
    """

    state: State
    urls: Mapping[str, str]
    accounts: Accounts
    stacks: Mapping[str, Stack]
    http: httpx2.Client = field(
        kw_only=True, default_factory=lambda: httpx2.Client(trust_env=False, verify=_NO_TLS, timeout=60)
    )
    runner: Runner = field(init=False)

    # What the team does.

    def commit(
        self,
        stack: str,
        files: Mapping[str, str],
        *,
        message: str = "Change files [skip ci]",
        login: str = OPERATOR,
    ) -> str:
        """Push files to the stack's branch; the commit's ID."""
        branch = self.stacks[stack].branch
        return str(push_files(self.state, self.repository, branch, files, login=login, message=message)["sha"])

    def dispatch(self, workflow: str, stack: str = "production", **inputs: str) -> RunResult:
        """Start a workflow by hand on the stack's branch, and wait for its end."""
        return self.dispatch_on(self.stacks[stack].branch, workflow, **inputs)

    def dispatch_on(self, branch: str, workflow: str, **inputs: str) -> RunResult:
        """Start a workflow by hand on any branch, and wait for its end."""
        before = self.runs
        self.github("POST", f"/actions/workflows/{workflow}/dispatches", {"ref": branch, "inputs": inputs})
        return self.ended_since(before, "workflow_dispatch")

    def comment(self, text: str, *, login: str = MAINTAINER, issue: int | None = None) -> Answered:
        """Comment, and wait for what that starts and for the answer to say how it ended.

        Args:
            text: the comment.
            login: who writes it.
            issue: where; a new one unless it is given.
        """
        before = self.runs
        if issue is None:
            issue = open_issue(self.state, self.repository, login=DEVELOPER, title="Checkout fails")
        _age_pushes(self.state)
        number = add_comment(self.state, self.repository, issue, login=login, body=text)
        # Each starts the next.
        heard, started, _ = (
            [self.wait(run) for run in self._new(before, event)]
            for event in ("issue_comment", "workflow_dispatch", "workflow_run")
        )
        comment = self.state.collection("github.comments")[str(number)]
        reactions = [reaction["content"] for reaction in comment["reactions"]]
        return Answered(issue, heard, started, self.answers(issue), reactions)

    def grant(self, login: str, role: str) -> None:
        """Give somebody a role in the repository."""
        add_user(self.state, login)
        key = f"{self.repository['full_name']}/{login}".lower()
        self.state.collection("github.collaborators")[key] = {"role_name": role}

    def set_variable(self, name: str, value: str, environment: str = "production") -> None:
        """Change a variable of an environment by hand, or add it."""
        path = f"/environments/{environment}/variables"
        known = {entry["name"] for entry in self.github("GET", path, per_page="100")["variables"]}
        method, place = ("PATCH", f"{path}/{name}") if name in known else ("POST", path)
        self.github(method, place, {"name": name, "value": value})

    # The runs.

    @property
    def runs(self) -> set[str]:
        """The numbers of all runs."""
        return set(self.state.collection("github.workflow_runs"))

    def ended_since(self, before: set[str], event: str = "push") -> RunResult:
        """Wait for the one run of an event that was started since. Raises LookupError where it is not one."""
        started = self._new(before, event)
        if len(started) != 1:
            raise LookupError(f"one run of {event} should have started, and {len(started)} did")
        return self.wait(started[0])

    def wait(self, number: int) -> RunResult:
        """Wait for a run's end. Raises RuntimeError when it printed a secret."""
        result = self.runner.wait(number, LONGEST_RUN_SECONDS)
        leaked = [secret for secret in self.secrets if secret in result.log + result.summary]
        if leaked:
            raise RuntimeError(f"run {number} printed {len(leaked)} secrets")
        return result

    # What can be seen.

    @property
    def repository(self) -> Document:
        """The repository as the world keeps it."""
        full_name = self.stacks["production"].repository
        found = find_repository(self.state, *full_name.split("/"))
        if found is None:
            raise LookupError(f"there is no repository {full_name}")
        return found

    def answers(self, issue: int) -> list[str]:
        """This program's answers in an issue or pull request."""
        comments = self.state.collection("github.comments").values()
        return [entry["body"] for entry in comments if entry["issue"] == issue and entry["login"] == BOT]

    def project(self, stack: str) -> Mapping[str, Any]:
        """The stack's project at Vercel."""
        domain = self.state.collection(DOMAINS)[self.stacks[stack].domain]
        return self.state.collection(PROJECTS)[domain["projectId"]]

    def deployment(self, identifier: str) -> Mapping[str, Any]:
        """A deployment."""
        return self.state.collection(DEPLOYMENTS)[identifier]

    def deployments(self, stack: str = "production") -> list[str]:
        """The IDs of the stack's deployments, oldest first."""
        project = self.project(stack)["id"]
        made = self.state.collection(DEPLOYMENTS)
        mine = [name for name in made if made[name]["projectId"] == project]
        return sorted(mine, key=lambda name: made[name]["createdAt"])

    @property
    def messages(self) -> list[str]:
        """What Slack shows."""
        return [message["text"] for message in self.state.collection("slack.messages").values()]

    @property
    def events(self) -> list[Mapping[str, Any]]:
        """What Datadog shows."""
        return list(self.state.collection("datadog.events").values())

    def events_of(self, kind: str) -> list[Mapping[str, str]]:
        """The tags of what Datadog shows of a kind."""
        tagged = [dict(tag.split(":", 1) for tag in event["tags"]) for event in self.events]
        return [tags for tags in tagged if tags.get("kind") == kind]

    @property
    def secrets(self) -> list[str]:
        """What must never be printed."""
        bypasses = [secret for stack in self.stacks for secret in self.project(stack)["protectionBypass"]]
        return [*bypasses, *(getattr(self.accounts, account.name) for account in fields(self.accounts))]

    # The services, as a person reaches them.

    def github(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A call as the operator; the path is below the repository's."""
        path = f"/repos/{self.repository['full_name']}{path}"
        return self.call("github", method, path, body, token=self.accounts.github_token, query=query)

    def call(self, service: str, method: str, path: str, body: Any, *, token: str, query: Mapping[str, str]) -> Any:
        """A call of a service's API. Raises RuntimeError when it is refused."""
        answer = self.http.request(
            method,
            f"{self.urls[service]}{path}",
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {token}"},
        )
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def _new(self, before: set[str], event: str) -> list[int]:
        """The numbers of the runs of an event that were started since, oldest first."""
        runs = self.state.collection("github.workflow_runs")
        started = [runs[number] for number in sorted(self.runs - before, key=int)]
        return [run["id"] for run in started if run["event"] == event]


def closed_window() -> str:
    """A window that is closed now, whenever now is, and for more than a day."""
    day = datetime.now(UTC) + timedelta(days=3)
    return f"{day:%a} 09:00-17:00 UTC"


def _age_pushes(state: State) -> None:
    """Let a minute pass since the last push: GitHub's clock tells seconds, and nobody is that quick."""
    moves = state.collection("github.activities")
    for key, move in moves.items():
        earlier = datetime.fromisoformat(move["timestamp"]) - timedelta(minutes=1)
        moves[key] = {**move, "timestamp": timestamp(earlier)}
