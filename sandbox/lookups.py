"""Whether something of a stack exists already, asked of the service itself: one look-up for each type of resource.

A look-up needs only plain inputs, since what a state holds of secret ones is encrypted.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import quote

from sandbox.providers.datadog.client import Datadog
from sandbox.providers.datadog.logs_metric import normalized
from sandbox.providers.github.client import GitHub, build_id
from sandbox.providers.http_client import NOT_FOUND, CallError, HttpClient
from sandbox.providers.values import Properties
from sandbox.providers.vercel.client import Vercel

PAGE = 100
"""Entries asked for at a time."""
_SCOPE = "automation-bypass"


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Something that exists."""

    resource_id: str
    """Pulumi's ID, as a state has it."""
    import_id: str
    """The ID as `pulumi import` takes it."""
    about: str
    """What a person knows it by; no secret."""


Lookup = Callable[[Any, Properties], Iterator[Found]]
"""From the package's configured client and the resource's inputs to everything that fits them."""


def _github_variable(client: GitHub, inputs: Properties) -> Iterator[Found]:
    """GET …/environments/{environment_name}/variables/{name}."""
    environment = client.environment_path(inputs["repository"], inputs["environment"])
    if _one(client.http, f"{environment}/variables/{inputs['variableName']}") is not None:
        name = build_id(inputs["repository"], inputs["environment"], inputs["variableName"])
        yield Found(resource_id=name, import_id=name, about=name)


def _github_policy(client: GitHub, inputs: Properties) -> Iterator[Found]:
    """GET …/environments/{environment_name}/deployment-branch-policies."""
    path = f"{client.environment_path(inputs['repository'], inputs['environment'])}/deployment-branch-policies"
    kind = "branch" if "branchPattern" in inputs else "tag"
    wanted = (inputs.get("branchPattern") or inputs["tagPattern"], kind)
    for policy in _pages(lambda page: _list(client.http, path, "branch_policies", page=page + 1, per_page=PAGE)):
        if (policy["name"], policy.get("type", "branch")) == wanted:
            policy_id = build_id(inputs["repository"], inputs["environment"], str(policy["id"]))
            yield Found(resource_id=policy_id, import_id=policy_id, about=policy_id)


def _github_file(client: GitHub, inputs: Properties) -> Iterator[Found]:
    """GET …/contents/{path}."""
    branch = inputs.get("branch", "")
    path = f"{client.repository_path(inputs['repository'])}/contents/{quote(inputs['file'])}"
    if _one(client.http, path, **({"ref": branch} if branch else {})) is not None:
        branch = branch or client.repository(inputs["repository"])["default_branch"]
        name = build_id(inputs["repository"], inputs["file"], branch)
        yield Found(resource_id=name, import_id=name, about=name)


def _github_ruleset(client: GitHub, inputs: Properties) -> Iterator[Found]:
    """GET /repos/{owner}/{repo}/rulesets."""
    path = f"{client.repository_path(inputs['repository'])}/rulesets"
    asked = {"includes_parents": "false", "per_page": PAGE}
    for ruleset in _pages(lambda page: _list(client.http, path, "", page=page + 1, **asked)):
        if (ruleset["name"], ruleset.get("target")) == (inputs["name"], inputs["target"]):
            ruleset_id = str(ruleset["id"])
            yield Found(
                resource_id=ruleset_id,
                import_id=build_id(inputs["repository"], ruleset_id),
                about=f"ruleset {ruleset_id}",
            )


def _vercel_project(client: Vercel, inputs: Properties) -> Iterator[Found]:
    """GET /v10/projects/{idOrName}."""
    project = _one(client.http, client.path(f"/v10/projects/{inputs['name']}", inputs))
    if project is not None:
        yield Found(
            resource_id=project["id"],
            import_id=_in_team(client, inputs, project["id"]),
            about=f"{inputs['name']}, {project['id']}",
        )


