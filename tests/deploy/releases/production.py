"""An environment in the sandbox's world with a deployment that serves, and the commands run against it."""

import io
import json
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2

from deploy.cli import main
from deploy.clock import Clock
from sandbox.world import exchanges, faults
from sandbox.world.edge import environment
from sandbox.world.exchanges import Exchange
from sandbox.world.state import State
from sandbox.world.vercel.project_store import DEPLOYMENTS, PROJECTS
from tests.deploy.ended import Ended

TEAM = "team_production"
TOKEN = "verceltokenoftheworkflow"
BYPASS = "b" * 32
DOMAIN = "ai-tools.example.com"
HOOK = "T0TEAM/B0HOOK/slacksecretslacksecret"
DATADOG_KEY = "d" * 32
WEBHOOK_TOKEN = "token-of-the-webhooks"
DATADOG_APP_KEY = "a7" * 20
GITHUB_TOKEN = "ghs_token_of_the_workflow"
SECRETS = (TOKEN, BYPASS, HOOK, DATADOG_KEY, DATADOG_APP_KEY, GITHUB_TOKEN, WEBHOOK_TOKEN)
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class InstantClock(Clock):
    """Goes on by what is slept, at once. Each thread has its own, so that none runs into another's deadline."""

    def __init__(self) -> None:
        self._slept = threading.local()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=getattr(self._slept, "seconds", 0.0))

    def monotonic(self) -> float:
        return time.monotonic() + getattr(self._slept, "seconds", 0.0)

    def sleep(self, seconds: float) -> None:
        self._slept.seconds = getattr(self._slept, "seconds", 0.0) + seconds


@dataclass(frozen=True, kw_only=True, slots=True)
class Production:
    """The project, its domain, and what is known of both."""

    state: State
    urls: Mapping[str, str]
    authority: Path
    http: httpx2.Client
    project: str
    environ: dict[str, str] = field(default_factory=dict)

    def deploy(self, version: str, *, ready: bool = True, **more: Any) -> str:
        """Make a production deployment that serves nothing, by default one that is ready; its ID."""
        health = json.dumps({"status": "ok", "version": version})
        contents = {"config.json": '{"version":3}', "static/index.html": version, "static/api/health": health}
        answer = self.http.post(
            "/v13/deployments",
            params={"teamId": TEAM, "prebuilt": "1"},
            json={
                "name": "ai-tools",
                "project": self.project,
                "target": "production",
                "autoAssignCustomDomains": False,
                "files": [{"file": f".vercel/output/{name}", "data": text} for name, text in contents.items()],
                "meta": {"version": version, "commit": f"{version}-commit"},
                **more,
            },
        )
        identifier = answer.raise_for_status().json()["id"]
        while ready and self.look(identifier)["readyState"] != "READY":
            pass
        return identifier

    def serve(self, deployment: str, kind: str = "promote") -> None:
        """Let Vercel move production, as somebody else might."""
        path = (
            f"/v10/projects/{self.project}/promote/{deployment}"
            if kind == "promote"
            else f"/v9/projects/{self.project}/rollback/{deployment}"
        )
        self.http.post(path, params={"teamId": TEAM}, json={}).raise_for_status()
        while self.serving != deployment:
            self.http.get(f"/v9/projects/{self.project}", params={"teamId": TEAM}).raise_for_status()

    def look(self, deployment: str) -> dict[str, Any]:
        """A deployment as Vercel shows it."""
        return self.http.get(f"/v13/deployments/{deployment}", params={"teamId": TEAM}).raise_for_status().json()

    @property
    def serving(self) -> str | None:
        """The ID of what serves."""
        return self.state.collection(PROJECTS)[self.project]["production"]

    def carrying(self, version: str) -> list[str]:
        """The IDs of the deployments of a version."""
        made = self.state.collection(DEPLOYMENTS)
        return [name for name in made if made[name]["meta"].get("version") == version]

    def arm(self, **fault: Any) -> None:
        """Arm a fault."""
        faults.add(self.state, faults.Fault(**fault))

    def disarm(self) -> None:
        """Let every call succeed again."""
        self.state.collection("faults").clear()

    @property
    def messages(self) -> list[str]:
        """What Slack shows."""
        return [message["text"] for message in self.state.collection("slack.messages").values()]

    @property
    def events(self) -> list[dict[str, Any]]:
        """What Datadog shows, in order."""
        return list(self.state.collection("datadog.events").values())

    def events_of(self, kind: str) -> list[dict[str, str]]:
        """The tags of the events of a kind."""
        tagged = [dict(tag.split(":", 1) for tag in event["tags"]) for event in self.events]
        return [tags for tags in tagged if tags["kind"] == kind]

    @property
    def dora(self) -> dict[str, Any]:
        """The attributes of Datadog's DORA deployments, by their IDs."""
        kept = self.state.collection("datadog.dora_deployments")
        return {name: made["attributes"] for name, made in kept.items()}

    def asked(self, service: str) -> list[str]:
        """The paths that a service was asked for."""
        return [exchange.path for _, exchange in self.exchanges() if exchange.service == service]

    def exchanges(self, after: int = 0) -> list[tuple[int, Exchange]]:
        """What was asked of the world after a given exchange."""
        return exchanges.since(self.state, after)

    def run(self, *argv: str, timeout_seconds: float = 5.0, **environ: str) -> Ended:
        """Run a command in this process, with the secrets and variables of the environment."""
        out, err = io.StringIO(), io.StringIO()
        code = main(
            argv,
            environ={**self.environ, **environ},
            clock=InstantClock(),
            timeout_seconds=timeout_seconds,
            out=out,
            err=err,
        )
        ended = Ended(code=code, out=out.getvalue(), err=err.getvalue())
        for secret in SECRETS:
            assert secret not in ended.out + ended.err, f"a secret was printed:\n{ended}"
        return ended


