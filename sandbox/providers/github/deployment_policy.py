"""RepositoryEnvironmentDeploymentPolicy: …/environments/{environment_name}/deployment-branch-policies."""

from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.providers.github.client import GitHub, build_id, parse_id
from sandbox.providers.github.repository_change import replaced_by_repository
from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, made, merged
from sandbox.providers.rules import exactly_one, length
from sandbox.providers.values import Properties

_PATTERNS = ("branchPattern", "tagPattern")
_LONGEST_PATTERN = 1_000_000
_SEE_OTHER = 303


class RepositoryEnvironmentDeploymentPolicy(Resource[GitHub]):
    """One pattern of branches or tags that may deploy to an environment."""

    pulumi_type: ClassVar[str] = (
        "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy"
    )
    traits: ClassVar[Traits] = Traits(replace_on=frozenset({"environment"}))

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """Either a branch's pattern or a tag's."""
        yield from exactly_one(inputs, _PATTERNS)
        for pattern in _PATTERNS:
            yield from length(inputs, pattern, 1, _LONGEST_PATTERN)

    def plan(self, client: GitHub, _resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """A branch's policy cannot become a tag's."""
        replaced = replaced_by_repository(client, state, inputs)
        if state and all(state.get(pattern) != inputs.get(pattern) for pattern in _PATTERNS):
            replaced |= frozenset(_PATTERNS)
        return replaced

    def create(self, client: GitHub, inputs: Properties) -> Made:
        """POST the policy, then GET its repository for the ID. A policy that is there already is taken over."""
        kind = "branch" if "branchPattern" in inputs else "tag"
        policy = _post(client, inputs, {"name": _pattern(inputs), "type": kind})
        made_id = build_id(inputs["repository"], inputs["environment"], str(policy["id"]))
        state = merged(inputs, policyId=policy["id"])
        with made(made_id, state):
            repository = client.repository(inputs["repository"])
        return Made(made_id, merged(state, repositoryId=repository["id"]))

    def identify(self, client: GitHub, resource_id: str) -> Made:
        """`<repository>:<environment>:<policy_id>`."""
        repository, environment, policy_id = parse_id(resource_id, "repository", "environment", "policy_id")
        if not policy_id.isdecimal():
            raise RefusedError(f"The ID {resource_id!r} must end in a policy's number. Nothing was imported.")
        found = client.repository(repository)
        return Made(
            resource_id,
            {
                "repository": repository,
                "environment": environment,
                "policyId": int(policy_id),
                "repositoryId": found["id"],
            },
        )

    def read(self, client: GitHub, resource_id: str, state: Properties) -> Made | None:
        """GET the policy."""
        try:
            policy = client.http.get(f"{_path(client, state)}/{state['policyId']}")
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        pattern = "branchPattern" if policy.get("type", "branch") == "branch" else "tagPattern"
        return Made(resource_id, merged(state, **{pattern: policy["name"]}))

    def update(self, client: GitHub, _resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PUT the policy; the repository's ID is looked up if a broken creation left it out."""
        client.http.put(f"{_path(client, inputs)}/{state['policyId']}", {"name": _pattern(inputs)})
        known = state.get("repositoryId")
        return merged(
            inputs,
            policyId=state["policyId"],
            repositoryId=known or client.repository(inputs["repository"])["id"],
        )

    def delete(self, client: GitHub, _resource_id: str, state: Properties) -> None:
        """DELETE the policy; one that is gone already is an error, as with the real provider."""
        client.http.delete(f"{_path(client, state)}/{state['policyId']}")


def _post(client: GitHub, inputs: Properties, body: dict[str, str]) -> Any:
    """POST the policy, or find the one that a 303 points to."""
    try:
        return client.http.post(_path(client, inputs), body)
    except CallError as error:
        if error.status != _SEE_OTHER:
            raise
        listed = client.http.get(_path(client, inputs), per_page="100")["branch_policies"]
        same = [policy for policy in listed if (policy["name"], policy.get("type")) == (body["name"], body["type"])]
        if not same:
            raise
        return same[0]


def _path(client: GitHub, properties: Properties) -> str:
    environment = client.environment_path(properties["repository"], properties["environment"])
    return f"{environment}/deployment-branch-policies"


def _pattern(inputs: Properties) -> str:
    return inputs.get("branchPattern") or inputs["tagPattern"]
