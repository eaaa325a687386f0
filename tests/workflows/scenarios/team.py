"""What a team does with its delivered workflows, and beside them at Vercel."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nacl.public import PublicKey, SealedBox

from sandbox.actions import team
from sandbox.actions.moments import StartingStep, WaitingJob
from sandbox.actions.result import RunResult
from sandbox.actions.team import REVIEWER
from sandbox.page.stacks import read_stacks
from tests.example import STACK_FILES

APP = Path(__file__).parent / "app"
TEAM_ID = "team_4fT0ZkqUxVJ1wq7cYp3sN8Lb"
STACKS = {stack.name: stack for stack in read_stacks([*STACK_FILES.values()])}
ALWAYS = "Mon-Sun 00:00-00:00 UTC"


@dataclass
class Team(team.Team):
    """A team that is told of every moment, and releases a page."""

    moments: list[WaitingJob | StartingStep] = field(default_factory=list)
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
        for stack in self.stacks:
            self.serve(stack, self.deploy(stack, f"first-{stack}"))

    def review(self, waiting: WaitingJob) -> None:
        """Answer as the reviewer."""
        self.moments.append(waiting)
        (waiting.approve if self.verdict == "approved" else waiting.reject)(REVIEWER)

    def watch(self, step: StartingStep) -> None:
        """Hand a step that begins to whoever wants to know."""
        self.on_step(step)

    # What the team does.

    def push(self, stack: str, page: str = "All is well") -> RunResult:
        """Push a new page to the stack's branch, and wait for what that starts."""
        before = self.runs
        self.commit(stack, {"page.txt": f"{page} {len(before)}"}, message="Change the page")
        return self.ended_since(before)

    def set_window(self, window: str, freezes: Sequence[str] = ()) -> None:
        """Change when production may be released to."""
        self.set_variable("DEPLOY_WINDOW", window)
        self.set_variable("DEPLOY_FREEZES", json.dumps(list(freezes)))

    def set_secret(self, environment: str, name: str, value: str) -> None:
        """Give an environment another value of a secret."""
        path = f"/environments/{environment}/secrets"
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

    def serving(self, stack: str = "production") -> str:
        """The ID of what serves the stack's domain."""
        return self.project(stack)["production"]

    @property
    def secrets(self) -> list[str]:
        """What must never be printed."""
        return [*super().secrets, *self.passwords]

    def vercel(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """A call as the operator."""
        query = {"teamId": TEAM_ID, **query}
        return self.call("vercel", method, path, body, token=self.accounts.vercel_token, query=query)
