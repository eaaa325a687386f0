"""Promoting a staged deployment, and rolling back to one that has served.

Sources: https://vercel.com/docs/rest-api/projects/point-production-traffic-to-a-given-deployment,
…/point-production-traffic-to-a-previous-production-deployment-by-id, …/updates-the-description-for-a-rollback and
…/gets-a-list-of-aliases-with-status-for-the-current-promote.
"""

from typing import Any

from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document
from sandbox.world.vercel.authentication import TEAMS, team_of, user_of
from sandbox.world.vercel.errors import error, not_found
from sandbox.world.vercel.identifiers import now
from sandbox.world.vercel.project_store import (
    DEPLOYMENTS,
    PROJECTS,
    production_domains,
    requested_project,
    save_project,
)
from sandbox.world.vercel.promotion_progress import RUNNING, advance_alias_request
from sandbox.world.vercel.validation import STRING, Rule, body

routes = Routes()

_STATUSES = {"pending": "pending", "in-progress": "in-progress", "succeeded": "completed", "failed": "failed"}


@routes.add("POST", "/v10/projects/{project}/promote/{deployment}")
def promote(request: Request) -> Response:
    """Ask that a production deployment becomes the one that serves. Nothing is rebuilt; 201 says accepted, not done."""
    project, deployment = _asked(request)
    if deployment["target"] != "production":
        raise error(400, "bad_request", "Only a production deployment can be promoted; a preview has to be rebuilt.")
    _check_movable(project, deployment)
    _begin(request, project, deployment, "promote")
    return Response(201)


@routes.add("POST", "/v1/projects/{project}/rollback/{deployment}")
@routes.add("POST", "/v9/projects/{project}/rollback/{deployment}")
def roll_back(request: Request) -> Response:
    """Ask that a deployment which has served production serves again."""
    project, deployment = _asked(request)
    if deployment["target"] != "production" or deployment.get("readySubstate") != "PROMOTED":
        message = "The deployment has never served production, so there is nothing to roll back to."
        raise error(422, "unprocessable_entity", message)
    _check_movable(project, deployment)
    plan = request.state.collection(TEAMS)[project["accountId"]]["plan"]
    if plan == "hobby" and deployment["id"] != project.get("previousProduction"):
        message = "To roll back further than the previous production deployment, upgrade to pro."
        raise error(402, "payment_required", message)
    project["rollbackDescription"] = _description(request, request.query.get("description", ""))
    _begin(request, project, deployment, "rollback")
    return Response(201)


@routes.add("PATCH", "/v1/projects/{project}/rollback/{deployment}/update-description")
def describe_rollback(request: Request) -> Response:
    """Change the reason of the rollback that is in force."""
    project, deployment = _asked(request)
    wanted = body(request, Rule(type="object", properties={"description": STRING}))
    asked = project["lastAliasRequest"]
    if asked is None or asked["type"] != "rollback" or asked["toDeploymentId"] != deployment["id"]:
        raise error(409, "conflict", "The project is not rolled back to that deployment.")
    project["rollbackDescription"] = _description(request, wanted.get("description", ""))
    save_project(request.state, project)
    return Response(200, {})


@routes.add("GET", "/v1/projects/{project}/promote/aliases")
@routes.add("GET", "/v9/projects/{project}/promote/aliases")
@routes.add("GET", "/v9/projects/{project}/rollback/aliases")
def list_request_aliases(request: Request) -> Response:
    """How far the last promotion or rollback has come, domain by domain."""
    project = advance_alias_request(request.state, requested_project(request))
    asked = project["lastAliasRequest"]
    listed: list[dict[str, Any]] = []
    if asked is not None:
        status = _STATUSES[asked["jobStatus"]]
        names = production_domains(request.state, project["id"])
        listed = [{"status": status, "alias": name, "id": asked["toDeploymentId"]} for name in names]
    if request.query.get("failedOnly") == "true":
        listed = [entry for entry in listed if entry["status"] == "failed"]
    listed = listed[: int(request.query.get("limit", "20"))]
    return Response(200, {"aliases": listed, "pagination": {"count": len(listed), "next": None, "prev": None}})


def _asked(request: Request) -> tuple[Document, Document]:
    """The project and the deployment that the path names; the deployment must be the project's."""
    project = requested_project(request)
    deployment = request.state.collection(DEPLOYMENTS).get(request.parameters["deployment"])
    if deployment is None or deployment["projectId"] != project["id"]:
        raise not_found("Deployment")
    return project, deployment


def _check_movable(project: Document, deployment: Document) -> None:
    if deployment["readyState"] != "READY":
        raise error(400, "deployment_not_ready", f"The deployment is {deployment['readyState']}, not READY.")
    asked = project["lastAliasRequest"]
    if asked is not None and asked["jobStatus"] in RUNNING:
        message = f"A {asked['type']} of the project is in progress. Try again when it is done."
        raise error(409, "conflict", message)
    if project["production"] == deployment["id"]:
        raise error(409, "conflict", f"{deployment['id']} is already the current production deployment.")


def _begin(request: Request, project: Document, deployment: Document, kind: str) -> None:
    project["lastAliasRequest"] = {
        "fromDeploymentId": project["production"],
        "toDeploymentId": deployment["id"],
        "fromRollingReleaseId": None,
        "jobStatus": "pending",
        "requestedAt": now(request.state),
        "type": kind,
    }
    request.state.collection(PROJECTS)[project["id"]] = project


def _description(request: Request, text: str) -> Document:
    team_of(request)
    user = user_of(request)
    return {
        "userId": user["id"],
        "username": user["username"],
        "description": text,
        "createdAt": now(request.state),
    }
