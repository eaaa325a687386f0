"""A Vercel project between Pulumi's properties and Vercel's JSON (POST /v8/projects, PATCH /v9/projects/{idOrName})."""

from collections.abc import Mapping
from typing import Any

from sandbox.providers.resource import merged
from sandbox.providers.values import Properties
from sandbox.providers.vercel.client import Vercel

NODE_VERSIONS = ("18.x", "20.x", "22.x", "24.x")
SKEW_SECONDS = {"30 minutes": 1800, "4 hours": 14400, "12 hours": 43200, "1 day": 86400, "7 days": 604800}
BUILD_MACHINES = ("standard", "enhanced", "turbo", "elastic")
DEFAULT_PROTECTION = "standard_protection_new"
PROTECTIONS = {
    "standard_protection": "prod_deployment_urls_and_all_previews",
    "standard_protection_new": "all_except_custom_domains",
    "all_deployments": "all",
    "only_preview_deployments": "preview",
    "none": "none",
}
_PROTECTION_FROM_API = {api: name for name, api in PROTECTIONS.items()}

_TEXTS = {
    "buildCommand": "buildCommand",
    "devCommand": "devCommand",
    "framework": "framework",
    "ignoreCommand": "commandForIgnoringBuildStep",
    "installCommand": "installCommand",
    "outputDirectory": "outputDirectory",
    "previewDeploymentSuffix": "previewDeploymentSuffix",
    "rootDirectory": "rootDirectory",
}
"""Inputs that are sent as null when they are left out, which unsets them."""
_FLAGS = {
    "automaticallyExposeSystemEnvironmentVariables": "autoExposeSystemEnvs",
    "autoAssignCustomDomains": "autoAssignCustomDomains",
    "previewDeploymentsDisabled": "previewDeploymentsDisabled",
    "gitLfs": "gitLFS",
    "functionFailover": "serverlessFunctionZeroConfigFailover",
    "customerSuccessCodeVisibility": "customerSupportCodeVisibility",
    "protectedSourcemaps": "protectedSourcemaps",
    "gitForkProtection": "gitForkProtection",
    "prioritiseProductionBuilds": "productionDeploymentsFastLane",
    "directoryListing": "directoryListing",
}
"""Inputs that the API takes in an update only, with false for one that is left out."""
_UPDATED_AFTER_CREATION = frozenset(_FLAGS) - {
    "autoAssignCustomDomains",
    "gitForkProtection",
    "previewDeploymentsDisabled",
} | {"gitComments", "gitProviderOptions", "oidcTokenConfig", "skewProtection", "nodeVersion"}
"""Inputs which make the provider update a project right after it created it."""
_FEEDBACK = {"enablePreviewFeedback": "enablePreviewFeedback", "enableProductionFeedback": "enableProductionFeedback"}


KEPT = frozenset(_FLAGS) | {"nodeVersion", "vercelAuthentication", "enableProductionFeedback", *_FEEDBACK}
"""Computed inputs whose value an update keeps when the program leaves them out."""


def creation(inputs: Properties) -> dict[str, Any]:
    """The body that creates a project."""
    body: dict[str, Any] = {
        "name": inputs["name"],
        **{api: inputs.get(name) for name, api in _TEXTS.items() if name != "ignoreCommand" or name in inputs},
        "ssoProtection": _protection(inputs),
    }
    if repository := inputs.get("gitRepository"):
        body["gitRepository"] = {"type": repository["type"], "repo": repository["repo"]}
    if oidc := inputs.get("oidcTokenConfig"):
        body["oidcTokenConfig"] = {"issuerMode": oidc.get("issuerMode", "team")}
    if "previewDeploymentsDisabled" in inputs:
        body["previewDeploymentsDisabled"] = inputs["previewDeploymentsDisabled"]
    return body | _resources(inputs) | _feedback(inputs)


def change(inputs: Properties) -> dict[str, Any]:
    """The body that changes a project; what it leaves out or null is unset."""
    body: dict[str, Any] = {
        **{api: inputs.get(name) for name, api in _TEXTS.items()},
        **{api: inputs.get(name, False) for name, api in _FLAGS.items()},
        "ssoProtection": _protection(inputs),
        "passwordProtection": None,
        "trustedIps": None,
        "trustedSources": None,
        "optionsAllowlist": None,
        "oidcTokenConfig": {"issuerMode": inputs.get("oidcTokenConfig", {}).get("issuerMode", "team")},
        "skewProtectionMaxAge": SKEW_SECONDS.get(inputs.get("skewProtection", ""), 0),
        "gitComments": _git_comments(inputs),
    }
    if options := inputs.get("gitProviderOptions"):
        body["gitProviderOptions"] = _git_provider_options(options)
    if "nodeVersion" in inputs:
        body["nodeVersion"] = inputs["nodeVersion"]
    return body | _resources(inputs) | _feedback(inputs)


def needs_update(inputs: Properties) -> bool:
    """Whether a project that was just created must be changed, because a creation cannot set all of it."""
    return (
        any(name in inputs for name in _UPDATED_AFTER_CREATION)
        or inputs.get("autoAssignCustomDomains") is False
        or inputs.get("gitForkProtection") is False
    )


