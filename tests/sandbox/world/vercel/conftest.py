import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from sandbox.world.server import running
from sandbox.world.state import State
from sandbox.world.vercel.seed import seed

TEAM = "team_AiTools00000000000000000"
OTHER_TEAM = "team_Somebody0000000000000000"
TOKEN = "0123456789abcdef01234567"
OTHER_TOKEN = "89abcdef0123456789abcdef"
OUTPUT = {".vercel/output/config.json": b'{"version":3}', ".vercel/output/static/index.html": b"<h1>one</h1>"}


@dataclass(frozen=True, slots=True)
class Vercel:
    """A client of a served world in which two teams exist, with what most tests need first."""

    state: State
    http: httpx2.Client

    def call(
        self, method: str, path: str, body: Any = None, *, token: str = TOKEN, team: str | None = TEAM, **query: Any
    ) -> tuple[int, Any]:
        """The status and the JSON that a call is answered with."""
        parameters = {**({} if team is None else {"teamId": team}), **query}
        headers = {"authorization": f"Bearer {token}"}
        answer = self.http.request(method, path, params=parameters, json=body, headers=headers)
        return answer.status_code, answer.json() if answer.content else None

    def done(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of a call that must succeed."""
        status, answer = self.call(method, path, body, **query)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str, str]:
        """The status, code and message of a call that must fail."""
        status, answer = self.call(method, path, body, **query)
        assert status >= 400, f"{method} {path}: {status} {answer}"
        return status, answer["error"]["code"], answer["error"]["message"]

    def project(self, name: str = "ai-tools", domain: str | None = "ai-tools.example.com") -> str:
        """The ID of a new project as the stacks make it: no domain is assigned by itself."""
        project = self.done("POST", "/v8/projects", {"name": name, "framework": "nextjs"})["id"]
        self.done("PATCH", f"/v9/projects/{project}", {"autoAssignCustomDomains": False})
        if domain is not None:
            self.done("POST", f"/v10/projects/{project}/domains", {"name": domain})
        return project

    def upload(self, content: bytes, *, digest: str | None = None) -> int:
        """Upload a file; returns the status."""
        digest = digest or hashlib.sha1(content, usedforsecurity=False).hexdigest()
        headers = {"authorization": f"Bearer {TOKEN}", "x-now-digest": digest}
        return self.http.post("/v2/files", params={"teamId": TEAM}, content=content, headers=headers).status_code

    def deployment(self, project: str, *, ready: bool = True, **more: Any) -> str:
        """The ID of a new production deployment, by default one that is ready."""
        for content in OUTPUT.values():
            assert self.upload(content) == 200
        deployment = self.done("POST", "/v13/deployments", request_of(project, **more), prebuilt=1)["id"]
        while ready and self.done("GET", f"/v13/deployments/{deployment}")["readyState"] != "READY":
            pass
        return deployment

    def promoted(self, project: str, deployment: str) -> None:
        """Promote a deployment and wait until it serves."""
        self.done("POST", f"/v10/projects/{project}/promote/{deployment}")
        assert self.settled(project) == "succeeded"

    def rolled_back(self, project: str, deployment: str) -> None:
        """Roll back to a deployment and wait until it serves."""
        self.done("POST", f"/v9/projects/{project}/rollback/{deployment}")
        assert self.settled(project) == "succeeded"

    def settled(self, project: str) -> str:
        """How the last promotion or rollback ended."""
        while True:
            status = self.done("GET", f"/v9/projects/{project}", rollbackInfo="true")["lastAliasRequest"]["jobStatus"]
            if status not in ("pending", "in-progress"):
                return status

    def serving(self, project: str) -> str | None:
        """The deployment that production serves."""
        return self.done("GET", f"/v9/projects/{project}")["targets"].get("production", {}).get("id")


def request_of(project: str, **more: Any) -> dict[str, Any]:
    """What the CLI sends for `deploy --prebuilt --prod --skip-domain`."""
    files = [
        {
            "file": name,
            "sha": hashlib.sha1(content, usedforsecurity=False).hexdigest(),
            "size": len(content),
            "mode": 33188,
        }
        for name, content in OUTPUT.items()
    ]
    return {
        "name": "ai-tools",
        "project": project,
        "target": "production",
        "source": "cli",
        "version": 2,
        "autoAssignCustomDomains": False,
        "files": files,
        **more,
    }


@pytest.fixture
def vercel() -> Iterator[Vercel]:
    with running() as (state, urls), httpx2.Client(base_url=urls["vercel"]) as http:
        seed(state, TEAM, "ai-tools", "pro")
        seed(state, OTHER_TEAM, "somebody", "pro")
        state.collection("vercel.tokens")[TOKEN] = {"user": "operator", "teams": [TEAM]}
        state.collection("vercel.tokens")[OTHER_TOKEN] = {"user": "stranger", "teams": [OTHER_TEAM]}
        yield Vercel(state, http)
