"""The vercel provider: its configuration and its resources.

The real one always speaks to https://api.vercel.com; the stand-in is told where to go when it is served.
"""

import os
import re
from collections.abc import Iterator

from sandbox.providers.http_client import (
    FORBIDDEN,
    NOT_FOUND,
    TOO_MANY_REQUESTS,
    Answer,
    CallError,
    HttpClient,
    RetryPolicy,
    closed_on_error,
)
from sandbox.providers.provider import ConfigurationError, Pace, Provider, Settings
from sandbox.providers.resource import Failure
from sandbox.providers.values import Properties
from sandbox.providers.vercel.client import Vercel
from sandbox.providers.vercel.deployment_retention import ProjectDeploymentRetention
from sandbox.providers.vercel.domain import ProjectDomain
from sandbox.providers.vercel.environment_variable import ProjectEnvironmentVariable
from sandbox.providers.vercel.log_drain import LogDrain
from sandbox.providers.vercel.project import Project
from sandbox.providers.vercel.protection_bypass import ProjectProtectionBypass

_RETRIES = 3
_TOKEN = re.compile(r"[0-9a-zA-Z]{24}")


def _token(config: Properties) -> str:
    return config.get("apiToken") or os.environ.get("VERCEL_API_TOKEN") or ""


def _check_config(config: Properties) -> Iterator[Failure]:
    fix = "Run `pulumi config set --secret vercel:apiToken`."
    token = _token(config)
    if not token:
        yield Failure("apiToken", f"vercel:apiToken is missing, and $VERCEL_API_TOKEN is not set. {fix}")
    elif not _TOKEN.search(token):
        yield Failure("apiToken", f"vercel:apiToken is no token: one has 24 letters and digits in a row. {fix}")


def _configure(config: Properties, settings: Settings) -> Vercel:
    """GET /v2/teams/{team}, by ID or slug, if a team is configured."""
    http = HttpClient(
        "Vercel",
        settings.base_url,
        headers={"Authorization": f"Bearer {_token(config)}"},
        retry=RetryPolicy(
            statuses=frozenset({TOO_MANY_REQUESTS}),
            retries=_RETRIES,
            delay=lambda _, answer: _wait(answer, settings.pace),
        ),
        timeout=settings.pace.timeout_seconds,
    )
    if not config.get("team"):
        return Vercel(http, None)
    with closed_on_error(http):
        try:
            return Vercel(http, http.get(f"/v2/teams/{config['team']}")["id"])
        except CallError as error:
            if error.status not in (FORBIDDEN, NOT_FOUND):
                raise
            raise ConfigurationError(
                f"vercel:apiToken is not known, or opens no team {config['team']}. Nothing was changed. "
                "Run `pulumi config set vercel:team team_…`, or `pulumi config set --secret vercel:apiToken`."
            ) from error


def _wait(answer: Answer | None, pace: Pace) -> float:
    """As long as Vercel says, a second if it does not, and never longer than the sandbox's patience."""
    said = answer.headers.get("retry-after", "") if answer else ""
    return min(int(said) if said.isdecimal() and int(said) > 0 else 1, pace.longest_retry_after_seconds)


VERCEL = Provider(
    name="vercel",
    module="pulumiverse_vercel",
    resources=(
        Project(),
        ProjectDomain(),
        ProjectEnvironmentVariable(),
        ProjectProtectionBypass(),
        ProjectDeploymentRetention(),
        LogDrain(),
    ),
    check_config=_check_config,
    configure=_configure,
)
