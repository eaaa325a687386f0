"""What a team does with its delivered workflows, and what can be seen of it from outside."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
from nacl.public import PublicKey, SealedBox

from rehearsal.team import age_pushes
from sandbox.accounts import Accounts
from sandbox.actions.moments import StartingStep, WaitingJob
from sandbox.actions.result import RunResult
from sandbox.actions.runner import Runner
from sandbox.world.github.access import find_repository
from sandbox.world.github.issues import add_comment, open_issue
from sandbox.world.github.users import add_user
from sandbox.world.state import Document, State
from sandbox.world.vercel.project_store import DEPLOYMENTS, DOMAINS, PROJECTS

APP = Path(__file__).parent / "app"
REPOSITORY = "acme/ai-tools"
TEAM_ID = "team_4fT0ZkqUxVJ1wq7cYp3sN8Lb"
BRANCHES = {"staging": "develop", "production": "main"}
DOMAIN_OF = {"staging": "staging.ai-tools.example.com", "production": "ai-tools.example.com"}
ALWAYS = "Mon-Sun 00:00-00:00 UTC"
REVIEWER = "octocat"
PUSHER = "operator"
ASKER = "morgan"
"""Who writes commands: with preventSelfReview not the reviewer."""
BOT = "github-actions[bot]"


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
        """The last one."""
        return self.answers[-1]


@dataclass
class Team:
    """A team's repository, environments and channels."""

    state: State
    urls: Mapping[str, str]
    http: httpx2.Client
    accounts: Accounts
    moments: list[WaitingJob | StartingStep] = field(default_factory=list)
    runner: Runner = field(init=False)
    verdict: str = "approved"
    """What the reviewer says."""
    on_step: Callable[[StartingStep], None] = lambda _step: None
    passwords: list[str] = field(default_factory=list)
    """What else must never be printed."""

    def settle_in(self) -> None:
        """Something healthy serves each domain, and the window is open whatever the hour."""
        self.set_window(ALWAYS)
        # Most releases here are of what staging has never had.
        self.set_variable("REQUIRE_STAGING", "false")
        for stack in BRANCHES:
            self.serve(stack, self.deploy(stack, f"first-{stack}"))

    def review(self, waiting: WaitingJob) -> None:
        """Answer as the reviewer."""
        self.moments.append(waiting)
        (waiting.approve if self.verdict == "approved" else waiting.reject)(REVIEWER)

    def watch(self, step: StartingStep) -> None:
        """Hand a step that begins to whoever wants to know."""
        self.on_step(step)

    # What the team does.

    def push(self, stack: str, page: str = "All is well", *, message: str = "Change the page") -> RunResult:
        """Push a new page to the stack's branch, and wait for what that starts."""
        before = self._runs()
        branch = BRANCHES[stack]
        path = f"/repos/{REPOSITORY}/contents/page.txt"
        present = self.github("GET", path, ref=branch)
        self.github(
            "PUT",
            path,
            {
                "message": message,
                "branch": branch,
                "sha": present["sha"],
                "content": base64.b64encode(f"{page} {len(before)}".encode()).decode(),
            },
        )
        return self._result(before)

    def dispatch(self, workflow: str, stack: str = "production", **inputs: str) -> RunResult:
        """Start a workflow by hand on the stack's branch, and wait for its end."""
        return self.dispatch_on(BRANCHES[stack], workflow, **inputs)

    def dispatch_on(self, branch: str, workflow: str, **inputs: str) -> RunResult:
        """Start a workflow by hand on any branch, and wait for its end."""
        before = self._runs()
        path = f"/repos/{REPOSITORY}/actions/workflows/{workflow}/dispatches"
        self.github("POST", path, {"ref": branch, "inputs": inputs})
        return self._result(before)

    def set_window(self, window: str, freezes: Sequence[str] = ()) -> None:
        """Change when production may be released to."""
        for name, value in (("DEPLOY_WINDOW", window), ("DEPLOY_FREEZES", json.dumps(list(freezes)))):
            path = f"/repos/{REPOSITORY}/environments/production/variables/{name}"
            self.github("PATCH", path, {"name": name, "value": value})

    def set_variable(self, name: str, value: str, environment: str = "production") -> None:
        """Give an environment a variable that its stack does not declare."""
        path = f"/repos/{REPOSITORY}/environments/{environment}/variables"
        known = {entry["name"] for entry in self.github("GET", path, per_page="100")["variables"]}
        method, place = ("PATCH", f"{path}/{name}") if name in known else ("POST", path)
        self.github(method, place, {"name": name, "value": value})

    def grant(self, login: str, role: str) -> None:
        """Give somebody a role in the repository."""
        add_user(self.state, login)
        self.state.collection("github.collaborators")[f"{REPOSITORY}/{login}".lower()] = {"role_name": role}

    def comment(self, text: str, *, login: str = ASKER, issue: int | None = None) -> "Answered":
        """Comment, and wait for what that starts and for the answer to say how it ended."""
        before = self._runs()
        if issue is None:
            issue = open_issue(self.state, self.repository, login=PUSHER, title="Checkout fails")
        age_pushes(self.state)
        number = add_comment(self.state, self.repository, issue, login=login, body=text)
        heard = [run for run in self._new(before) if run["event"] == "issue_comment"]
        ended = [self._ended(run["id"]) for run in heard]
        started = [self._ended(run["id"]) for run in self._new(before) if run["event"] == "workflow_dispatch"]
        for run in self._new(before):
            if run["event"] == "workflow_run":
                self._ended(run["id"])
        comments = self.state.collection("github.comments")
        reactions = [reaction["content"] for reaction in comments[str(number)]["reactions"]]
        return Answered(issue, ended, started, self.answers(issue), reactions)

    def ended_since(self, before: set[str], event: str = "push") -> RunResult:
        """Wait for the one run of an event that was started since."""
        (number,) = [run["id"] for run in self._new(before) if run["event"] == event]
        return self._ended(number)

    def answers(self, issue: int) -> list[str]:
        """This program's answers in an issue or pull request."""
        comments = self.state.collection("github.comments").values()
        return [entry["body"] for entry in comments if entry["issue"] == issue and entry["login"] == BOT]

    def commit(self, stack: str, files: Mapping[str, str]) -> None:
        """Commit new files to the stack's branch; that starts nothing."""
        for name, text in files.items():
            content = base64.b64encode(text.encode()).decode()
            body = {"message": f"Add {name} [skip ci]", "branch": BRANCHES[stack], "content": content}
            self.github("PUT", f"/repos/{REPOSITORY}/contents/{name}", body)

    def set_secret(self, environment: str, name: str, value: str) -> None:
        """Give an environment another value of a secret."""
        path = f"/repos/{REPOSITORY}/environments/{environment}/secrets"
        key = self.github("GET", f"{path}/public-key")
        sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(value.encode())
        body = {"encrypted_value": base64.b64encode(sealed).decode(), "key_id": key["key_id"]}
        self.github("PUT", f"{path}/{name}", body)

    def deploy(self, stack: str, version: str, **meta: str) -> str:
        """A ready production deployment beside the pipeline; its ID."""
        health = json.dumps({"status": "ok", "version": version})
        contents = {"config.json": '{"version":3}', "static/index.html": "All is well", "static/api/health": health}
        made = self.vercel(
            "POST",
            "/v13/deployments",
            {
                "name": self.project(stack)["name"],
                "project": self.project(stack)["id"],
                "target": "production",
                "autoAssignCustomDomains": False,
                "files": [{"file": f".vercel/output/{name}", "data": text} for name, text in contents.items()],
                "meta": {"version": version, **meta},
            },
            prebuilt="1",
        )["id"]
        while self.vercel("GET", f"/v13/deployments/{made}")["readyState"] != "READY":
            pass
        return made

    def serve(self, stack: str, deployment: str) -> None:
        """Promote a deployment beside the pipeline."""
        project = self.project(stack)["id"]
        self.vercel("POST", f"/v10/projects/{project}/promote/{deployment}", {})
        while self.serving(stack) != deployment:
            self.vercel("GET", f"/v9/projects/{project}")

    # What can be seen.

    @property
    def repository(self) -> Document:
        """The repository as the world keeps it."""
        found = find_repository(self.state, *REPOSITORY.split("/"))
        assert found is not None
        return found

    def project(self, stack: str) -> Mapping[str, Any]:
        """The stack's project at Vercel."""
        return self.state.collection(PROJECTS)[self.state.collection(DOMAINS)[DOMAIN_OF[stack]]["projectId"]]

    def serving(self, stack: str = "production") -> str:
        """The ID of what serves the stack's domain."""
        return self.project(stack)["production"]

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
        return [tags for tags in tagged if tags["kind"] == kind]

    @property
    def secrets(self) -> list[str]:
        """What must never be printed."""
        accounts = self.accounts
        bypasses = [secret for stack in BRANCHES for secret in self.project(stack)["protectionBypass"]]
        return [
            *(accounts.vercel_deploy_token, accounts.datadog_api_key, accounts.slack_hook, accounts.webhook_token),
            *(accounts.database_password, *bypasses, *self.passwords),
        ]

    # The services, as a person reaches them.

    def github(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A call as the operator."""
        return self._call("github", method, path, body, token=self.accounts.github_token, query=query)

    def vercel(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A call as the operator."""
        query = {"teamId": TEAM_ID, **query}
        return self._call("vercel", method, path, body, token=self.accounts.vercel_token, query=query)

    def _call(self, service: str, method: str, path: str, body: Any, *, token: str, query: Mapping[str, str]) -> Any:
        answer = self.http.request(
            method,
            f"{self.urls[service]}{path}",
            json=body,
            params=query,
            headers={"Authorization": f"Bearer {token}"},
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def _runs(self) -> set[str]:
        return set(self.state.collection("github.workflow_runs"))

    def _new(self, before: set[str]) -> list[Mapping[str, Any]]:
        runs = self.state.collection("github.workflow_runs")
        return [runs[number] for number in sorted(self._runs() - before, key=int)]

    def _result(self, before: set[str]) -> RunResult:
        # The end of an earlier run starts one as well.
        (started,) = [run["id"] for run in self._new(before) if run["event"] != "workflow_run"]
        return self._ended(started)

    def _ended(self, number: int) -> RunResult:
        result = self.runner.wait(number, 300)
        leaked = [secret for secret in self.secrets if secret in result.log + result.summary]
        assert not leaked, f"{len(leaked)} secrets were printed"
        return result
