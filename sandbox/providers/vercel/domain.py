"""ProjectDomain: POST /v10/projects/{idOrName}/domains, then …/v9/projects/{idOrName}/domains/{domain}."""

import time
from collections.abc import Iterator
from typing import Any, ClassVar

from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, made, merged
from sandbox.providers.rules import conflicts, one_of
from sandbox.providers.values import Properties
from sandbox.providers.vercel.client import Vercel, parse_import_id

REDIRECT_STATUSES = (301, 302, 307, 308)
_READY_TRIES = 20
_READY_SECONDS = 0.1


class ProjectDomain(Resource[Vercel]):
    """A domain of a project."""

    pulumi_type: ClassVar[str] = "vercel:index/projectDomain:ProjectDomain"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"projectId", "teamId", "domain"}),
        never_differs=frozenset({"waitForReady"}),
        unknown_on_update=frozenset({"verified", "verifications", "misconfigured"}),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """A branch or a custom environment, not both."""
        yield from conflicts(inputs, "gitBranch", ["customEnvironmentId"])
        yield from one_of(inputs, "redirectStatusCode", REDIRECT_STATUSES)

    def create(self, client: Vercel, inputs: Properties) -> Made:
        """GET the project, POST the domain, GET its DNS configuration."""
        project = client.require_project(inputs)
        production_branch = (project.get("link") or {}).get("productionBranch")
        if inputs.get("gitBranch") and inputs["gitBranch"] == production_branch:
            raise RefusedError(
                f"{inputs['domain']} was not added to {inputs['projectId']}: gitBranch is the production branch, whose "
                "domain has no gitBranch. Nothing was changed. Leave gitBranch out, then run `pulumi up` again."
            )
        body = {
            "name": inputs["domain"],
            **{name: inputs[name] for name in ("gitBranch", "customEnvironmentId", "redirect") if inputs.get(name)},
            **({"redirectStatusCode": inputs["redirectStatusCode"]} if inputs.get("redirectStatusCode") else {}),
        }
        path = client.path(f"/v10/projects/{inputs['projectId']}/domains", inputs)
        found = client.http.post(path, body)
        with made(inputs["domain"], _state(client, inputs, found, {})):
            return Made(inputs["domain"], _settled(client, inputs, found))

    def identify(self, _client: Vercel, resource_id: str) -> Made:
        """`[team_id/]<project_id>/<domain>`."""
        team, (project_id, domain) = parse_import_id(resource_id, "project_id", "domain")
        return Made(domain, merged({"projectId": project_id, "domain": domain}, teamId=team))

    def read(self, client: Vercel, resource_id: str, state: Properties) -> Made | None:
        """GET the domain, then its DNS configuration."""
        try:
            found = client.http.get(_path(client, state))
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
        return Made(resource_id, _state(client, state, found, _dns(client, state)))

    def update(self, client: Vercel, _resource_id: str, _state: Properties, inputs: Properties) -> Properties:
        """PATCH the domain, GET its DNS configuration."""
        body: dict[str, Any] = {name: inputs.get(name) for name in ("gitBranch", "redirect", "redirectStatusCode")}
        if inputs.get("customEnvironmentId"):
            body["customEnvironmentId"] = inputs["customEnvironmentId"]
        found = client.http.patch(_path(client, inputs), body)
        return _settled(client, inputs, found)

    def delete(self, client: Vercel, _resource_id: str, state: Properties) -> None:
        """DELETE the domain; one that is gone already is no error."""
        try:
            client.http.delete(_path(client, state))
        except CallError as error:
            if error.status != NOT_FOUND:
                raise


def _path(client: Vercel, properties: Properties) -> str:
    return client.path(f"/v9/projects/{properties['projectId']}/domains/{properties['domain']}", properties)


def _dns(client: Vercel, properties: Properties) -> Any:
    path = f"/v6/domains/{properties['domain']}/config"
    return client.http.get(client.path(path, properties, projectIdOrName=properties["projectId"]))


def _settled(client: Vercel, inputs: Properties, found: Any) -> Properties:
    """The domain with its DNS configuration; with `waitForReady` once both are good."""
    dns = _dns(client, inputs)
    tries = _READY_TRIES if inputs.get("waitForReady") else 0
    while tries and (dns.get("misconfigured") or not found.get("verified")):
        time.sleep(_READY_SECONDS)
        found, dns, tries = client.http.get(_path(client, inputs)), _dns(client, inputs), tries - 1
    if inputs.get("waitForReady") and not tries:
        raise RefusedError(
            f"{inputs['domain']} was added, and did not become ready. Create its DNS records, then run "
            "`pulumi refresh` and `pulumi up`."
        )
    return _state(client, inputs, found, dns)


def _state(client: Vercel, known: Properties, found: Any, dns: Any) -> Properties:
    return merged(
        known,
        domain=found["name"],
        projectId=found.get("projectId", known["projectId"]),
        teamId=client.team_of(known),
        gitBranch=found.get("gitBranch"),
        customEnvironmentId=found.get("customEnvironmentId"),
        redirect=found.get("redirect"),
        redirectStatusCode=found.get("redirectStatusCode"),
        verified=found.get("verified", False),
        verifications=[
            {name: entry.get(name, "") for name in ("type", "domain", "value", "reason")}
            for entry in found.get("verification") or []
        ],
        misconfigured=dns.get("misconfigured"),
    )
