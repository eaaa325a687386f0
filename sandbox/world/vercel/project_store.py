"""Finding projects, and showing one with what is computed from its deployments and domains."""

from typing import Any

from sandbox.world.service import Request
from sandbox.world.state import Document, State
from sandbox.world.vercel.authentication import team_of
from sandbox.world.vercel.errors import not_found

PROJECTS = "vercel.projects"
DOMAINS = "vercel.domains"
DEPLOYMENTS = "vercel.deployments"


def requested_project(request: Request, parameter: str = "project") -> Document:
    """The project that the path names by ID or name, in the team that is asked; 404 when the team has none such."""
    return find_project(request.state, team_of(request)["id"], request.parameters[parameter])


def find_project(state: State, team_id: str, id_or_name: str) -> Document:
    """A team's project by ID or name; 404 when there is none."""
    for project in state.collection(PROJECTS).values():
        if project["accountId"] == team_id and id_or_name in (project["id"], project["name"]):
            return project
    raise not_found("Project")


def save_project(state: State, project: Document) -> None:
    """Keep a changed project."""
    state.collection(PROJECTS)[project["id"]] = project


def production_domains(state: State, project_id: str) -> list[str]:
    """The names that serve what is in production: no redirects, and none bound to a branch."""
    return [
        domain["name"]
        for domain in state.collection(DOMAINS).values()
        if domain["projectId"] == project_id
        and not domain["redirect"]
        and not domain["gitBranch"]
        and domain["verified"]
    ]


def project_view(state: State, project: Document, *, rollback_info: bool = False) -> dict[str, Any]:
    """A project as Vercel shows it. The last promote or rollback is told only to those who ask for `rollbackInfo`."""
    deployments = state.collection(DEPLOYMENTS)
    shown = {key: value for key, value in project.items() if key not in ("production", "lastAliasRequest")}
    current = deployments.get(project["production"]) if project["production"] else None
    shown["targets"] = dict[str, Any]() if current is None else {"production": _summary(current)}
    if shown["rollbackDescription"] is None:
        del shown["rollbackDescription"]
    shown["defaultResourceConfig"] = project["resourceConfig"]
    shown["alias"] = [
        {"domain": name, "environment": "production", "target": "PRODUCTION", "configuredBy": "CNAME"}
        for name in production_domains(state, project["id"])
    ]
    latest = [deployment for deployment in deployments.values() if deployment["projectId"] == project["id"]]
    shown["latestDeployments"] = [_summary(deployment) for deployment in reversed(latest[-3:])]
    if rollback_info:
        shown["lastAliasRequest"] = project["lastAliasRequest"]
    return shown


def _summary(deployment: Document) -> dict[str, Any]:
    names = ("id", "name", "url", "alias", "aliasAssigned", "createdAt", "creator", "meta", "plan", "readyState")
    more = ("readySubstate", "target", "type", "readyAt")
    summary = {key: deployment.get(key) for key in (*names, *more)}
    return {
        **summary,
        "teamId": deployment["ownerId"],
        "userId": deployment["creator"]["uid"],
        "deploymentHostname": deployment["url"].removesuffix(".vercel.app"),
        "private": False,
    }
