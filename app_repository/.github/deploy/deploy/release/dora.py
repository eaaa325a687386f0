"""Datadog's DORA records of what served: one for each time that a deployment began to serve.

The record of the first time has the deployment's own ID, so that a rollback can name it later. A deployment that serves
again has another record, with the run in its ID: Datadog knows a rollback by a commit that is deployed again after
another one, and counts the first deployment in between as a change failure
(https://docs.datadoghq.com/dora_metrics/change_failure_detection/). With `DATADOG_APP_KEY` it is told which one failed.
What never served has no record.
"""

from dataclasses import dataclass
from datetime import datetime

from deploy.clients.datadog import Datadog
from deploy.command import Context
from deploy.http_client import CallFailedError


@dataclass(frozen=True, kw_only=True, slots=True)
class Served:
    """A deployment that began to serve.

    Attributes:
        deployment: its ID; may be empty.
        version: its version; may be empty.
        commit: the full SHA it was built from.
        started: when the work on it began.
    """

    deployment: str
    version: str
    commit: str
    started: datetime


def record_release(context: Context, datadog: Datadog, served: Served) -> None:
    """Record a deployment that serves for the first time.

    Raises:
        CallFailedError: when Datadog did not take it, or did not say so.
    """
    _post(context, datadog, served, served.deployment or served.commit, finished=context.clock.now())


def record_rollback(
    context: Context, datadog: Datadog, served: Served, *, taken_back: str, unrecorded: Served | None
) -> None:
    """Record a deployment that serves again, and which one failed instead.

    Args:
        context: what the command works with.
        datadog: the account.
        served: what serves again.
        taken_back: the ID of the deployment that served in between; may be empty.
        unrecorded: that deployment, where its release had not come to record it.

    Raises:
        CallFailedError: when Datadog did not take it, or did not say so.
    """
    if unrecorded is not None and unrecorded.commit:
        _post(context, datadog, unrecorded, unrecorded.deployment, finished=served.started)
    run = context.settings.get("GITHUB_RUN_ID") or f"{served.started:%Y%m%dT%H%M%S}"
    remedy = f"{served.deployment or served.commit}-{run}"
    _post(context, datadog, served, remedy, finished=context.clock.now())
    if not taken_back:
        return
    if not datadog.can_change_deployments:
        context.console.log("There is no DATADOG_APP_KEY: which deployment failed, Datadog finds out by itself.")
        return
    try:
        datadog.mark_change_failure(taken_back, remedied_by=remedy)
    except CallFailedError as error:
        context.console.warn(f"Datadog may not count {taken_back} as a change failure: it {error.why}.")


def _post(context: Context, datadog: Datadog, served: Served, identifier: str, *, finished: datetime) -> None:
    settings = context.settings
    datadog.post_deployment(
        identifier=identifier,
        service=settings["SERVICE"],
        environment=settings["ENVIRONMENT"],
        version=served.version or served.commit,
        commit=served.commit,
        repository=f"{settings.get('GITHUB_SERVER_URL', 'https://github.com')}/{settings.get('GITHUB_REPOSITORY')}",
        team=settings.get("TEAM"),
        started=served.started,
        # A clock that was set back meanwhile is no reason for Datadog to refuse.
        finished=max(served.started, finished),
    )
