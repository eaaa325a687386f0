"""GitHub's REST API as its provider calls it, and the form of its resource IDs."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlsplit

from sandbox.providers.http_client import HttpClient
from sandbox.providers.provider import ConfigurationError
from sandbox.providers.resource import RefusedError

_SEPARATOR = ":"
_ESCAPED_SEPARATOR = "??"
_DOTCOM_HOSTS = re.compile(r"github\.com|api\.github\.com|.*\.ghe\.com")


@dataclass(frozen=True, slots=True)
class GitHub:
    """A configured provider: whose repositories, and how to reach them."""

    http: HttpClient
    owner: str

    def repository_path(self, repository: str) -> str:
        """The path of a repository of the owner."""
        return f"/repos/{self.owner}/{repository}"

    def repository(self, name: str) -> Any:
        """GET /repos/{owner}/{repo}."""
        return self.http.get(self.repository_path(name))

    def environment_path(self, repository: str, environment: str) -> str:
        """The path of a repository's environment, whose name may hold any character."""
        return f"{self.repository_path(repository)}/environments/{quote(environment, safe='')}"


def rest_url(base_url: str) -> str:
    """Where the REST API is: an unknown host is an Enterprise Server, which has it below `/api/v3`.

    Raises:
        ConfigurationError: if the URL is not absolute, or names GitHub itself without TLS.
    """
    url = urlsplit(base_url)
    if not url.scheme or not url.hostname:
        raise ConfigurationError(
            f"github:baseUrl is {base_url!r}, which is not an absolute URL. Run `pulumi config set github:baseUrl URL`."
        )
    if _DOTCOM_HOSTS.fullmatch(url.hostname):
        if url.scheme != "https":
            raise ConfigurationError(f"github:baseUrl is {base_url!r}: GitHub itself is reached by https only.")
        host = url.hostname if url.hostname.startswith("api.") else f"api.{url.hostname}"
        return f"https://{host}/"
    return f"{base_url.rstrip('/').removesuffix('/api/v3')}/api/v3/"


def build_id(*parts: str) -> str:
    """A resource's ID: its parts with colons between, and their own colons escaped."""
    return _SEPARATOR.join(part.replace(_SEPARATOR, _ESCAPED_SEPARATOR) for part in parts)


def parse_id(resource_id: str, *names: str) -> list[str]:
    """The parts of an ID.

    Raises:
        RefusedError: naming the parts that it must have.
    """
    parts = resource_id.split(_SEPARATOR, len(names) - 1)
    if len(parts) != len(names):
        form = _SEPARATOR.join(f"<{name}>" for name in names)
        raise RefusedError(f"The ID {resource_id!r} must look like {form}. Nothing was imported.")
    return [part.replace(_ESCAPED_SEPARATOR, _SEPARATOR) for part in parts]


def go_time(timestamp: str | None) -> str:
    """A point in time as the provider keeps it in its state, which is how Go prints one; none is the year 1."""
    if not timestamp:
        return "0001-01-01 00:00:00 +0000 UTC"
    return f"{datetime.fromisoformat(timestamp).astimezone(UTC):%Y-%m-%d %H:%M:%S} +0000 UTC"
