"""An environment in a world of its own, with deployments to move between, and every call answered late."""

import contextlib
import json
import os
import shutil
import ssl
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

from sandbox.paths import PROJECT
from sandbox.world import exchanges, faults
from sandbox.world.datadog.seed import seed as seed_datadog
from sandbox.world.edge import environment
from sandbox.world.edge.hosts import WEBHOOKS
from sandbox.world.exchanges import Exchange
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.seed import seed as seed_github
from sandbox.world.server import running
from sandbox.world.state import State
from sandbox.world.vercel.project_store import PROJECTS
from sandbox.world.vercel.seed import seed as seed_vercel

PYTHON = Path(sys.executable).resolve()
"""The interpreter behind the virtual environment: the workflows run the system's python3, which has none."""
LATE_SECONDS = 0.1
"""What is added to every call's answer."""
DOMAIN = "ai-tools.example.com"
RUN_ID = "4711"
_DEPLOY = PROJECT / "app_repository/.github/deploy"
_TEAM = "team_bench"
_TOKEN = "tokenofthebench"  # noqa: S105 - known to no service but this world
_BYPASS = "b" * 32
_HOOK = "T0TEAM/B0HOOK/bench"
_DATADOG_KEY = "d" * 32
_EVER = 1_000_000


@dataclass(kw_only=True, slots=True)
class Watch:
    """What the world saw of a rollback or a promotion; seconds count from the start of the process.

    Attributes:
        began: the clock when the process was started.
        calls: every call that reached the world, in order, as service and method.
        answers: what Vercel answered to each call that asked it to change anything.
        asked: when Vercel was first asked to change anything, and after how many calls to Vercel (that one included).
        moved: when production first led to the target, and after how many calls to Vercel; None where it never did.
    """

    began: float
    calls: list[tuple[str, str]] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    asked: tuple[float, int] | None = None
    moved: tuple[float, int] | None = None

    @property
    def vercel_calls(self) -> int:
        """The calls to Vercel so far."""
        return sum(service == "vercel" for service, _ in self.calls)


@dataclass(frozen=True, kw_only=True, slots=True)
class Production:
    """The project, what is known of it, and a fresh copy of the deploy package.

    Attributes:
        state: the world.
        http: a client of the world's Vercel.
        project: the project's ID.
        package: the folder that `python3 -m deploy` runs in. As on a fresh runner, nothing there is compiled.
        environ: the variables of a job.
    """

    state: State
    http: httpx2.Client
    project: str
    package: Path
    environ: Mapping[str, str]

    def deploy(self, version: str) -> str:
        """Make a production deployment that is ready and serves nothing; its ID."""
        health = json.dumps({"status": "ok", "version": version})
        contents = {"config.json": '{"version":3}', "static/index.html": version, "static/api/health": health}
        answer = self.http.post(
            "/v13/deployments",
            params={"prebuilt": "1"},
            json={
                "name": "ai-tools",
                "project": self.project,
                "target": "production",
                "autoAssignCustomDomains": False,
                "files": [{"file": f".vercel/output/{name}", "data": text} for name, text in contents.items()],
                "meta": {"version": version, "commit": version},
            },
        )
        identifier: str = answer.raise_for_status().json()["id"]
        while self.http.get(f"/v13/deployments/{identifier}").raise_for_status().json()["readyState"] != "READY":
            pass
        return identifier

    def serve(self, deployment: str) -> None:
        """Promote a deployment, unless it serves, and wait until it does."""
        if self.serving == deployment:
            return
        self.http.post(f"/v10/projects/{self.project}/promote/{deployment}", json={}).raise_for_status()
        while self.serving != deployment:
            self.look()

    def look(self) -> None:
        """Look at the project, which lets a move that is under way go one step on."""
        self.http.get(f"/v9/projects/{self.project}").raise_for_status()

    @property
    def serving(self) -> str | None:
        """The ID of what serves, as the world has it."""
        return self.state.collection(PROJECTS)[self.project]["production"]

    @property
    def leads_to(self) -> str:
        """The ID of the deployment that the domain leads to, as Vercel says it."""
        return self.http.get(f"/v13/deployments/{DOMAIN}").raise_for_status().json()["id"]

    @contextlib.contextmanager
    def late(self) -> Iterator[None]:
        """Every call to any service is answered late."""
        key = faults.add(self.state, faults.Fault(kind="slow", seconds=LATE_SECONDS, times=_EVER))
        try:
            yield
        finally:
            faults.lift(self.state, key)

    @contextlib.contextmanager
    def watched(self, target: str) -> Iterator[Watch]:
        """Watch for the moment when production leads to a target, and count the calls until then."""
        watch = Watch(began=time.perf_counter())

        def observe(exchange: Exchange) -> None:
            seconds = time.perf_counter() - watch.began
            watch.calls.append((exchange.service, exchange.method))
            if exchange.service == "vercel" and exchange.method != "GET":
                path = exchange.path.partition("?")[0]
                watch.answers.append(f"{exchange.method} {path}: {exchange.status} {exchange.response_body.decode()}")
                watch.asked = watch.asked or (seconds, watch.vercel_calls)
            if watch.moved is None and self.serving == target:
                watch.moved = seconds, watch.vercel_calls

        exchanges.observers.append(observe)
        try:
            yield watch
        finally:
            exchanges.observers.remove(observe)