def _vercel_domain(client: Vercel, inputs: Properties) -> Iterator[Found]:
    """GET /v9/projects/{idOrName}/domains/{domain}."""
    domain = inputs["domain"]
    if _one(client.http, client.path(f"/v9/projects/{inputs['projectId']}/domains/{domain}", inputs)) is not None:
        yield Found(resource_id=domain, import_id=_in_team(client, inputs, inputs["projectId"], domain), about=domain)


def _vercel_variable(client: Vercel, inputs: Properties) -> Iterator[Found]:
    """GET /v10/projects/{idOrName}/env."""
    listed = _one(client.http, client.path(f"/v10/projects/{inputs['projectId']}/env", inputs)) or {"envs": []}
    for variable in listed["envs"]:
        if variable["key"] == inputs["key"] and all(
            _texts(variable.get(said)) == _texts(inputs.get(wanted))
            for wanted, said in (
                ("targets", "target"),
                ("customEnvironmentIds", "customEnvironmentIds"),
                ("gitBranch", "gitBranch"),
            )
        ):
            yield Found(
                resource_id=variable["id"],
                import_id=_in_team(client, inputs, inputs["projectId"], variable["id"]),
                about=f"{variable['key']}, {variable['id']}",
            )


def _vercel_bypass(client: Vercel, inputs: Properties) -> Iterator[Found]:
    """GET /v10/projects/{idOrName}, which lists its bypasses by secret."""
    project_id = inputs["projectId"]
    project = _one(client.http, client.path(f"/v10/projects/{project_id}", inputs)) or {}
    for secret, bypass in (project.get("protectionBypass") or {}).items():
        same_note = (bypass.get("note") or "") == (inputs.get("note") or "")
        wanted = inputs.get("secret")
        if bypass.get("scope") == _SCOPE and (same_note if not isinstance(wanted, str) else secret == wanted):
            yield Found(
                resource_id=f"{project_id}/{secret}",
                import_id=_in_team(client, inputs, project_id, secret),
                about=f"the bypass {bypass.get('note') or 'without a note'!r} of {project_id}",
            )


def _vercel_drain(client: Vercel, inputs: Properties) -> Iterator[Found]:
    """GET /v1/drains, by name and endpoint."""
    for drain in _list(client.http, client.path("/v1/drains", inputs), "drains"):
        if (drain["name"], drain["delivery"]["endpoint"]) == (inputs["name"], inputs["endpoint"]):
            yield Found(
                resource_id=drain["id"],
                import_id=_in_team(client, inputs, drain["id"]),
                about=f"drain {drain['id']}, {drain['name']!r}",
            )


def _datadog_monitor(client: Datadog, inputs: Properties) -> Iterator[Found]:
    """GET /api/v1/monitor, by name and tags."""
    asked = {"name": inputs["name"], "monitor_tags": ",".join(inputs.get("tags") or []), "page_size": PAGE}
    asked = {name: value for name, value in asked.items() if value}
    alike = {"query alert", "metric alert"}
    for monitor in _pages(lambda page: _list(client.http, "/api/v1/monitor", "", page=page, **asked)):
        same_type = monitor["type"] == inputs["type"] or {monitor["type"], inputs["type"]} == alike
        if same_type and _same_names(monitor, inputs):
            yield _datadog_found(str(monitor["id"]), f"monitor {monitor['id']}, {monitor['name']!r}")


def _datadog_test(client: Datadog, inputs: Properties) -> Iterator[Found]:
    """GET /api/v1/synthetics/tests."""
    path = "/api/v1/synthetics/tests"
    for test in _pages(lambda page: _list(client.http, path, "tests", page_number=page, page_size=PAGE)):
        if test["type"] == inputs["type"] and _same_names(test, inputs):
            yield _datadog_found(test["public_id"], f"test {test['public_id']}, {test['name']!r}")


def _datadog_dashboard(client: Datadog, inputs: Properties) -> Iterator[Found]:
    """GET /api/v1/dashboard."""
    wanted = json.loads(inputs["dashboard"])
    path = "/api/v1/dashboard"
    for page in _pages(lambda page: _list(client.http, path, "dashboards", start=page * PAGE, count=PAGE)):
        if all(page[name] == wanted[name] for name in ("title", "layout_type")):
            yield _datadog_found(page["id"], f"dashboard {page['id']}, {page['title']!r}")


