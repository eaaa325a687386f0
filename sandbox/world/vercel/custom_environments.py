"""Environments beside production, preview and development. No stack declares one, so that a project has none."""

from sandbox.world.service import Request, Response, Routes
from sandbox.world.vercel.project_store import requested_project

routes = Routes()


@routes.add("GET", "/projects/{project}/custom-environments")
@routes.add("GET", "/v9/projects/{project}/custom-environments")
def list_custom_environments(request: Request) -> Response:
    """What the CLI asks before it names the targets of variables."""
    project = requested_project(request)
    return Response(200, {"environments": [], "accountLimit": {"total": 1}, "projectId": project["id"]})
