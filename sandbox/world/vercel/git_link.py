"""A project's link to a Git repository, and its production branch."""

from typing import Any

from sandbox.world.service import Request, Response, Routes
from sandbox.world.vercel.errors import bad_request
from sandbox.world.vercel.identifiers import now
from sandbox.world.vercel.project_store import project_view, requested_project, save_project
from sandbox.world.vercel.validation import STRING, Rule, body

routes = Routes()


def link_to(repository: dict[str, str], moment: int) -> dict[str, Any]:
    """The link of a project to `{"type", "repo"}`; its production branch is at first `main`."""
    owner, _, name = repository["repo"].partition("/")
    if not owner or not name:
        raise bad_request("The `repo` of a Git repository is given as `owner/name`.")
    names = {
        "github": {"org": owner, "repo": name},
        "gitlab": {"projectNamespace": owner, "projectUrl": f"https://gitlab.com/{owner}/{name}.git", "projectId": "0"},
        "bitbucket": {"owner": owner, "slug": name},
    }
    common: dict[str, Any] = {
        "productionBranch": "main",
        "deployHooks": [],
        "createdAt": moment,
        "updatedAt": moment,
        "sourceless": False,
    }
    return {"type": repository["type"], **names[repository["type"]], **common}


@routes.add("PATCH", "/v9/projects/{project}/branch")
def set_production_branch(request: Request) -> Response:
    """Choose the branch whose pushes deploy to production."""
    project = requested_project(request)
    wanted = body(request, Rule(type="object", properties={"branch": STRING}, required=("branch",)))
    if project["link"] is None:
        raise bad_request("The project is not linked to a Git repository.")
    project["link"] = {**project["link"], "productionBranch": wanted["branch"], "updatedAt": now(request.state)}
    save_project(request.state, project)
    return Response(200, project_view(request.state, project))


@routes.add("POST", "/v9/projects/{project}/link")
def link_repository(request: Request) -> Response:
    """Link a repository, in place of the one before."""
    project = requested_project(request)
    kinds = Rule(values=("github", "gitlab", "bitbucket"))
    wanted = body(request, Rule(type="object", properties={"type": kinds, "repo": STRING}, required=("type", "repo")))
    project["link"] = link_to(wanted, now(request.state))
    save_project(request.state, project)
    return Response(200, project_view(request.state, project))


@routes.add("DELETE", "/v9/projects/{project}/link")
def unlink_repository(request: Request) -> Response:
    """Unlink the repository."""
    project = requested_project(request)
    if project["link"] is None:
        raise bad_request("The project is not linked to a Git repository.")
    project["link"] = None
    save_project(request.state, project)
    return Response(200, project_view(request.state, project))
