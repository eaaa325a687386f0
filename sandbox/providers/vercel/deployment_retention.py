"""ProjectDeploymentRetention: PATCH /v9/projects/{idOrName}/deployment-expiration, GET /v2/projects/{idOrName}."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, Resource, Traits, merged
from sandbox.providers.rules import one_of
from sandbox.providers.values import Properties
from sandbox.providers.vercel.client import Vercel, parse_import_id

DAYS = {"1d": 1, "1w": 7, "1m": 30, "2m": 60, "3m": 90, "6m": 180, "1y": 365, "unlimited": 36500}
_IN_DAYS = {days: name for name, days in DAYS.items()}
_API = {
    "expirationPreview": ("expiration", "expirationDays"),
    "expirationProduction": ("expirationProduction", "expirationDaysProduction"),
    "expirationCanceled": ("expirationCanceled", "expirationDaysCanceled"),
    "expirationErrored": ("expirationErrored", "expirationDaysErrored"),
}
"""By input: the API's name of the period as a text, and as a number of days."""


class ProjectDeploymentRetention(Resource[Vercel]):
    """How long a project keeps its deployments. Deleting the resource leaves the project as it is."""

    pulumi_type: ClassVar[str] = "vercel:index/projectDeploymentRetention:ProjectDeploymentRetention"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"projectId", "teamId"}),
        defaults={
            "expirationPreview": "6m",
            "expirationProduction": "1y",
            "expirationCanceled": "1m",
            "expirationErrored": "3m",
        },
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """The periods that Vercel offers."""
        for name in _API:
            yield from one_of(inputs, name, tuple(DAYS))

    def create(self, client: Vercel, inputs: Properties) -> Made:
        """GET the project, then PATCH its retention."""
        client.require_project(inputs)
        return Made(_id(client, inputs), self.update(client, "", {}, inputs))

    def identify(self, client: Vercel, resource_id: str) -> Made:
        """`[team_id/]<project_id>`."""
        team, (project_id,) = parse_import_id(resource_id, "project_id")
        state = merged({"projectId": project_id}, teamId=team)
        return Made(_id(client, state), state)

    def read(self, client: Vercel, resource_id: str, state: Properties) -> Made | None:
        """GET the project; one without retention keeps everything."""
        try:
            project = client.http.get(client.path(f"/v2/projects/{state['projectId']}", state))
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        kept: Mapping[str, Any] = project.get("deploymentExpiration") or {}
        periods = {name: _IN_DAYS[kept.get(days, DAYS["unlimited"])] for name, (_, days) in _API.items()}
        return Made(resource_id, merged(state, **periods, teamId=client.team_of(state)))

    def update(self, client: Vercel, _resource_id: str, _state: Properties, inputs: Properties) -> Properties:
        """PATCH the project's retention."""
        path = client.path(f"/v9/projects/{inputs['projectId']}/deployment-expiration", inputs)
        answer = client.http.patch(path, {text: inputs[name] for name, (text, _) in _API.items() if name in inputs})
        said = answer["deploymentExpiration"]
        return merged(inputs, **{name: said[text] for name, (text, _) in _API.items()}, teamId=client.team_of(inputs))

    def delete(self, client: Vercel, resource_id: str, state: Properties) -> None:
        """Nothing: the real provider only forgets it."""


def _id(client: Vercel, properties: Properties) -> str:
    return f"{client.team_of(properties) or ''}/{properties['projectId']}"
