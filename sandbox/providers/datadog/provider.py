"""The datadog provider: its configuration and its resources.

Source: the provider's configuration, https://www.pulumi.com/registry/packages/datadog/installation-configuration/.
"""

import os
from collections.abc import Iterator

from components.lazy_sdk import import_lazily
from sandbox.providers.datadog.client import Datadog
from sandbox.providers.datadog.dashboard import DashboardJson
from sandbox.providers.datadog.logs_metric import LogsMetric
from sandbox.providers.datadog.monitor import Monitor
from sandbox.providers.datadog.service_level_objective import ServiceLevelObjective
from sandbox.providers.datadog.synthetics_test import SyntheticsTest
from sandbox.providers.http_client import (
    FORBIDDEN,
    TOO_MANY_REQUESTS,
    UNAUTHORIZED,
    CallError,
    HttpClient,
    RetryPolicy,
    closed_on_error,
)
from sandbox.providers.provider import ConfigurationError, Provider, Settings
from sandbox.providers.resource import Failure
from sandbox.providers.rules import one_of
from sandbox.providers.values import Properties

# Checking a resource needs its classes alone.
import_lazily("pulumi_datadog")

_RETRIES = 3
_BACKOFF = 2
_SERVER_ERRORS = range(500, 600)
_VARIABLES = {
    "apiKey": ("DD_API_KEY", "DATADOG_API_KEY"),
    "appKey": ("DD_APP_KEY", "DATADOG_APP_KEY"),
    "apiUrl": ("DD_HOST", "DATADOG_HOST"),
}
_WORDS = ("true", "false")


def _value(config: Properties, name: str) -> str:
    """A setting, or the environment variable that stands for it."""
    given = config.get(name)
    return str(given) if given else next((os.environ[var] for var in _VARIABLES[name] if os.environ.get(var)), "")


def _validates(config: Properties) -> bool:
    return str(config.get("validate", "true")).lower() != "false"


def _check_config(config: Properties) -> Iterator[Failure]:
    yield from one_of(config, "validate", _WORDS)
    yield from one_of(config, "httpClientRetryEnabled", _WORDS)
    if _validates(config):
        for name in ("apiKey", "appKey"):
            if not _value(config, name):
                yield Failure(
                    name,
                    f"datadog:{name} is missing, and ${_VARIABLES[name][0]} is not set. "
                    f"Run `pulumi config set --secret datadog:{name}`.",
                )


def _configure(config: Properties, settings: Settings) -> Datadog:
    """GET /api/v1/validate, unless `datadog:validate` is false."""
    pace = settings.pace
    http = HttpClient(
        "Datadog",
        _value(config, "apiUrl") or settings.base_url,
        headers={"DD-API-KEY": _value(config, "apiKey"), "DD-APPLICATION-KEY": _value(config, "appKey")},
        retry=RetryPolicy(
            statuses=frozenset({TOO_MANY_REQUESTS, *_SERVER_ERRORS}),
            retries=config.get("httpClientRetryMaxRetries", _RETRIES)
            if config.get("httpClientRetryEnabled", "true") == "true"
            else 0,
            delay=lambda number, _answer: pace.retry_seconds * _BACKOFF**number,
        ),
        timeout=pace.timeout_seconds,
    )
    if not _validates(config):
        return Datadog(http)
    with closed_on_error(http):
        try:
            http.get("/api/v1/validate")
        except CallError as error:
            if error.status not in (UNAUTHORIZED, FORBIDDEN):
                raise
            raise ConfigurationError(
                "Datadog does not know datadog:apiKey, or datadog:apiUrl is another site's. Nothing was changed. "
                "Run `pulumi config set --secret datadog:apiKey`."
            ) from error
    return Datadog(http)


DATADOG = Provider(
    name="datadog",
    module="pulumi_datadog",
    resources=(Monitor(), SyntheticsTest(), DashboardJson(), ServiceLevelObjective(), LogsMetric()),
    check_config=_check_config,
    configure=_configure,
)
