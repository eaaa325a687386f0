"""Vercel's REST API as its provider calls it, and the form of its resource IDs."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from sandbox.providers.http_client import NOT_FOUND, CallError, HttpClient
from sandbox.providers.resource import RefusedError
from sandbox.providers.values import Properties


@dataclass(frozen=True, slots=True)
class Vercel:
    """A configured provider: the team that it acts for, and how to reach Vercel."""

    http: HttpClient
    team_id: str | None

    def team_of(self, properties: Properties) -> str | None:
        """The resource's own team, or else the provider's."""
        return properties.get("teamId") or self.team_id

    def path(self, path: str, properties: Properties, **query: str) -> str:
        """A path, with the team as `teamId` as every call carries it."""
        team = self.team_of(properties)
        parameters = {**query, **({"teamId": team} if team else {})}
        return f"{path}?{urlencode(parameters)}" if parameters else path

    def project(self, properties: Properties) -> Any:
        """GET /v10/projects/{idOrName} of the resource's project."""
        return self.http.get(self.path(f"/v10/projects/{properties['projectId']}", properties))

    def require_project(self, properties: Properties) -> Any:
        """The resource's project.

        Raises:
            RefusedError: if there is none, which most often means the wrong team.
        """
        try:
            return self.project(properties)
        except CallError as error:
            if error.status != NOT_FOUND:
                raise
            raise RefusedError(
                f"There is no Vercel project {properties['projectId']} in team {self.team_of(properties) or '(none)'}. "
                "Nothing was changed. Check vercel:team and the project's ID, then run `pulumi up` again."
            ) from error


def parse_import_id(resource_id: str, *names: str) -> tuple[str | None, list[str]]:
    """The team, if one is given, and the other parts of `[team_id/]<name>/…`.

    Raises:
        RefusedError: naming the parts that the ID must have.
    """
    parts = resource_id.split("/")
    if len(parts) not in (len(names), len(names) + 1) or not all(parts):
        form = "/".join(f"<{name}>" for name in names)
        raise RefusedError(f"The ID {resource_id!r} must look like {form} or <team_id>/{form}. Nothing was imported.")
    return (None, parts) if len(parts) == len(names) else (parts[0], parts[1:])
