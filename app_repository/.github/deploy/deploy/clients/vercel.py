"""Vercel's API as far as a release needs it (https://vercel.com/docs/rest-api)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from deploy.http_client import Call, CallFailedError, HttpClient
from deploy.settings import Settings, check_url

API = "https://api.vercel.com"
ATTEMPTS = 4
"""How often a call is tried."""
LISTED = 100
"""Deployments on one page of a list: as many as Vercel gives."""
RUNNING = ("pending", "in-progress")
"""The states of an alias request that has not ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Deployment:
    """A deployment, as far as a release looks at it.

    Attributes:
        id: `dpl_…`.
        host: its own address, without a scheme.
        project_id: whose it is; empty where the service does not say, as in a project's own lists.
        target: `production`, or empty for a preview.
        state: `QUEUED`, `BUILDING`, `READY`, `ERROR`, `CANCELED` …
        substate: `STAGED` (never served), `PROMOTED` (has served production), or empty.
        created: milliseconds since 1970.
        can_serve_again: whether Vercel would roll back to it: it served and does not now, and the plan allows it.
        meta: what was written onto it when it was staged.
    """

    id: str
    host: str
    project_id: str
    target: str
    state: str
    substate: str
    created: int
    can_serve_again: bool
    meta: Mapping[str, str]

    @property
    def version(self) -> str:
        """What its health check answers as its version; empty where it was not staged by this program."""
        return self.meta.get("version", "")

    @property
    def commit(self) -> str:
        """The commit it was built from, where that is known."""
        return self.meta.get("commit") or self.meta.get("githubCommitSha", "")

    def __str__(self) -> str:
        return f"{self.id} (commit {self.commit[:12]})" if self.commit else self.id


@dataclass(frozen=True, kw_only=True, slots=True)
class AliasRequest:
    """The last time that somebody asked for production to move, and how far that has come."""

    kind: str
    """`promote` or `rollback`."""
    origin: str
    """The ID of the deployment that served then; may be empty."""
    target: str
    state: str

    @property
    def is_running(self) -> bool:
        """Whether Vercel is still at it."""
        return self.state in RUNNING


@dataclass(frozen=True, kw_only=True, slots=True)
class Project:
    """What a project says of its production."""

    serving: Deployment | None
    alias_request: AliasRequest | None


