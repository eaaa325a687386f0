"""RepositoryEnvironment: PUT, GET and DELETE /repos/{owner}/{repo}/environments/{environment_name}."""

from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.providers.github.client import GitHub, build_id, parse_id
from sandbox.providers.github.repository_change import replaced_by_repository
from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, made, merged
from sandbox.providers.rules import between
from sandbox.providers.values import Properties, only_known

MOST_REVIEWERS = 6
LONGEST_WAIT_MINUTES = 43_200
_UNPROCESSABLE = 422
_LEFT_OUT: Properties = {"preventSelfReview": False}
"""What the state says of inputs that are left out; the checked inputs do not."""


class RepositoryEnvironment(Resource[GitHub]):
    """An environment of a repository."""

    pulumi_type: ClassVar[str] = "github:index/repositoryEnvironment:RepositoryEnvironment"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"environment"}),
        defaults={"canAdminsBypass": True},
        unordered=frozenset({"reviewers.users", "reviewers.teams"}),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """At most one block of reviewers, at most six of them."""
        yield from between(inputs, "waitTimer", 0, LONGEST_WAIT_MINUTES)
        blocks = only_known(inputs).get("reviewers", [])
        if len(blocks) > 1:
            yield Failure("reviewers", f"'reviewers' takes one block of users and teams, and has {len(blocks)}.")
        for block in blocks:
            for kind in ("users", "teams"):
                if len(block.get(kind, [])) > MOST_REVIEWERS:
                    yield Failure(f"reviewers[0].{kind}", f"{kind!r} takes at most {MOST_REVIEWERS} reviewers.")

    def plan(self, client: GitHub, resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """Six reviewers in all, which the provider counts once the environment exists and GitHub counts always."""
        if resource_id is not None:
            count = sum(len(ids) for block in only_known(inputs).get("reviewers", []) for ids in block.values())
            if count > MOST_REVIEWERS:
                raise RefusedError(
                    f"An environment takes at most {MOST_REVIEWERS} reviewers, users and teams together, and is given "
                    f"{count}. Nothing was changed."
                )
        return replaced_by_repository(client, state, inputs)

    def create(self, client: GitHub, inputs: Properties) -> Made:
        """PUT the environment, then GET its repository for the ID."""
        _put(client, inputs)
        made_id = build_id(inputs["repository"], inputs["environment"])
        state = {**_LEFT_OUT, **inputs}
        with made(made_id, state):
            repository = client.repository(inputs["repository"])
        return Made(made_id, merged(state, repositoryId=repository["id"]))

    def identify(self, client: GitHub, resource_id: str) -> Made:
        """`<repository>:<environment>`."""
        repository, environment = parse_id(resource_id, "repository", "environment")
        found = client.repository(repository)
        state = {"repository": repository, "environment": environment, "repositoryId": found["id"]}
        return Made(build_id(repository, environment), state)

    def read(self, client: GitHub, resource_id: str, state: Properties) -> Made | None:
        """GET the environment. Reviewers that were removed elsewhere stay in the state, as with the real provider."""
        try:
            found = client.http.get(client.environment_path(state["repository"], state["environment"]))
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        seen: dict[str, Any] = {
            "canAdminsBypass": found.get("can_admins_bypass"),
            "waitTimer": None,
            "deploymentBranchPolicy": None,
        }
        for rule in found.get("protection_rules", []):
            if rule["type"] == "wait_timer":
                seen["waitTimer"] = rule["wait_timer"]
            elif rule["type"] == "required_reviewers":
                seen["preventSelfReview"] = rule.get("prevent_self_review", False)
                seen["reviewers"] = [
                    {
                        "teams": [entry["reviewer"]["id"] for entry in rule["reviewers"] if entry["type"] == "Team"],
                        "users": [entry["reviewer"]["id"] for entry in rule["reviewers"] if entry["type"] == "User"],
                    }
                ]
        if policy := found.get("deployment_branch_policy"):
            seen["deploymentBranchPolicy"] = {
                "protectedBranches": policy["protected_branches"],
                "customBranchPolicies": policy["custom_branch_policies"],
            }
        return Made(resource_id, merged(state, **seen))

    def update(self, client: GitHub, _resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PUT the environment; the repository's ID is looked up if a broken creation left it out."""
        _put(client, inputs)
        known = state.get("repositoryId")
        return merged({**_LEFT_OUT, **inputs}, repositoryId=known or client.repository(inputs["repository"])["id"])

    def delete(self, client: GitHub, _resource_id: str, state: Properties) -> None:
        """DELETE the environment; one that is gone already is no error."""
        try:
            client.http.delete(client.environment_path(state["repository"], state["environment"]))
        except CallError as error:
            if error.status != NOT_FOUND:
                raise


def _put(client: GitHub, inputs: Properties) -> None:
    """PUT the environment. Where the plan has no protection rules and none is asked for, PUT it without them.

    Source: CreateUpdateEnvironment of go-github, which the provider calls.
    """
    path = client.environment_path(inputs["repository"], inputs["environment"])
    body = _body(inputs)
    try:
        client.http.put(path, body)
    except CallError as error:
        if error.status != _UNPROCESSABLE or body["reviewers"] or body["wait_timer"]:
            raise
        client.http.put(path, {"deployment_branch_policy": body["deployment_branch_policy"]})


def _body(inputs: Properties) -> dict[str, Any]:
    reviewers = [
        {"type": kind, "id": reviewer}
        for block in inputs.get("reviewers", [])
        for kind, ids in (("Team", block.get("teams", [])), ("User", block.get("users", [])))
        for reviewer in ids
    ]
    policy = inputs.get("deploymentBranchPolicy")
    return {
        "wait_timer": inputs.get("waitTimer", 0),
        "reviewers": reviewers or None,
        "can_admins_bypass": inputs.get("canAdminsBypass", True),
        "prevent_self_review": inputs.get("preventSelfReview", False),
        "deployment_branch_policy": policy
        and {
            "protected_branches": policy["protectedBranches"],
            "custom_branch_policies": policy["customBranchPolicies"],
        },
    }
