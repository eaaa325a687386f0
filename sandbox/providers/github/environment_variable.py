"""ActionsEnvironmentVariable: /repos/{owner}/{repo}/environments/{environment_name}/variables."""

from collections.abc import Iterator
from typing import ClassVar

from sandbox.providers.github.client import GitHub, build_id, go_time, parse_id
from sandbox.providers.github.repository_change import replaced_by_repository
from sandbox.providers.github.secret_names import check_name
from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, Resource, Traits, made, merged
from sandbox.providers.values import Properties


class ActionsEnvironmentVariable(Resource[GitHub]):
    """A variable of an environment, in plain text."""

    pulumi_type: ClassVar[str] = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable"
    traits: ClassVar[Traits] = Traits(replace_on=frozenset({"environment", "variableName"}))

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """A name that GitHub takes."""
        yield from check_name(inputs, "variableName")

    def plan(self, client: GitHub, resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """Another repository needs another variable."""
        del resource_id
        return replaced_by_repository(client, state, inputs)

    def create(self, client: GitHub, inputs: Properties) -> Made:
        """POST the variable, GET its repository for the ID, GET the variable's times."""
        client.http.post(_path(client, inputs), {"name": inputs["variableName"], "value": inputs["value"]})
        made_id = build_id(inputs["repository"], inputs["environment"], inputs["variableName"])
        with made(made_id, inputs):
            repository = client.repository(inputs["repository"])
        return Made(made_id, _with_times(client, merged(inputs, repositoryId=repository["id"])))

    def identify(self, client: GitHub, resource_id: str) -> Made:
        """`<repository>:<environment>:<variable_name>`."""
        repository, environment, name = parse_id(resource_id, "repository", "environment", "variable_name")
        found = client.repository(repository)
        return Made(
            resource_id,
            {
                "repository": repository,
                "environment": environment,
                "variableName": name,
                "repositoryId": found["id"],
            },
        )

    def read(self, client: GitHub, resource_id: str, state: Properties) -> Made | None:
        """GET the variable."""
        try:
            variable = client.http.get(f"{_path(client, state)}/{state['variableName']}")
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return Made(
            resource_id,
            merged(
                state,
                value=variable["value"],
                createdAt=go_time(variable["created_at"]),
                updatedAt=go_time(variable["updated_at"]),
            ),
        )

    def update(self, client: GitHub, _resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PATCH the variable, GET its times; the repository's ID is looked up if a broken creation left it out."""
        path = f"{_path(client, inputs)}/{inputs['variableName']}"
        client.http.patch(path, {"name": inputs["variableName"], "value": inputs["value"]})
        known = state.get("repositoryId")
        new = merged(inputs, repositoryId=known or client.repository(inputs["repository"])["id"])
        return _with_times(client, merged(new, createdAt=state.get("createdAt")))

    def delete(self, client: GitHub, _resource_id: str, state: Properties) -> None:
        """DELETE the variable; one that is gone already is an error, as with the real provider."""
        client.http.delete(f"{_path(client, state)}/{state['variableName']}")


def _path(client: GitHub, properties: Properties) -> str:
    return f"{client.environment_path(properties['repository'], properties['environment'])}/variables"


def _with_times(client: GitHub, state: Properties) -> Properties:
    """Add when the variable was made and written; a failed look-up leaves that to the next refresh."""
    try:
        variable = client.http.get(f"{_path(client, state)}/{state['variableName']}")
    except CallError:
        return state
    return merged(state, createdAt=go_time(variable["created_at"]), updatedAt=go_time(variable["updated_at"]))