class Vercel:
    """The calls of one project."""

    def __init__(self, http: HttpClient, settings: Settings) -> None:
        """Take the token, the team and the project from the settings, which must have them."""
        self._http = http
        self._token = settings["VERCEL_TOKEN"]
        self._team = settings["VERCEL_ORG_ID"]
        self.project_id = settings["VERCEL_PROJECT_ID"]
        self.url = settings.get("VERCEL_API_URL", API).rstrip("/")
        check_url(self.url, "VERCEL_API_URL")

    def project(self) -> Project:
        """What serves production, and the last request to move it. `GET /v9/projects/{id}`.

        Raises:
            CallFailedError: when Vercel does not tell.
        """
        answer = self._get("look at the project", f"/v9/projects/{self.project_id}", rollbackInfo="true")
        serving = ((answer.get("targets") or {}).get("production")) or None
        asked = answer.get("lastAliasRequest") or None
        return Project(
            serving=_deployment({"target": "production", **serving}) if serving else None,
            alias_request=AliasRequest(
                kind=asked.get("type", ""),
                origin=asked.get("fromDeploymentId") or "",
                target=asked.get("toDeploymentId") or "",
                state=asked.get("jobStatus", ""),
            )
            if asked
            else None,
        )

    def deployment(self, id_or_host: str) -> Deployment:
        """A deployment by its ID or by a host name that leads to it. `GET /v13/deployments/{idOrUrl}`.

        Raises:
            CallFailedError: when Vercel does not show it; `status` 404 where it does not know it.
        """
        return _deployment(self._get("look the deployment up", f"/v13/deployments/{quote(id_or_host, safe='')}"))

    def production_deployments(self, *, attempts: int = ATTEMPTS) -> list[Deployment]:
        """The newest production deployments that are ready, newest first: served, serving, or staged and no more.

        `GET /v6/deployments`, one page.

        Args:
            attempts: how often Vercel is asked.

        Raises:
            CallFailedError: when Vercel does not tell.
        """
        return self._deployments("list what can serve", attempts=attempts, state="READY", limit=str(LISTED))

    def production_deployments_of(self, version: str) -> list[Deployment]:
        """The production deployments that carry a version, newest first. `GET /v6/deployments`.

        Raises:
            CallFailedError: when Vercel does not tell.
        """
        found = self._deployments("look for the version", **{"meta-version": version}, limit="20")
        return [deployment for deployment in found if deployment.version == version]

    def promote(self, deployment_id: str) -> None:
        """Ask that a production deployment serves. `POST /v10/projects/{id}/promote/{deployment}`: accepted, not done.

        Raises:
            CallFailedError: when Vercel refused, or did not say that it accepted.
        """
        self._move("promote", f"/v10/projects/{self.project_id}/promote/{quote(deployment_id, safe='')}")

    def roll_back(self, deployment_id: str, description: str) -> None:
        """Ask that a former production deployment serves again. `POST /v1/projects/{id}/rollback/{deployment}`.

        Raises:
            CallFailedError: when Vercel refused, or did not say that it accepted.
        """
        path = f"/v1/projects/{self.project_id}/rollback/{quote(deployment_id, safe='')}"
        self._move("roll back", path, description=description[:200])

    def _move(self, name: str, path: str, **query: str) -> None:
        # Asked a second time, it could undo what somebody else did in between.
        call = self._call(name, path, "POST", query, body={}, repeatable=False)
        self._http.send(call)

    def _deployments(self, name: str, *, attempts: int = ATTEMPTS, **query: str) -> list[Deployment]:
        query = {"projectId": self.project_id, "target": "production", **query}
        answer = self._get(name, "/v6/deployments", attempts=attempts, **query)
        found = [_deployment(entry) for entry in answer.get("deployments", [])]
        return sorted(found, key=lambda deployment: deployment.created, reverse=True)

    def _get(self, name: str, path: str, *, attempts: int = ATTEMPTS, **query: str) -> dict[str, Any]:
        call = self._call(name, path, "GET", query, attempts=attempts)
        answer = self._http.send(call, check_json=True).json()
        if not isinstance(answer, dict):
            raise CallFailedError(call, "the answer is no JSON object")
        return answer

    def _call(
        self,
        name: str,
        path: str,
        method: str,
        query: Mapping[str, str],
        *,
        body: Any = None,
        repeatable: bool = True,
        attempts: int = ATTEMPTS,
    ) -> Call:
        return Call(
            name=f"Vercel: {name}",
            url=f"{self.url}{path}?{urlencode({'teamId': self._team, **query})}",
            method=method,
            headers={"authorization": f"Bearer {self._token}"},
            body=body,
            repeatable=repeatable,
            attempts=attempts,
        )


def _deployment(document: Mapping[str, Any]) -> Deployment:
    """A deployment in any of the shapes that Vercel shows it in: alone, in a list, or as what serves a project."""
    substate = document.get("readySubstate") or ""
    candidate = document.get("isRollbackCandidate")
    return Deployment(
        id=document.get("id") or document.get("uid") or "",
        host=document.get("url") or "",
        project_id=document.get("projectId") or "",
        target=document.get("target") or "",
        state=document.get("readyState") or document.get("state") or "",
        substate=substate,
        created=document.get("createdAt") or document.get("created") or 0,
        can_serve_again=candidate if isinstance(candidate, bool) else substate == "PROMOTED",
        meta={name: value for name, value in (document.get("meta") or {}).items() if isinstance(value, str)},
    )
