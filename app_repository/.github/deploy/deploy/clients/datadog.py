"""Datadog's events (https://docs.datadoghq.com/api/latest/events/) and DORA metrics (…/dora-metrics/).

An API key sends events and deployments. Changing what was sent needs an application key as well, whose owner, or whose
scope, has `dora_metrics_write`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from deploy.http_client import Call, HttpClient
from deploy.settings import Settings

DEFAULT_SITE = "datadoghq.com"
HURRIED_SECONDS = 5.0
"""Seconds that an event may take which is not worth waiting for."""


class Datadog:
    """The calls of one account."""

    def __init__(self, http: HttpClient, settings: Settings) -> None:
        """Take key and site from the settings, which must have `DATADOG_API_KEY`."""
        self._http = http
        self._key = settings["DATADOG_API_KEY"]
        self._application_key = settings.get("DATADOG_APP_KEY")
        self._url = f"https://api.{settings.get('DATADOG_SITE', DEFAULT_SITE)}"

    def post_event(
        self, title: str, text: str, *, alert_type: str, key: str, tags: Sequence[str], hurried: bool = False
    ) -> None:
        """Put an event onto graphs and into monitors. `POST /api/v1/events`.

        Args:
            title: shown on one line.
            text: what happened.
            alert_type: `success`, `info`, `warning` or `error`.
            key: events of the same key are shown as one.
            tags: `name:value`.
            hurried: whether it is tried once, and briefly, for it is not worth waiting for.

        Raises:
            CallFailedError: when Datadog did not take it, or did not say so.
        """
        body = {
            "title": title,
            "text": text[:4000],
            "alert_type": alert_type,
            "aggregation_key": key[:100],
            "tags": list(tags),
        }
        self._send("event", "POST", "/api/v1/events", body, hurried=hurried)

    def post_deployment(
        self,
        *,
        identifier: str,
        service: str,
        environment: str,
        version: str,
        commit: str,
        repository: str,
        team: str,
        **span: datetime,
    ) -> None:
        """Record a deployment for the DORA metrics. `POST /api/v2/dora/deployment`.

        Args:
            identifier: the record's, of 16 to 128 letters, digits, `-`, `_`, `.` and `:`.
            service: whose deployment it is.
            environment: where it serves.
            version: which version serves.
            commit: the full SHA it was built from.
            repository: the repository's address.
            team: whose service it is; may be empty.
            span: `started` and `finished`.

        Raises:
            CallFailedError: when Datadog did not take it, or did not say so.
        """
        attributes: dict[str, Any] = {
            "id": identifier,
            "service": service,
            "env": environment,
            "version": version,
            "started_at": _nanoseconds(span["started"]),
            "finished_at": _nanoseconds(span["finished"]),
            "git": {"commit_sha": commit, "repository_url": repository},
        }
        if team:
            attributes["team"] = team
        self._send("DORA deployment", "POST", "/api/v2/dora/deployment", {"data": {"attributes": attributes}})

    @property
    def can_change_deployments(self) -> bool:
        """Whether there is an application key."""
        return bool(self._application_key)

    def mark_change_failure(self, identifier: str, *, remedied_by: str) -> None:
        """Say that a deployment failed, and which one remedied it by a rollback. `PATCH /api/v2/dora/deployments/{id}`.

        Args:
            identifier: the record's.
            remedied_by: the record of the deployment that serves again.

        Raises:
            CallFailedError: when Datadog did not take it, or did not say so.
        """
        attributes = {"change_failure": True, "remediation": {"type": "rollback", "id": remedied_by}}
        data = {"id": identifier, "type": "dora_deployment_patch_request", "attributes": attributes}
        self._send(
            "DORA change failure", "PATCH", f"/api/v2/dora/deployments/{quote(identifier, safe=':')}", {"data": data}
        )

    def _send(self, name: str, method: str, path: str, body: Mapping[str, Any], *, hurried: bool = False) -> None:
        headers = {"dd-api-key": self._key}
        if method == "PATCH":
            headers["dd-application-key"] = self._application_key
        call = Call(
            name=f"Datadog: {name}",
            url=f"{self._url}{path}",
            method=method,
            headers=headers,
            body=body,
            repeatable=False,
        )
        self._http.send(replace(call, attempts=1, timeout_seconds=HURRIED_SECONDS) if hurried else call)


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
