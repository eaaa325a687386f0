"""People who write comments in the sandbox's world, and the jobs of commands.yml that answer them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from deploy.clients.github import GitHub
from deploy.console import Console
from deploy.http_client import HttpClient
from deploy.settings import Settings
from sandbox.world.exchanges import Exchange
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.identifiers import timestamp
from sandbox.world.github.issues import add_comment
from sandbox.world.github.pulls import add_fork, open_pull_request
from sandbox.world.github.pushes import push_files
from sandbox.world.github.users import add_user
from sandbox.world.github.workflow_runs import record_run, update_run
from sandbox.world.github.workflows import workflows_at
from sandbox.world.state import Document
from tests.deploy.ended import Ended
from tests.deploy.releases.production import InstantClock, Production

WORKFLOWS = Path(__file__).parents[3] / "app_repository/.github/workflows"
PEOPLE = {"octocat": "maintain", "mona": "write", "hubot": "read"}
BOT = "github-actions[bot]"
TOKENS = "ghp_token_of_{}"
WINDOW = {"DEPLOY_WINDOW": "Mon-Fri 09:00-17:00 UTC"}
"""Open at the moment of the tests' clock."""
JOBS = {
    "deploy": "start",
    "preview": "start",
    "rollback": "start",
    "lock": "lock",
    "unlock": "lock",
    "status": "status",
}
FOR_GOOD = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """A comment, and the event that it is."""

    comment: int
    event: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class Team:
    """The repository and whoever works in it."""

    production: Production
    folder: Path
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def repository(self) -> Document:
        """The repository as the world keeps it."""
        found = find_repository(self.production.state, "acme", "ai-tools")
        assert found is not None
        return found

    def head(self, branch: str) -> str:
        """A branch's commit."""
        sha = history.find_ref(self.production.state, self.repository, f"refs/heads/{branch}")
        assert sha is not None
        return sha

    def push(self, branch: str, files: Mapping[str, str], *, login: str, ago: float = 3600) -> str:
        """Push a commit that many seconds ago; its ID."""
        commit = push_files(
            self.production.state, self.repository, branch, dict(files), login=login, message=f"By {login}"
        )
        self.age(ago)
        return commit["sha"]

    def age(self, seconds: float) -> None:
        """Let what moved branches just now have happened that many seconds ago."""
        moves = self.production.state.collection("github.activities")
        for key, move in moves.items():
            if "aged" not in move:
                moment = datetime.now(UTC) - timedelta(seconds=seconds)
                moves[key] = {**move, "timestamp": timestamp(moment), "aged": True}

    def verify(self, conclusion: str = "success") -> int:
        """Let a run of staging end at what develop has; its number."""
        return self.run_of("staging.yml", "develop", conclusion=conclusion)

    def run_of(
        self,
        file: str,
        branch: str,
        *,
        event: str = "push",
        conclusion: str | None = None,
        actor: str = "mona",
        inputs: Mapping[str, str] | None = None,
    ) -> int:
        """Record a run of a workflow of the repository; its number."""
        state = self.production.state
        commit = history.find_commit(state, self.repository, self.head(branch))
        assert commit is not None
        (workflow,) = (found for found in workflows_at(state, commit) if found.path.endswith(f"/{file}"))
        run = record_run(
            state, self.repository, workflow, commit, event=event, branch=branch, actor=actor, inputs=inputs
        )
        if conclusion is not None:
            update_run(state, run["id"], status="completed", conclusion=conclusion)
        return run["id"]

    def pull_request(
        self, head: str = "feature/x", base: str = "develop", *, fork: str = "", login: str = "mona"
    ) -> int:
        """Open a pull request with one commit of its own; its number."""
        state = self.production.state
        source = add_fork(state, self.repository, fork) if fork else self.repository
        push_files(state, source, head, {"change.txt": head}, login=login)
        number = open_pull_request(
            state,
            self.repository,
            login=login,
            title="A change",
            head=head,
            base=base,
            head_repository=source["full_name"],
        )
        self.age(3600)
        return number

    def say(self, text: str, *, login: str = "octocat", issue: int = 1) -> Said:
        """Let somebody comment."""
        state = self.production.state
        before = {*state.collection("github.workflow_runs")}
        comment = add_comment(state, self.repository, issue, login=login, body=text)
        runs = state.collection("github.workflow_runs")
        (event,) = (runs[key]["payload"] for key in runs if key not in before)
        return Said(comment=comment, event=event)

    def act(self, *argv: str, event: Mapping[str, Any], job: str, **environ: str) -> Ended:
        """Run a command as a job of commands.yml does, with the permissions that its token has there."""
        return self.run(*argv, GITHUB_EVENT_PATH=str(self.write(event)), GITHUB_TOKEN=self.token_of(job), **environ)

    def hear(self, said: Said, **environ: str) -> tuple[Ended, dict[str, str]]:
        """The first job, and its outputs."""
        output = self.folder / f"output-{said.comment}"
        output.unlink(missing_ok=True)
        ended = self.act("hear", "--json", event=said.event, job="hear", GITHUB_OUTPUT=str(output), **environ)
        lines = output.read_text().splitlines() if output.exists() else []
        return ended, dict(line.split("=", 1) for line in lines)

    def carry_out(self, said: Said, **environ: str) -> tuple[Ended, int]:
        """Both jobs: how the second one ended, and the answer."""
        heard, outputs = self.hear(said)
        assert heard.code == 0, heard
        job = JOBS[outputs["command"]]
        ended = self.act(
            "command", f"--answer={outputs['answer']}", "--json", event=said.event, job=job, **{**WINDOW, **environ}
        )
        return ended, int(outputs["answer"])

    def type(self, *argv: str, login: str = "octocat", **environ: str) -> Ended:
        """Run `deploy command` on somebody's terminal."""
        return self.run("command", *argv, "--json", **{"GITHUB_TOKEN": TOKENS.format(login), **WINDOW, **environ})

    def run(self, *argv: str, **environ: str) -> Ended:
        """Run a command."""
        environ = {"GITHUB_API_URL": self.production.urls["github"], **environ}
        ended = self.production.run(*argv, timeout_seconds=5.0, **environ)
        token = environ.get("GITHUB_TOKEN")
        assert not token or token not in ended.out + ended.err, ended
        return ended

    def github(self, token: str = TOKENS.format("operator")) -> GitHub:
        """The client of the program itself."""
        environ = {
            "GITHUB_TOKEN": token,
            "GITHUB_REPOSITORY": "acme/ai-tools",
            "GITHUB_API_URL": self.production.urls["github"],
        }
        return GitHub(HttpClient(Console(environ), InstantClock(), timeout_seconds=5), Settings(environ))

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """What GitHub answers to the organization's owner."""
        url = f"{self.production.urls['github']}/repos/acme/ai-tools{path}"
        headers = {"authorization": f"Bearer {TOKENS.format('operator')}"}
        reply = self.production.http.request(method, url, headers=headers, json=body or None).raise_for_status()
        return reply.json() if reply.content else None

    def token_of(self, job: str) -> str:
        """The token of a job of commands.yml."""
        jobs = yaml.safe_load((WORKFLOWS / "commands.yml").read_text())["jobs"]
        permissions = [f"{name.replace('-', '_')}:{level}" for name, level in jobs[job]["permissions"].items()]
        return self.app_token(f"ghs_token_of_{job}", *permissions)

    def app_token(self, token: str, *permissions: str) -> str:
        """A token of a workflow's job."""
        grant_token(self.production.state, token, login=BOT, scopes=permissions, kind="App", app_id=15368)
        return token

    def write(self, event: Mapping[str, Any]) -> Path:
        """The event as a file."""
        self.counts["events"] = self.counts.get("events", 0) + 1
        path = self.folder / f"event-{self.counts['events']}.json"
        path.write_text(json.dumps(event))
        return path

    def answer(self, issue: int, body: str) -> int:
        """A comment of the program's own; its number."""
        return add_comment(self.production.state, self.repository, issue, login=BOT, body=body)

    def body(self, comment: int) -> str:
        """What a comment says."""
        return self.production.state.collection("github.comments")[str(comment)]["body"]

    def reactions(self, comment: int) -> list[str]:
        """The program's reactions to a comment, in order."""
        return [
            reaction["content"]
            for reaction in self.production.state.collection("github.comments")[str(comment)]["reactions"]
            if reaction["login"] == BOT
        ]

    def answers(self, issue: int = 1) -> list[str]:
        """What the program has written into an issue."""
        comments = self.production.state.collection("github.comments").values()
        return [comment["body"] for comment in comments if (comment["login"], comment["issue"]) == (BOT, issue)]

    @property
    def dispatched(self) -> list[Document]:
        """The runs that were started by hand or by the program."""
        runs = self.production.state.collection("github.workflow_runs").values()
        return [run for run in runs if run["event"] == "workflow_dispatch"]

    @property
    def changes(self) -> list[Exchange]:
        """What was asked of GitHub that would change something."""
        return [
            exchange
            for _, exchange in self.production.exchanges()
            if exchange.service == "github" and exchange.method != "GET"
        ]

    def add_people(self, *logins: str) -> None:
        """Let strangers be known."""
        for login in logins:
            add_user(self.production.state, login)
