"""Projects (https://vercel.com/docs/rest-api/projects)."""

import re

from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document
from sandbox.world.vercel import git_link
from sandbox.world.vercel.authentication import team_of
from sandbox.world.vercel.errors import bad_request, error
from sandbox.world.vercel.identifiers import LOWER_CASE, identifier, now
from sandbox.world.vercel.project_settings import CREATE, UPDATE, apply_settings, initial_settings
from sandbox.world.vercel.project_store import (
    DEPLOYMENTS,
    DOMAINS,
    PROJECTS,
    project_view,
    requested_project,
    save_project,
)
from sandbox.world.vercel.promotion_progress import advance_alias_request
from sandbox.world.vercel.validation import body

routes = Routes()


@routes.add("POST", "/v8/projects")
def create_project(request: Request) -> Response:
    """Create a project. It comes with a name of its own below vercel.app."""
    team = team_of(request)
    wanted = body(request, CREATE)
    _check_name(request, team["id"], wanted["name"])
    moment = now(request.state)
    project: Document = {
        "id": identifier("prj_"),
        "accountId": team["id"],
        **initial_settings(),
        "createdAt": moment,
        "updatedAt": moment,
        "crons": {"enabledAt": moment, "disabledAt": None, "updatedAt": moment, "definitions": []},
        "protectionBypass": {},
        "link": None,
        "live": False,
        "production": None,
        "lastAliasRequest": None,
        "lastRollbackTarget": None,
        "rollbackDescription": None,
    }
    repository = wanted.pop("gitRepository", None)
    if repository is not None:
        project["link"] = git_link.link_to(repository, moment)
    apply_settings(project, wanted)
    save_project(request.state, project)
    _add_own_domain(request, project)
    return Response(200, project_view(request.state, project))


@routes.add("GET", "/v8/projects")
@routes.add("GET", "/v9/projects")
@routes.add("GET", "/v10/projects")
def list_projects(request: Request) -> Response:
    """The team's projects, newest first, or those whose name contains `search`."""
    team = team_of(request)
    search = request.query.get("search", "")
    found = [
        project_view(request.state, project)
        for project in reversed(list(request.state.collection(PROJECTS).values()))
        if project["accountId"] == team["id"] and search in project["name"]
    ]
    return Response(200, {"projects": found, "pagination": {"count": len(found), "next": None, "prev": None}})


@routes.add("GET", "/v2/projects/{project}")
@routes.add("GET", "/v9/projects/{project}")
@routes.add("GET", "/v10/projects/{project}")
def show_project(request: Request) -> Response:
    """A project by ID or name; with `rollbackInfo=true` also how its last promote or rollback stands."""
    project = advance_alias_request(request.state, requested_project(request))
    rollback_info = request.query.get("rollbackInfo") == "true"
    return Response(200, project_view(request.state, project, rollback_info=rollback_info))


@routes.add("PATCH", "/v9/projects/{project}")
def update_project(request: Request) -> Response:
    """Change a project's settings."""
    project = requested_project(request)
    wanted = body(request, UPDATE)
    if wanted.get("name", project["name"]) != project["name"]:
        _check_name(request, project["accountId"], wanted["name"])
    apply_settings(project, wanted)
    project["updatedAt"] = now(request.state)
    save_project(request.state, project)
    return Response(200, project_view(request.state, project))


@routes.add("DELETE", "/v8/projects/{project}")
@routes.add("DELETE", "/v9/projects/{project}")
def delete_project(request: Request) -> Response:
    """Delete a project with its deployments, domains and variables."""
    project = requested_project(request)
    for name in (DEPLOYMENTS, DOMAINS, "vercel.environment_variables"):
        collection = request.state.collection(name)
        for key in [key for key, document in collection.items() if document["projectId"] == project["id"]]:
            del collection[key]
    del request.state.collection(PROJECTS)[project["id"]]
    return Response(204)


def _check_name(request: Request, team_id: str, name: str) -> None:
    if not re.fullmatch(r"[a-z0-9._-]{1,100}", name) or "---" in name:
        raise bad_request(
            "Project names can be up to 100 characters long and must be lowercase. They can include letters, digits,"
            " and the following characters: '.', '_', '-'. However, they cannot contain the sequence '---'."
        )
    for other in request.state.collection(PROJECTS).values():
        if other["accountId"] == team_id and other["name"] == name:
            raise error(409, "conflict", f'Project "{name}" already exists, please use a new name.')


def _add_own_domain(request: Request, project: Document) -> None:
    """`NAME.vercel.app`, or with six characters more where another project has that."""
    domains = request.state.collection(DOMAINS)
    name = f"{project['name']}.vercel.app"
    if name in domains:
        name = f"{project['name']}-{identifier(length=6, alphabet=LOWER_CASE)}.vercel.app"
    domains[name] = {
        "name": name,
        "apexName": "vercel.app",
        "projectId": project["id"],
        "redirect": None,
        "redirectStatusCode": None,
        "gitBranch": None,
        "customEnvironmentId": None,
        "createdAt": project["createdAt"],
        "updatedAt": project["createdAt"],
        "verified": True,
    }