def _datadog_objective(client: Datadog, inputs: Properties) -> Iterator[Found]:
    """GET /api/v1/slo, by name."""
    asked = {"query": inputs["name"], "limit": PAGE}
    for slo in _pages(lambda page: _list(client.http, "/api/v1/slo", "data", offset=page * PAGE, **asked)):
        if slo["type"] == inputs["type"] and _same_names(slo, inputs):
            yield _datadog_found(slo["id"], f"objective {slo['id']}, {slo['name']!r}")


def _datadog_logs_metric(client: Datadog, inputs: Properties) -> Iterator[Found]:
    """GET /api/v2/logs/config/metrics/{metric_id}."""
    name = normalized(inputs["name"])
    if _one(client.http, f"/api/v2/logs/config/metrics/{name}") is not None:
        yield _datadog_found(name, f"metric {name}")


LOOKUPS: Mapping[str, Lookup | None] = {
    "github:index/repositoryEnvironment:RepositoryEnvironment": None,
    "github:index/repositoryEnvironmentDeploymentPolicy:RepositoryEnvironmentDeploymentPolicy": _github_policy,
    "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret": None,
    "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable": _github_variable,
    "github:index/repositoryFile:RepositoryFile": _github_file,
    "github:index/repositoryRuleset:RepositoryRuleset": _github_ruleset,
    "vercel:index/project:Project": _vercel_project,
    "vercel:index/projectDomain:ProjectDomain": _vercel_domain,
    "vercel:index/projectEnvironmentVariable:ProjectEnvironmentVariable": _vercel_variable,
    "vercel:index/projectProtectionBypass:ProjectProtectionBypass": _vercel_bypass,
    "vercel:index/projectDeploymentRetention:ProjectDeploymentRetention": None,
    "vercel:index/logDrain:LogDrain": _vercel_drain,
    "datadog:index/monitor:Monitor": _datadog_monitor,
    "datadog:index/syntheticsTest:SyntheticsTest": _datadog_test,
    "datadog:index/dashboardJson:DashboardJson": _datadog_dashboard,
    "datadog:index/serviceLevelObjective:ServiceLevelObjective": _datadog_objective,
    "datadog:index/logsMetric:LogsMetric": _datadog_logs_metric,
}
"""By Pulumi's type token. None where the service overwrites: creating it again does no harm."""


def _one(http: HttpClient, path: str, **query: str) -> Any:
    """The JSON body of a GET; None where nothing is."""
    try:
        return http.get(path, **query)
    except CallError as error:
        if error.status == NOT_FOUND:
            return None
        raise


def _list(http: HttpClient, path: str, under: str, **query: str | int) -> Sequence[Any]:
    """One page of a list, which the body has under a name, or is; empty where what it belongs to is gone."""
    body = _one(http, path, **{name: str(value) for name, value in query.items()})
    if body is None:
        return []
    return body[under] if under else body


def _pages(page: Callable[[int], Sequence[Any]]) -> Iterator[Any]:
    """Every entry of a list, page by page from 0, until one is not full."""
    for number in count():
        entries = page(number)
        yield from entries
        if len(entries) < PAGE:
            return


def _in_team(client: Vercel, inputs: Properties, *parts: str) -> str:
    team = client.team_of(inputs)
    return "/".join([team, *parts] if team else parts)


def _texts(value: Any) -> set[str]:
    """Vercel tells a single text where it takes a list, and null where it takes none."""
    return {value} if isinstance(value, str) else set(value or [])


def _same_names(found: Mapping[str, Any], inputs: Properties) -> bool:
    return found["name"] == inputs["name"] and set(found.get("tags") or []) == set(inputs.get("tags") or [])


def _datadog_found(resource_id: str, about: str) -> Found:
    return Found(resource_id=resource_id, import_id=resource_id, about=about)
