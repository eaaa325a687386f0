"""Project: POST and DELETE /v8/projects, GET /v10/projects/{idOrName}, PATCH /v9/projects/{idOrName}.

Without inline environment variables, Git link options beyond the link itself, passports and trusted sources, which the
sandbox's Vercel does not have.
"""

from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, Resource, Traits, made
from sandbox.providers.rules import conflicts, length, matches, one_of
from sandbox.providers.values import Properties, only_known
from sandbox.providers.vercel.client import Vercel, parse_import_id
from sandbox.providers.vercel.project_body import (
    BUILD_MACHINES,
    KEPT,
    NODE_VERSIONS,
    PROTECTIONS,
    SKEW_SECONDS,
    change,
    creation,
    needs_update,
    project_state,
    repository_of,
)

_NOT_IN_THE_SANDBOX = (
    "environments",
    "passport",
    "passwordProtection",
    "trustedIps",
    "trustedSources",
    "optionsAllowlist",
)


class Project(Resource[Vercel]):
    """A Vercel project."""

    pulumi_type: ClassVar[str] = "vercel:index/project:Project"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"teamId"}),
        autonamed=True,
        defaults={
            "autoAssignCustomDomains": True,
            "gitForkProtection": True,
            "oidcTokenConfig": {"issuerMode": "team"},
        },
        computed=frozenset(
            {
                "gitRepository.productionBranch",
                "vercelAuthentication.deploymentType",
                "oidcTokenConfig.issuerMode",
                "gitProviderOptions.requireVerifiedCommits",
                "gitProviderOptions.createDeployments",
                "gitProviderOptions.repositoryDispatchEvents",
                "gitProviderOptions.gitCommitStatus",
                "gitProviderOptions.consolidatedGitCommitStatus",
                "resourceConfig.functionDefaultCpuType",
                "resourceConfig.functionDefaultTimeout",
                "resourceConfig.functionDefaultRegions",
                "resourceConfig.fluid",
            }
        ),
        unordered=frozenset({"resourceConfig.functionDefaultRegions"}),
        unknown_on_update=frozenset({"previewComments", "enablePreviewFeedback", "buildMachineType", "resourceConfig"}),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """Vercel's own limits, and what the sandbox leaves out."""
        yield from length(inputs, "name", 1, 52)
        yield from matches(inputs, "name", r"[a-z0-9-]*", "takes lower-case letters, digits and hyphens")
        yield from one_of(inputs, "nodeVersion", NODE_VERSIONS)
        yield from one_of(inputs, "skewProtection", tuple(SKEW_SECONDS))
        yield from one_of(inputs, "buildMachineType", BUILD_MACHINES)
        yield from conflicts(inputs, "previewComments", ["enablePreviewFeedback"])
        known = only_known(inputs)
        protection = known.get("vercelAuthentication", {}).get("deploymentType", "none")
        if protection not in PROTECTIONS:
            yield Failure(
                "vercelAuthentication.deploymentType",
                f"'deploymentType' must be one of {', '.join(PROTECTIONS)}.",
            )
        if known.get("oidcTokenConfig", {}).get("issuerMode", "team") not in ("team", "global"):
            yield Failure("oidcTokenConfig.issuerMode", "'issuerMode' must be one of team, global.")
        if known.get("gitRepository", {}).get("type", "github") not in ("github", "gitlab", "bitbucket"):
            yield Failure("gitRepository.type", "'type' must be one of github, gitlab, bitbucket.")
        if "serverlessFunctionRegion" in inputs and "functionDefaultRegions" in known.get("resourceConfig", {}):
            yield Failure(
                "serverlessFunctionRegion",
                "'serverlessFunctionRegion' conflicts with 'resourceConfig.functionDefaultRegions'.",
            )
        for name in _NOT_IN_THE_SANDBOX:
            if name in inputs:
                yield Failure(name, f"The sandbox's Vercel has no {name!r}: leave it out, or use a real account.")

    def create(self, client: Vercel, inputs: Properties) -> Made:
        """POST the project, GET its variables, PATCH what a creation cannot set, PATCH the production branch."""
        project = client.http.post(client.path("/v8/projects", inputs), creation(inputs))
        project_id = project["id"]
        with made(project_id, project_state(client, inputs, project)):
            _variables(client, project_id, inputs)
            if needs_update(inputs):
                project = client.http.patch(client.path(f"/v9/projects/{project_id}", inputs), change(inputs))
            project = _set_production_branch(client, project_id, inputs) or project
        return Made(project_id, project_state(client, inputs, project))

    def identify(self, _client: Vercel, resource_id: str) -> Made:
        """`[team_id/]<project_id>`."""
        team, (project_id,) = parse_import_id(resource_id, "project_id")
        return Made(project_id, {"teamId": team} if team else {})

    def read(self, client: Vercel, resource_id: str, state: Properties) -> Made | None:
        """GET the project, then its variables."""
        try:
            project = client.http.get(client.path(f"/v10/projects/{resource_id}", state))
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        _variables(client, project["id"], state)
        return Made(project["id"], project_state(client, state, project))

    def update(self, client: Vercel, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PATCH the project, unlink or link its Git repository, PATCH the production branch, GET its variables."""
        wanted = {**{name: state[name] for name in KEPT if name in state}, **inputs}
        body = change(wanted)
        if state.get("name") != inputs["name"]:
            body["name"] = inputs["name"]
        project = client.http.patch(client.path(f"/v9/projects/{resource_id}", inputs), body)
        link = client.path(f"/v9/projects/{resource_id}/link", inputs)
        old, new = state.get("gitRepository"), inputs.get("gitRepository")
        relinked = repository_of(old) != repository_of(new)
        if relinked and old:
            client.http.delete(link)
        if relinked and new:
            project = client.http.post(link, {"type": new["type"], "repo": new["repo"]})
        if new and (relinked or (old or {}).get("productionBranch") != new.get("productionBranch")):
            project = _set_production_branch(client, resource_id, inputs) or project
        _variables(client, resource_id, inputs)
        return project_state(client, inputs, project)

    def delete(self, client: Vercel, resource_id: str, state: Properties) -> None:
        """DELETE the project; one that is gone already is no error."""
        try:
            client.http.delete(client.path(f"/v8/projects/{resource_id}", state))
        except CallError as error:
            if error.status != NOT_FOUND:
                raise


def _set_production_branch(client: Vercel, project_id: str, inputs: Properties) -> Any:
    branch = inputs.get("gitRepository", {}).get("productionBranch")
    if not branch:
        return None
    return client.http.patch(client.path(f"/v9/projects/{project_id}/branch", inputs), {"branch": branch})


def _variables(client: Vercel, project_id: str, properties: Properties) -> None:
    """GET the project's variables, as the provider does though the resource holds none."""
    client.http.get(client.path(f"/v8/projects/{project_id}/env", properties, decrypt="true", limit="100"))
