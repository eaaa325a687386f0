"""The github provider: its configuration, its resources and its functions.

Source: the provider's configuration, https://www.pulumi.com/registry/packages/github/installation-configuration/.
"""

import os
from collections.abc import Iterator

from sandbox.providers.github.client import GitHub, rest_url
from sandbox.providers.github.deployment_policy import RepositoryEnvironmentDeploymentPolicy
from sandbox.providers.github.environment import RepositoryEnvironment
from sandbox.providers.github.environment_secret import ActionsEnvironmentSecret
from sandbox.providers.github.environment_variable import ActionsEnvironmentVariable
from sandbox.providers.github.file import RepositoryFile
from sandbox.providers.github.functions import FUNCTIONS
from sandbox.providers.github.ruleset import RepositoryRuleset
from sandbox.providers.http_client import NOT_FOUND, CallError, HttpClient, RetryPolicy, closed_on_error
from sandbox.providers.provider import Provider, Settings
from sandbox.providers.resource import Failure
from sandbox.providers.values import Properties

_RETRYABLE = (500, 502, 503, 504)
_RETRIES = 3
_MILLISECONDS = 1000


def _check_config(config: Properties) -> Iterator[Failure]:
    if not config.get("token") and not os.environ.get("GITHUB_TOKEN"):
        yield Failure(
            "token",
            "github:token is missing, and $GITHUB_TOKEN is not set. Run `pulumi config set --secret github:token`.",
        )
    if "appAuth" in config:
        yield Failure("appAuth", "The sandbox's github knows tokens only: set github:token, and leave appAuth out.")


def _configure(config: Properties, settings: Settings) -> GitHub:
    """GET /orgs/{owner} to see whether the owner is an organization; without an owner GET /user first, who it then is.

    The environment's owner wins over the configured one, as with the real provider.
    """
    pace = settings.pace
    delay = config["retryDelayMs"] / _MILLISECONDS if "retryDelayMs" in config else pace.retry_seconds
    http = HttpClient(
        "GitHub",
        rest_url(config.get("baseUrl") or os.environ.get("GITHUB_BASE_URL") or settings.base_url),
        headers={
            "Authorization": f"Bearer {config.get('token') or os.environ['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
        },
        retry=RetryPolicy(
            statuses=frozenset(config.get("retryableErrors") or _RETRYABLE),
            retries=config.get("maxRetries", _RETRIES),
            delay=lambda _number, _answer: delay,
            no_answer=True,
        ),
        one_at_a_time=not config.get("parallelRequests", False),
        timeout=pace.timeout_seconds,
    )
    organization = config.get("organization") or os.environ.get("GITHUB_ORGANIZATION")
    owner = organization or os.environ.get("GITHUB_OWNER") or config.get("owner")
    with closed_on_error(http):
        owner = owner or http.get("/user")["login"]
        try:
            http.get(f"/orgs/{owner}")
        except CallError as error:
            # A user is no organization, and the provider goes on.
            if error.status != NOT_FOUND:
                raise
        return GitHub(http, owner)


GITHUB = Provider(
    name="github",
    module="pulumi_github",
    resources=(
        RepositoryEnvironment(),
        RepositoryEnvironmentDeploymentPolicy(),
        ActionsEnvironmentSecret(),
        ActionsEnvironmentVariable(),
        RepositoryFile(),
        RepositoryRuleset(),
    ),
    functions=FUNCTIONS,
    check_config=_check_config,
    configure=_configure,
)
