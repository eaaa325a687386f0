"""What serves an environment, as GitHub records it: the newest GitHub deployment of the task `serve`.

So whoever may read the repository knows it without a credential of Vercel's. Jobs that name an environment make GitHub
deployments too, of the task `deploy`: those only say that a job ran.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from deploy.clients.github import GitHub, unreadable

TASK = "serve"


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """A deployment that serves.

    Attributes:
        deployment: Vercel's ID of it.
        commit: what it was built from; may be empty.
        url: where it can be seen.
        by: who brought it there.
        run: the address of the run that did; may be empty.
        kind: `release` or `rollback`.
        taken_back: of a rollback, the ID of what it took back, once Datadog was told of that; may be empty.
        since: when, in ISO 8601; empty before it is recorded.
    """

    deployment: str
    commit: str
    url: str
    by: str
    run: str
    kind: str
    taken_back: str = ""
    since: str = ""

    def __str__(self) -> str:
        commit = f" (commit {self.commit[:12]})" if self.commit else ""
        return f"{self.deployment}{commit} since {self.since or 'now'}, by {self.by}, through a {self.kind}"


def newest(github: GitHub, environment: str) -> Serving | None:
    """What was recorded last; None where nothing ever was. `GET /repos/{owner}/{repo}/deployments`.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    name = f"what serves {environment}"
    found = github.get(name, "/deployments", list, environment=environment, task=TASK, per_page="1")
    try:
        return _serving(found[0]) if found else None
    except (KeyError, TypeError, ValueError):
        raise unreadable(name) from None


def write(github: GitHub, environment: str, ref: str, serving: Serving) -> bool:
    """Record what serves, unless that is what was recorded last; a rollback also where it took something else back.

    `POST /repos/{owner}/{repo}/deployments` and `…/deployments/{id}/statuses`.

    Args:
        github: the repository.
        environment: its name.
        ref: the branch, where the commit is not known.
        serving: what serves.

    Returns:
        Whether there was something to record.

    Raises:
        CallFailedError: when GitHub did not say that it recorded it.
    """
    last = newest(github, environment)
    if last is not None and last.deployment == serving.deployment and serving.taken_back in ("", last.taken_back):
        return False
    payload = {field: value for field, value in asdict(serving).items() if field != "since"}
    body = {
        "ref": serving.commit or ref,
        "task": TASK,
        "environment": environment,
        "description": f"{serving.deployment} serves"[:140],
        "payload": payload,
        # It records what is there, and asks for nothing.
        "auto_merge": False,
        "required_contexts": [],
    }
    name = f"record what serves {environment}"
    made = github.send(name, "POST", "/deployments", body)
    try:
        path = f"/deployments/{made['id']}/statuses"
    except (KeyError, TypeError):
        raise unreadable(name) from None
    status = {"state": "success", "environment_url": serving.url, "log_url": serving.run, "description": "serves"}
    github.send(name, "POST", path, {field: value for field, value in status.items() if value})
    return True


def _serving(record: Mapping[str, Any]) -> Serving:
    payload = record["payload"]
    written = json.loads(payload) if isinstance(payload, str) else payload
    fields = {field: str(written[field]) for field in ("deployment", "commit", "url", "by", "run", "kind")}
    return Serving(**fields, taken_back=str(written.get("taken_back", "")), since=record["created_at"])
