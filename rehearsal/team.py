"""What a team does with its delivered workflows, and what can be seen of it from outside."""

import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import psycopg
from rich.console import Console

from sandbox.accounts import Accounts
from sandbox.actions.moments import StartingStep, WaitingJob
from sandbox.actions.result import RunResult
from sandbox.actions.runner import Runner
from sandbox.page.stacks import Stack
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.identifiers import timestamp
from sandbox.world.github.issues import add_comment, open_issue
from sandbox.world.github.pulls import merge_pull_request, open_pull_request
from sandbox.world.github.pushes import push_files
from sandbox.world.github.users import add_user
from sandbox.world.state import Document, State

REVIEWER = "octocat"
OPERATOR = "operator"
DEVELOPER = "mona"
MAINTAINER = "morgan"
"""Who writes commands: with preventSelfReview not the reviewer."""
BOT = "github-actions[bot]"
LONGEST_RUN_SECONDS = 900
LAST_LINES = 25
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@dataclass
class Team:
    """A team's repository, environments and channels.

    Attributes:
        state: the world.
        urls: its services' addresses by name.
        accounts: the credentials.
        stacks: the environments by name.
        databases: the address of each one's database.
        console: where the jobs are told as they begin.
        secrets: what must never be printed.
        names: what the commits of the story are called, by SHA.
    """

    state: State
    urls: Mapping[str, str]
    accounts: Accounts
    stacks: Mapping[str, Stack]
    databases: Mapping[str, str]
    console: Console
    secrets: Sequence[str] = ()
    names: dict[str, str] = field(default_factory=dict)
    runner: Runner = field(init=False)
    before_approval: Callable[[], None] = lambda: None
    """Called when the reviewer is asked, before the answer."""
    before_promotion: Callable[[], None] = lambda: None
    notes: dict[str, Any] = field(default_factory=dict)
    """What a step keeps for a later one."""
    _begun: set[tuple[int, str]] = field(default_factory=set)
    _http: httpx2.Client = field(default_factory=lambda: httpx2.Client(trust_env=False, verify=_NO_TLS, timeout=60))

    # What the sandbox's runner tells.

    def review(self, waiting: WaitingJob) -> None:
        """Approve as the reviewer."""
        self.before_approval()
        self.console.print(f"  {REVIEWER} approves {waiting.environment}", style="dim", markup=False)
        waiting.approve(REVIEWER)

    def watch(self, step: StartingStep) -> None:
        """Tell a job that begins."""
        if (step.run, step.job) not in self._begun:
            self._begun.add((step.run, step.job))
            self.console.print(f"  {datetime.now(UTC):%H:%M:%S} {step.job}", style="dim", markup=False)
            if step.job == "promote":
                self.before_promotion()

    # What the team does.

    def push(self, stack: str, files: Mapping[str, str], name: str, *, login: str = OPERATOR) -> RunResult:
        """Push files to the stack's branch, call the commit by a name, and wait for the release that starts by it."""
        before = self._runs()
        branch = self.stacks[stack].branch
        commit = push_files(self.state, self.repository, branch, files, login=login, message=f"Make {name}")
        self.names[commit["sha"]] = name
        return self._ended(before, "push")

    def propose(self, branch: str, files: Mapping[str, str], title: str) -> tuple[int, RunResult]:
        """Open a pull request into staging's branch, and wait for its checks; its number, and their run."""
        base = self.stacks["staging"].branch
        start = history.find_ref(self.state, self.repository, f"refs/heads/{base}")
        history.set_ref(self.state, self.repository, f"refs/heads/{branch}", start, actor=DEVELOPER)
        push_files(self.state, self.repository, branch, files, login=DEVELOPER, message=title)
        before = self._runs()
        number = open_pull_request(self.state, self.repository, login=DEVELOPER, title=title, head=branch, base=base)
        return number, self._ended(before, "pull_request")

    def merge(self, number: int, name: str) -> RunResult:
        """Merge a pull request, call the merge by a name, and wait for the release that starts by it."""
        before = self._runs()
        self.names[merge_pull_request(self.state, self.repository, number, login=DEVELOPER)] = name
        return self._ended(before, "push")

    def dispatch(self, workflow: str, stack: str = "production", **inputs: str) -> RunResult:
        """Start a workflow by hand on the stack's branch, and wait for its end."""
        before = self._runs()
        path = f"/repos/{self.stacks[stack].repository}/actions/workflows/{workflow}/dispatches"
        self.github("POST", path, {"ref": self.stacks[stack].branch, "inputs": inputs})
        return self._ended(before, "workflow_dispatch")

    def comment(self, text: str) -> tuple[list[RunResult], str]:
        """Comment on a new issue as the maintainer, and wait for what it starts; those runs, and the last answer."""
        before = self._runs()
        issue = open_issue(self.state, self.repository, login=DEVELOPER, title="Checkout fails")
        age_pushes(self.state)
        add_comment(self.state, self.repository, issue, login=MAINTAINER, body=text)
        self._ended(before, "issue_comment")
        started = [self._wait(run["id"]) for run in self._new(before) if run["event"] == "workflow_dispatch"]
        for run in self._new(before):
            if run["event"] == "workflow_run":
                self._wait(run["id"])
        comments = self.state.collection("github.comments").values()
        answers = [entry["body"] for entry in comments if entry["issue"] == issue and entry["login"] == BOT]
        return started, answers[-1] if answers else ""

    def grant(self, login: str, role: str) -> None:
        """Give somebody a role in the repository."""
        add_user(self.state, login)
        full_name = self.stacks["production"].repository
        self.state.collection("github.collaborators")[f"{full_name}/{login}".lower()] = {"role_name": role}

    def set_variable(self, name: str, value: str, environment: str = "production") -> None:
        """Change a variable of an environment by hand."""
        path = f"/repos/{self.stacks['production'].repository}/environments/{environment}/variables"
        known = {entry["name"] for entry in self.github("GET", path, per_page="100")["variables"]}
        method, place = ("PATCH", f"{path}/{name}") if name in known else ("POST", path)
        self.github(method, place, {"name": name, "value": value})

    # What can be seen.

    @property
    def repository(self) -> Document:
        """The repository as the world keeps it."""
        full_name = self.stacks["production"].repository
        found = find_repository(self.state, *full_name.split("/"))
        if found is None:
            raise LookupError(f"there is no repository {full_name}")
        return found

    def visit(self, stack: str, path: str = "/") -> httpx2.Response:
        """What a visitor of the stack's domain is answered."""
        return self._http.get(f"{self.urls['site']}{path}", headers={"Host": self.stacks[stack].domain})

    def serving(self, stack: str) -> str:
        """What the stack's domain serves, as a sentence: by the version that the site itself answers."""
        domain = self.stacks[stack].domain
        answer = self.visit(stack, "/api/health")
        if answer.headers.get("X-Vercel-Error") == "DEPLOYMENT_NOT_FOUND":
            return f"{domain} serves nothing"
        try:
            health = answer.json()
            commit = str(health["version"]).partition("-")[0]
        except (ValueError, KeyError, TypeError):
            return f"{domain} answers {answer.status_code}"
        return f"{domain} serves {self.names.get(commit, commit)}: {health['status']}, database {health['database']}"

    def query(self, stack: str, statement: str) -> list[str]:
        """The first column of what the stack's database answers."""
        with psycopg.connect(self.databases[stack], autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return [str(row[0]) for row in cursor.fetchall()] if cursor.description else []

    def columns(self, stack: str) -> list[str]:
        """Those of the stack's table of posts, in their order."""
        return self.query(
            stack, "SELECT column_name FROM information_schema.columns WHERE table_name = 'posts' ORDER BY 1"
        )

    @property
    def messages(self) -> list[str]:
        """What Slack shows."""
        return [message["text"] for message in self.state.collection("slack.messages").values()]

    def events(self, kind: str) -> list[Mapping[str, str]]:
        """The tags of what Datadog shows of a kind."""
        events = self.state.collection("datadog.events").values()
        tagged = [dict(tag.split(":", 1) for tag in event["tags"]) for event in events]
        return [tags for tags in tagged if tags.get("kind") == kind]

    def github(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A call to GitHub's API as the operator. Raises RuntimeError when it is refused."""
        answer = self._http.request(
            method,
            f"{self.urls['github']}{path}",
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {self.accounts.github_token}"},
        )
        if not answer.is_success:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json() if answer.content else None

    def _runs(self) -> set[str]:
        return set(self.state.collection("github.workflow_runs"))

    def _new(self, before: set[str]) -> list[Mapping[str, Any]]:
        runs = self.state.collection("github.workflow_runs")
        return [runs[number] for number in sorted(self._runs() - before, key=int)]

    def _ended(self, before: set[str], event: str) -> RunResult:
        """The result of the one run of an event that was started since."""
        (started,) = [run["id"] for run in self._new(before) if run["event"] == event]
        return self._wait(started)

    def _wait(self, number: int) -> RunResult:
        result = self.runner.wait(number, LONGEST_RUN_SECONDS)
        leaked = [secret for secret in self.secrets if secret in result.log + result.summary]
        if leaked:
            raise RuntimeError(f"run {number} printed {len(leaked)} secrets")
        for job in result.jobs.values():
            if job.conclusion == "failure":
                self.console.print(f"  {job.name} failed:", markup=False)
                lines = [line.partition(" | ")[2] for line in job.log.splitlines()]
                for line in lines[-LAST_LINES:]:
                    self.console.print(f"    {line}", style="dim", markup=False, highlight=False, soft_wrap=True)
        return result


def age_pushes(state: State) -> None:
    """Let a minute pass since the last push: GitHub's clock tells seconds, and nobody is that quick."""
    moves = state.collection("github.activities")
    for key, move in moves.items():
        earlier = datetime.fromisoformat(move["timestamp"]) - timedelta(minutes=1)
        moves[key] = {**move, "timestamp": timestamp(earlier)}


def closed_window() -> str:
    """A window that is closed now, whenever now is, and for more than a day."""
    day = datetime.now(UTC) + timedelta(days=3)
    return f"{day:%a} 09:00-17:00 UTC"