def prepare(state: State, urls: Mapping[str, str], authority: Path, http: httpx2.Client) -> Production:
    """The environment: a project with a domain and a bypass, Slack, Datadog and the webhooks."""
    project = http.post("/v8/projects", params={"teamId": TEAM}, json={"name": "ai-tools"}).raise_for_status().json()
    path = f"/v10/projects/{project['id']}"
    settings = {"autoAssignCustomDomains": False, "ssoProtection": {"deploymentType": "all_except_custom_domains"}}
    http.patch(f"/v9/projects/{project['id']}", params={"teamId": TEAM}, json=settings).raise_for_status()
    http.post(f"{path}/domains", params={"teamId": TEAM}, json={"name": DOMAIN}).raise_for_status()
    http.patch(
        f"{path}/protection-bypass", params={"teamId": TEAM}, json={"generate": {"secret": BYPASS}}
    ).raise_for_status()
    state.collection("slack.webhooks")[HOOK] = {"channel": "deploys"}
    state.collection("webhooks.tokens")[WEBHOOK_TOKEN] = {"name": "pipeline"}
    environ = {
        **environment(urls, authority),
        "VERCEL_TOKEN": TOKEN,
        "VERCEL_ORG_ID": TEAM,
        "VERCEL_PROJECT_ID": project["id"],
        "VERCEL_BYPASS": BYPASS,
        "DOMAIN": DOMAIN,
        "ENVIRONMENT": "production",
        "SERVICE": "ai-tools",
        "SLACK_WEBHOOK": f"https://hooks.slack.com/services/{HOOK}",
        "DATADOG_API_KEY": DATADOG_KEY,
        "DATADOG_SITE": "datadoghq.com",
        "DB_ROLLBACK_WEBHOOK": f"{urls['webhooks']}/database-rollback",
        "DB_ROLLBACK_TOKEN": WEBHOOK_TOKEN,
        "GITHUB_ACTOR": "octocat",
        "GITHUB_RUN_ID": "4711",
        "GITHUB_REPOSITORY": "acme/ai-tools",
    }
    return Production(state=state, urls=urls, authority=authority, http=http, project=project["id"], environ=environ)
