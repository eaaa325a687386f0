"""The story's team: it approves, names what it pushes, and looks at what serves and at the databases."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx2
import psycopg
from rich.console import Console

from rehearsal.names import REVIEWER
from sandbox.actions import team
from sandbox.actions.moments import StartingStep, WaitingJob
from sandbox.actions.result import RunResult
from sandbox.actions.team import DEVELOPER
from sandbox.world.github import history
from sandbox.world.github.pulls import merge_pull_request, open_pull_request
from sandbox.world.github.pushes import push_files
from sandbox.world.site.protection import BYPASS

LAST_LINES = 25


@dataclass
class Team(team.Team):
    """A team with a database for each environment.

    Attributes:
        databases: the address of each one's database.
        console: where the jobs are told as they begin.
        passwords: what else must never be printed.
        names: what the commits of the story are called, by SHA.
        before_approval: called when the reviewer is asked, before the answer.
        before_promotion: called when a promotion begins.
        notes: what a step keeps for a later one.
        is_over: whether the story has been played: from then on people approve for themselves.
    """

    databases: Mapping[str, str]
    console: Console
    passwords: Sequence[str] = ()
    names: dict[str, str] = field(default_factory=dict)
    before_approval: Callable[[], None] = lambda: None
    before_promotion: Callable[[], None] = lambda: None
    notes: dict[str, Any] = field(default_factory=dict)
    is_over: bool = False
    _begun: set[tuple[int, str]] = field(default_factory=set)

    # What the sandbox's runner tells.

    def review(self, waiting: WaitingJob) -> None:
        """Approve as the reviewer, where nobody else is to."""
        if self.is_over:
            return
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

    def wait(self, number: int) -> RunResult:
        """Wait for a run's end, and show the last lines of the jobs that failed."""
        result = super().wait(number)
        for job in result.jobs.values():
            if job.conclusion == "failure":
                self.console.print(f"  {job.name} failed:", markup=False)
                lines = [line.partition(" | ")[2] for line in job.log.splitlines()]
                for line in lines[-LAST_LINES:]:
                    self.console.print(f"    {line}", style="dim", markup=False, highlight=False, soft_wrap=True)
        return result

    # What the team does.

    def push(self, stack: str, files: Mapping[str, str], name: str) -> RunResult:
        """Push files to the stack's branch, call the commit by a name, and wait for the release that starts by it."""
        before = self.runs
        self.names[self.commit(stack, files, message=f"Make {name}")] = name
        return self.ended_since(before)

    def propose(self, branch: str, files: Mapping[str, str], title: str) -> tuple[int, RunResult]:
        """Open a pull request into staging's branch, and wait for its checks; its number, and their run."""
        base = self.stacks["staging"].branch
        start = history.find_ref(self.state, self.repository, f"refs/heads/{base}")
        history.set_ref(self.state, self.repository, f"refs/heads/{branch}", start, actor=DEVELOPER)
        push_files(self.state, self.repository, branch, files, login=DEVELOPER, message=title)
        before = self.runs
        number = open_pull_request(self.state, self.repository, login=DEVELOPER, title=title, head=branch, base=base)
        return number, self.ended_since(before, "pull_request")

    def merge(self, number: int, name: str) -> RunResult:
        """Merge a pull request, call the merge by a name, and wait for the release that starts by it."""
        before = self.runs
        self.names[merge_pull_request(self.state, self.repository, number, login=DEVELOPER)] = name
        return self.ended_since(before)

    # What can be seen.

    @property
    def secrets(self) -> list[str]:
        """What must never be printed."""
        return [*super().secrets, *self.passwords]

    def visit(self, stack: str, path: str = "/", *, host: str = "") -> httpx2.Response:
        """What a visitor is answered by the stack's domain, or by another address of its project."""
        bypass = next(iter(self.project(stack)["protectionBypass"]))
        headers = {"Host": host, BYPASS: bypass} if host else {"Host": self.stacks[stack].domain}
        return self.http.get(f"{self.urls['site']}{path}", headers=headers)

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

    def made_of(self, stack: str, name: str) -> Mapping[str, Any]:
        """The stack's deployment that was made of the commit of that name. Raises LookupError where it is not one."""
        made = [self.deployment(identifier) for identifier in self.deployments(stack)]
        found = [deployment for deployment in made if self.names.get(deployment["meta"].get("commit")) == name]
        if len(found) != 1:
            raise LookupError(f"one deployment of {stack} should be of {name}, and {len(found)} are")
        return found[0]

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