def _protection(inputs: Properties) -> dict[str, Any] | None:
    name = inputs.get("vercelAuthentication", {}).get("deploymentType", DEFAULT_PROTECTION)
    return None if name == "none" else {"deploymentType": PROTECTIONS[name]}


def _feedback(inputs: Properties) -> dict[str, Any]:
    sent = {api: inputs[name] for name, api in _FEEDBACK.items() if name in inputs}
    if "previewComments" in inputs:
        sent.setdefault("enablePreviewFeedback", inputs["previewComments"])
    if "enableAffectedProjectsDeployments" in inputs:
        sent["enableAffectedProjectsDeployments"] = inputs["enableAffectedProjectsDeployments"]
    return sent


def _resources(inputs: Properties) -> dict[str, Any]:
    wanted = inputs.get("resourceConfig", {})
    sent = {
        "functionDefaultMemoryType": wanted.get("functionDefaultCpuType"),
        "functionDefaultTimeout": wanted.get("functionDefaultTimeout"),
        "functionDefaultRegions": wanted.get("functionDefaultRegions"),
        "fluid": wanted.get("fluid"),
        "elasticConcurrencyEnabled": inputs.get("onDemandConcurrentBuilds"),
        "buildMachineType": inputs.get("buildMachineType") or None,
    }
    if "serverlessFunctionRegion" in inputs and sent["functionDefaultRegions"] is None:
        sent["functionDefaultRegions"] = [inputs["serverlessFunctionRegion"]]
    sent = {name: value for name, value in sent.items() if value is not None}
    return {"resourceConfig": sent} if sent else {}


def _git_comments(inputs: Properties) -> dict[str, Any] | None:
    wanted = inputs.get("gitComments")
    return wanted and {"onCommit": wanted["onCommit"], "onPullRequest": wanted["onPullRequest"]}


def _git_provider_options(options: Mapping[str, Any]) -> dict[str, Any]:
    sent: dict[str, Any] = {
        name: options[name]
        for name in ("requireVerifiedCommits", "gitCommitStatus", "consolidatedGitCommitStatus")
        if name in options
    }
    if "createDeployments" in options:
        sent["createDeployments"] = "enabled" if options["createDeployments"] else "disabled"
    if "repositoryDispatchEvents" in options:
        sent["disableRepositoryDispatchEvents"] = not options["repositoryDispatchEvents"]
    return sent


def repository_of(link: Mapping[str, Any] | None) -> tuple[Any, Any] | None:
    """What makes a Git link another one."""
    return (link.get("type"), link.get("repo")) if link else None


def project_state(client: Vercel, known: Properties, project: Mapping[str, Any]) -> Properties:
    """What Vercel says of a project; `known` for what it does not say."""
    protection = (project.get("ssoProtection") or {}).get("deploymentType")
    resources = project.get("resourceConfig")
    link = project.get("link")
    seconds = project.get("skewProtectionMaxAge")
    preview_feedback = project.get("enablePreviewFeedback")
    return merged(
        known,
        **{name: _or_blank(project.get(api), known.get(name)) for name, api in _TEXTS.items()},
        **{name: project.get(api, False) for name, api in _FLAGS.items()},
        name=project["name"],
        teamId=client.team_of(known),
        nodeVersion=project.get("nodeVersion"),
        vercelAuthentication={"deploymentType": _PROTECTION_FROM_API.get(protection or "none", protection)},
        oidcTokenConfig={"issuerMode": (project.get("oidcTokenConfig") or {}).get("issuerMode", "team")},
        previewComments=preview_feedback,
        enablePreviewFeedback=preview_feedback,
        enableProductionFeedback=project.get("enableProductionFeedback"),
        enableAffectedProjectsDeployments=project.get("enableAffectedProjectsDeployments"),
        skewProtection=next((name for name, age in SKEW_SECONDS.items() if age == seconds), None),
        gitRepository=_link_state(link) if link else None,
        resourceConfig=resources
        and {
            "functionDefaultCpuType": resources.get("functionDefaultMemoryType"),
            "functionDefaultTimeout": resources.get("functionDefaultTimeout"),
            "functionDefaultRegions": resources.get("functionDefaultRegions", []),
            "fluid": resources.get("fluid", False),
        },
        onDemandConcurrentBuilds=resources and resources.get("elasticConcurrencyEnabled", False),
        buildMachineType=resources and resources.get("buildMachineType", ""),
    )


def _or_blank(value: Any, wanted: Any) -> Any:
    """Vercel says null for a text that was set to be empty."""
    return "" if value is None and wanted == "" else value


def _link_state(link: Mapping[str, Any]) -> dict[str, Any]:
    owner = link.get("org") or link.get("owner") or link.get("projectNamespace")
    state = {"type": link["type"], "repo": f"{owner}/{link.get('repo') or link.get('slug')}"}
    return {**state, "productionBranch": link["productionBranch"]} if link.get("productionBranch") else state