@contextlib.contextmanager
def production(folder: Path) -> Iterator[Production]:
    """Serve a world with one project while the context lasts.

    Args:
        folder: an empty folder for the certificate authority and the copy of the deploy package.
    """
    package = folder / "deploy"
    shutil.copytree(_DEPLOY, package, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    authority = folder / "authority.pem"
    with (
        running(certificate_authority=authority) as (state, urls),
        httpx2.Client(
            base_url=urls["vercel"],
            headers={"authorization": f"Bearer {_TOKEN}"},
            params={"teamId": _TEAM},
            trust_env=False,
            verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
        ) as http,
    ):
        project = _prepare(state, http, urls["github"])
        environ = {
            **environment(urls, authority),
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONDONTWRITEBYTECODE": "1",
            "VERCEL_TOKEN": _TOKEN,
            "VERCEL_ORG_ID": _TEAM,
            "VERCEL_PROJECT_ID": project,
            "VERCEL_BYPASS": _BYPASS,
            "DOMAIN": DOMAIN,
            "ENVIRONMENT": "production",
            "SERVICE": "ai-tools",
            "SLACK_WEBHOOK": f"https://hooks.slack.com/services/{_HOOK}",
            "DATADOG_API_KEY": _DATADOG_KEY,
            "DATADOG_SITE": "datadoghq.com",
            **{f"{name}_WEBHOOK": f"https://{WEBHOOKS}/{path}" for name, path in _WEBHOOKS.items()},
            **{f"{name}_TOKEN": _TOKEN for name in (*_WEBHOOKS, "GITHUB")},
            "GITHUB_ACTOR": "octocat",
            "GITHUB_REPOSITORY": "acme/ai-tools",
            "GITHUB_RUN_ID": RUN_ID,
            "GITHUB_SHA": "0" * 40,
        }
        yield Production(state=state, http=http, project=project, package=package, environ=environ)


_WEBHOOKS = {"BACKUP": "backup", "DB_ROLLBACK": "database-rollback"}


def _prepare(state: State, http: httpx2.Client, github: str) -> str:
    """A team, its project with a domain, Slack, Datadog, the webhooks and an approved run; the project's ID."""
    seed_vercel(state, _TEAM, "acme", "pro")
    seed_datadog(state, api_key=_DATADOG_KEY, app_key="a" * 40)
    state.collection("vercel.tokens")[_TOKEN] = {"user": "operator", "teams": [_TEAM]}
    state.collection("slack.webhooks")[_HOOK] = {"channel": "deploys"}
    state.collection("webhooks.tokens")[_TOKEN] = {"name": "pipeline"}
    seed_github(state, owner="acme", repository="ai-tools", branches=["main"])
    grant_token(state, _TOKEN, login="operator", scopes=["repo"])
    asked = "production-database"
    http.put(
        f"{github}/repos/acme/ai-tools/environments/{asked}", json={}, headers={"authorization": f"Bearer {_TOKEN}"}
    ).raise_for_status()
    review = {"environment": asked, "login": "operator", "state": "approved", "comment": ""}
    state.collection("github.workflow_runs")[RUN_ID] = {"repository": "acme/ai-tools", "approvals": [review]}
    project: str = http.post("/v8/projects", json={"name": "ai-tools"}).raise_for_status().json()["id"]
    settings = {"autoAssignCustomDomains": False, "ssoProtection": {"deploymentType": "all_except_custom_domains"}}
    http.patch(f"/v9/projects/{project}", json=settings).raise_for_status()
    http.patch(f"/v10/projects/{project}/protection-bypass", json={"generate": {"secret": _BYPASS}}).raise_for_status()
    http.post(f"/v10/projects/{project}/domains", json={"name": DOMAIN}).raise_for_status()
    return project
