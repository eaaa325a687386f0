"""A team's afternoon in a served world, told through the services as its tools would, without running any workflow."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import psycopg
from nacl.public import PublicKey, SealedBox

from sandbox.accounts import Accounts, load_accounts, open_accounts
from sandbox.page.stacks import Stack, read_stacks
from sandbox.paths import PROJECT
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.identifiers import timestamp
from sandbox.world.github.issues import add_comment, open_issue
from sandbox.world.github.users import add_user, find_user
from sandbox.world.github.workflow_run_events import end_run
from sandbox.world.github.workflow_runs import record_review, update_run
from sandbox.world.github.workflows import workflows_at
from sandbox.world.state import Document, State
from sandbox.world.vercel.project_store import DEPLOYMENTS, DOMAINS, PROJECTS
from tests.example import STACK_FILES
from tests.sandbox.page.aging import AGING, older

FILES = [*STACK_FILES.values()]
STACKS: tuple[Stack, ...] = read_stacks(FILES)
BRANCHES = {stack.name: stack.branch for stack in STACKS}
DOMAIN_OF = {stack.name: stack.domain for stack in STACKS}
REPOSITORY = STACKS[0].repository
TEAM = "team_4fT0ZkqUxVJ1wq7cYp3sN8Lb"
PEOPLE = {"mona": "write", "morgan": "maintain"}
BOT = "github-actions[bot]"


@dataclass
class Story:
    """A world in which the accounts are open, and what its people and programs do there."""

    state: State
    urls: Mapping[str, str]
    http: httpx2.Client
    home: Path
    accounts: Accounts = field(init=False)
    _count: int = 0

    def __post_init__(self) -> None:
        """Open the accounts."""
        self.accounts = load_accounts(self.home)
        open_accounts(self.state, self.accounts, FILES)
        for login, role in PEOPLE.items():
            add_user(self.state, login)
            self.state.collection("github.collaborators")[f"{REPOSITORY}/{login}"] = {"role_name": role}

    @property
    def repository(self) -> Document:
        """The app's."""
        found = find_repository(self.state, *REPOSITORY.split("/"))
        assert found is not None
        return found

    def bring_up(self) -> None:
        """What `make up` leaves, as far as it can be seen: projects, domains, environments, workflows and monitors."""
        workflows = {
            path.relative_to(PROJECT / "app_repository").as_posix(): path.read_bytes()
            for path in (PROJECT / "app_repository/.github/workflows").glob("*.yml")
        }
        person = {"name": "operator", "email": "operator@example.com", "login": "operator"}
        for stack in STACKS:
            ref = f"refs/heads/{stack.branch}"
            said = "Deliver the workflows [skip ci]"
            files: dict[str, bytes | None] = {**workflows}
            history.add_commit(self.state, self.repository, ref, files, message=said, author=person, committer=person)
            made = self.vercel("POST", "/v8/projects", {"name": f"ai-tools-{stack.name}", "framework": "nextjs"})
            self.vercel("PATCH", f"/v9/projects/{made['id']}", {"autoAssignCustomDomains": False})
            self.vercel("POST", f"/v10/projects/{made['id']}/domains", {"name": stack.domain})
            self.vercel("PATCH", f"/v1/projects/{made['id']}/protection-bypass", {"generate": {}})
            for name in (stack.name, f"{stack.name}-database"):
                reviewed = name == "production-database"
                reviewer = find_user(self.state, "octocat") or {}
                reviewers = [{"type": "User", "id": reviewer.get("id")}] if reviewed else []
                body = {"reviewers": reviewers, "prevent_self_review": reviewed}
                self.github("PUT", f"/repos/{REPOSITORY}/environments/{name}", body)
            for number, watched in enumerate(("a deployment failed", "users see errors", "pages are slow")):
                self.datadog("/api/v1/monitor", _monitor(f"ai-tools {stack.name}: {watched}", stack.name, number + 1))

    # What people do.

    def push(self, environment: str, message: str, *, login: str = "mona") -> Document:
        """Push a commit; the run that it starts."""
        before = set(self.state.collection("github.workflow_runs"))
        token = f"ghp_{login}"
        self.state.collection("github.tokens")[token] = {"login": login, "type": "User", "scopes": ["repo", "workflow"]}
        self._count += 1
        content = base64.b64encode(f"{message} {self._count}".encode()).decode()
        body = {"message": message, "branch": BRANCHES[environment], "content": content}
        self.github("PUT", f"/repos/{REPOSITORY}/contents/app/page-{self._count}.tsx", body, token=token)
        runs = self.state.collection("github.workflow_runs")
        (started,) = [runs[number] for number in runs if number not in before]
        return started

    def issue(self, title: str, *, login: str = "mona") -> int:
        """Open an issue."""
        return open_issue(self.state, self.repository, login=login, title=title)

    def comment(self, issue: int, text: str, *, login: str = "morgan", reactions: tuple[str, ...] = ()) -> None:
        """Comment on it."""
        number = str(add_comment(self.state, self.repository, issue, login=login, body=text))
        comments = self.state.collection("github.comments")
        comments[number] = {**comments[number], "reactions": [{"content": name} for name in reactions]}

    def lock(self, environment: str, reason: str, *, by: str = "morgan") -> None:
        """Hold an environment, as `deploy` does."""
        lock = {"environment": environment, "reason": reason, "by": by, "since": timestamp(), "link": ""}
        person = {"name": by, "email": f"{by}@example.com", "login": by}
        files: dict[str, bytes | None] = {"lock.json": json.dumps(lock).encode()}
        ref = f"refs/heads/deploy-lock/{environment}"
        said = f"Lock {environment} [skip ci]"
        history.add_commit(self.state, self.repository, ref, files, message=said, author=person, committer=person)

    # What programs do.

    def jobs(self, run: Document, ended: int | None = None, failed: str = "") -> None:
        """Let the first jobs of a run end; all of them by default."""
        commit = history.find_commit(self.state, self.repository, run["sha"])
        assert commit is not None
        (file,) = [file for file in workflows_at(self.state, commit) if file.path == run["path"]]
        names = [(job, name) for job, name in file.jobs.items() if job != "rollback"]
        moment = timestamp()
        nothing: list[Document] = []
        documents = [
            {
                "id": job,
                "name": name,
                "status": "completed",
                "conclusion": "failure" if name == failed else "success",
                "started_at": moment,
                "completed_at": moment,
                "steps": nothing,
                "log": f"{job} | Run | done\n",
            }
            for job, name in names[:ended]
        ]
        update_run(self.state, run["id"], status="in_progress", jobs=documents)

    def wait(self, run: Document) -> None:
        """Let a run wait for its reviewer."""
        update_run(self.state, run["id"], status="waiting", waiting_for=["production-database"])

    def approve(self, run: Document, login: str = "octocat") -> None:
        """Let it go on."""
        record_review(
            self.state, run["id"], environment="production-database", login=login, verdict="approved", comment=""
        )
        update_run(self.state, run["id"], status="in_progress")

    def end(self, run: Document, conclusion: str = "success", failed: str = "") -> None:
        """Let a run end."""
        self.jobs(run, failed=failed)
        end_run(self.state, run["id"], conclusion=conclusion)

    def stage(self, environment: str, run: Document, *, login: str = "mona") -> str:
        """A deployment of the run's commit that serves no domain yet; its ID."""
        project = self.project(environment)
        health = json.dumps({"status": "ok", "version": run["head_sha"]})
        contents = {"config.json": '{"version":3}', "static/index.html": "AI tools", "static/api/health": health}
        link = f"https://github.com/{REPOSITORY}/actions/runs/{run['id']}"
        version = f"{run['head_sha']}-{run['id']}-1"
        meta = {"version": version, "commit": run["head_sha"], "ref": run["head_branch"], "actor": login, "run": link}
        body = {
            "name": project["name"],
            "project": project["id"],
            "target": "production",
            "autoAssignCustomDomains": False,
            "files": [{"file": f".vercel/output/{name}", "data": text} for name, text in contents.items()],
            "meta": meta,
        }
        made = self.vercel("POST", "/v13/deployments", body, prebuilt="1")["id"]
        while self.vercel("GET", f"/v13/deployments/{made}")["readyState"] != "READY":
            pass
        return made

    def promote(self, environment: str, deployment: str) -> None:
        """Let a deployment serve."""
        project = self.project(environment)["id"]
        self.vercel("POST", f"/v10/projects/{project}/promote/{deployment}", {})
        while self.project(environment)["production"] != deployment:
            self.vercel("GET", f"/v9/projects/{project}")

    def roll_back(self, environment: str, deployment: str) -> None:
        """Let one serve again."""
        project = self.project(environment)["id"]
        self.vercel("POST", f"/v9/projects/{project}/rollback/{deployment}", {})
        while self.project(environment)["production"] != deployment:
            self.vercel("GET", f"/v9/projects/{project}")

    def record(self, environment: str, deployment: str, *, by: str = "mona", kind: str = "release") -> None:
        """Record what serves, as releases do."""
        document = self.state.collection(DEPLOYMENTS)[deployment]
        payload = {"deployment": deployment, "commit": document["meta"]["commit"], "by": by, "kind": kind}
        none: list[str] = []
        body = {
            "ref": document["meta"]["commit"],
            "task": "serve",
            "environment": environment,
            "payload": payload,
            "auto_merge": False,
            "required_contexts": none,
        }
        self.github("POST", f"/repos/{REPOSITORY}/deployments", body)

    def release(self, environment: str, message: str, *, login: str = "mona", minutes: float = 0) -> str:
        """A push that serves in the end, and everything that is said of it; the deployment's ID.

        Args:
            environment: where.
            message: the commit's.
            login: who pushes.
            minutes: how much time passes while it is under way.
        """
        run = self.push(environment, message, login=login)
        self.let_pass(minutes / 2)
        self.jobs(run, 4)
        deployment = self.stage(environment, run, login=login)
        if environment == "production":
            self.backup(environment)
            self.wait(run)
            self.approve(run)
        self.let_pass(minutes / 2)
        self.promote(environment, deployment)
        self.visit(DOMAIN_OF[environment])
        self.record(environment, deployment, by=login)
        name = environment.title()
        self.slack(f":rocket: {name} deployment successful: https://{DOMAIN_OF[environment]} By {login}.")
        self.event(f"{name} Deployment", f"New version deployed to {environment} by {login}", environment)
        self.end(run)
        return deployment

    def slack(self, text: str) -> None:
        """Post into the team's channel."""
        url = f"{self.urls['slack']}/services/{self.accounts.slack_hook}"
        assert self.http.post(url, json={"text": text}).is_success

    def event(self, title: str, text: str, environment: str, alert_type: str = "success") -> None:
        """Tell Datadog."""
        tags = [f"env:{environment}", "service:ai-tools"]
        self.datadog("/api/v1/events", {"title": title, "text": text, "tags": tags, "alert_type": alert_type})

    def visit(self, host: str, path: str = "/api/health") -> int:
        """Look at a site as a visitor does; the status of the answer."""
        return self.http.get(f"{self.urls['site']}{path}", headers={"Host": host}).status_code

    def backup(self, environment: str) -> None:
        """Have the database saved."""
        headers = {"Authorization": f"Bearer {self.accounts.webhook_token}"}
        answer = self.http.post(f"{self.urls['webhooks']}/backup", json={"environment": environment}, headers=headers)
        assert answer.is_success

    def set_secret(self, environment: str, name: str, value: str) -> None:
        """Give an environment of GitHub a secret."""
        path = f"/repos/{REPOSITORY}/environments/{environment}/secrets"
        key = self.github("GET", f"{path}/public-key")
        sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(value.encode())
        body = {"encrypted_value": base64.b64encode(sealed).decode(), "key_id": key["key_id"]}
        self.github("PUT", f"{path}/{name}", body)

    def let_pass(self, minutes: float) -> None:
        """Let everything so far be older."""
        for name in AGING:
            collection = self.state.collection(name)
            for key, document in list(collection.items()):
                collection[key] = older(document, timedelta(minutes=minutes))

    # The services.

    def project(self, environment: str) -> Document:
        """The environment's project at Vercel."""
        return self.state.collection(PROJECTS)[self.state.collection(DOMAINS)[DOMAIN_OF[environment]]["projectId"]]

    def github(self, method: str, path: str, body: Any = None, *, token: str = "") -> Any:
        """A call to GitHub, as the operator unless another's token is given."""
        headers = {"Authorization": f"Bearer {token or self.accounts.github_token}"}
        return self._call(method, f"{self.urls['github']}{path}", body, headers)

    def vercel(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A call to Vercel, as the operator."""
        headers = {"Authorization": f"Bearer {self.accounts.vercel_token}"}
        return self._call(method, f"{self.urls['vercel']}{path}", body, headers, teamId=TEAM, **query)

    def datadog(self, path: str, body: Any) -> Any:
        """A call to Datadog."""
        headers = {"DD-API-KEY": self.accounts.datadog_api_key, "DD-APPLICATION-KEY": self.accounts.datadog_app_key}
        return self._call("POST", f"{self.urls['datadog']}{path}", body, headers)

    def _call(self, method: str, url: str, body: Any, headers: Mapping[str, str], **query: str) -> Any:
        answer = self.http.request(method, url, json=body, params=query, headers=headers)
        assert answer.is_success, f"{method} {url}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def write_ledger(url: str, migrations: Sequence[tuple[str, str, str, float]]) -> None:
    """Make the ledger of a database, as `deploy migrate up` leaves it.

    Args:
        url: the database's address.
        migrations: revision, kind, state, and how many minutes ago it ended.
    """
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE deploy_migrations (revision text PRIMARY KEY, number int, kind text, state text,"
            " attempts int, rows_done bigint, began timestamptz, ended timestamptz, actor text, error text)"
        )
        for number, (revision, kind, state, minutes) in enumerate(migrations, 1):
            connection.execute(
                "INSERT INTO deploy_migrations VALUES"
                " (%s, %s, %s, %s, 1, 0, now() - %s, CASE WHEN %s THEN NULL ELSE now() - %s END, 'mona', '')",
                (
                    revision,
                    number,
                    kind,
                    state,
                    *[timedelta(minutes=minutes), state == "running"],
                    timedelta(minutes=minutes),
                ),
            )


def _monitor(name: str, environment: str, priority: int) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query alert",
        "query": f"avg(last_15m):avg:synthetics.http.response.time{{env:{environment}}} > {1000 + priority}",
        "message": "Look at it. @slack-acme-deploys",
        "tags": [f"env:{environment}", "service:ai-tools"],
        "priority": priority,
        "options": {"thresholds": {"critical": 1000 + priority}, "on_missing_data": "show_no_data"},
    }
