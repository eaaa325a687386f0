"""Datadog's events (https://docs.datadoghq.com/api/latest/events/) and DORA metrics (…/dora-metrics/)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from deploy.http_client import Call, HttpClient
from deploy.settings import Settings

DEFAULT_SITE = "datadoghq.com"


class Datadog:
    """The calls of one account."""

    def __init__(self, http: HttpClient, settings: Settings) -> None:
        """Take key and site from the settings, which must have `DATADOG_API_KEY`."""
        self._http = http
        self._key = settings["DATADOG_API_KEY"]
        self._url = f"https://api.{settings.get('DATADOG_SITE', DEFAULT_SITE)}"

    def post_event(self, title: str, text: str, *, alert_type: str, key: str, tags: Sequence[str]) -> None:
        """Put an event onto graphs and into monitors. `POST /api/v1/events`.

        Args:
            title: shown on one line.
            text: what happened.
            alert_type: `success`, `info`, `warning` or `error`.
            key: events of the same key are shown as one.
            tags: `name:value`.

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
        self._post("event", "/api/v1/events", body)

    def post_deployment(
        self,
        *,
        identifier: str,
        service: str,
        environment: str,
        version: str,
        commit: str,
        repository: str,
        **span: datetime,
    ) -> None:
        """Record a deployment for the DORA metrics. `POST /api/v2/dora/deployment`.

        Args:
            identifier: the deployment's own; Datadog keeps one record for each.
            service: whose deployment it is.
            environment: where it serves.
            version: which version serves.
            commit: the full SHA it was built from.
            repository: the repository's address.
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
        self._post("DORA deployment", "/api/v2/dora/deployment", {"data": {"attributes": attributes}})

    def _post(self, name: str, path: str, body: Mapping[str, Any]) -> None:
        self._http.send(
            Call(
                name=f"Datadog: {name}",
                url=f"{self._url}{path}",
                method="POST",
                headers={"dd-api-key": self._key},
                body=body,
                repeatable=False,
            )
        )


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
