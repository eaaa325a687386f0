"""Deployments: made from uploaded files, looked at until they are ready (https://vercel.com/docs/rest-api/deployments)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

from sandbox.world.service import Request, Response, Routes, ServiceError
from sandbox.world.state import Document, State
from sandbox.world.vercel import files
from sandbox.world.vercel.authentication import TEAMS, team_of, user_of
from sandbox.world.vercel.builds import advance_build
from sandbox.world.vercel.deployment_request import DEPLOYMENT
from sandbox.world.vercel.errors import bad_request, error, not_found
from sandbox.world.vercel.identifiers import LOWER_CASE, identifier, now
from sandbox.world.vercel.project_store import DEPLOYMENTS, DOMAINS, PROJECTS, find_project
from sandbox.world.vercel.promotion_progress import advance_alias_request
from sandbox.world.vercel.validation import body

routes = Routes()

_PROJECT_SETTINGS = (
    *("framework", "nodeVersion", "rootDirectory", "buildCommand", "devCommand", "installCommand", "outputDirectory"),
    "commandForIgnoringBuildStep",
)


@routes.add("POST", "/v13/deployments")
def create_deployment(request: Request) -> Response:
    """Create a deployment from files, once all of them were uploaded; else 400 lists the digests that are missing."""
    team = team_of(request)
    wanted = body(request, DEPLOYMENT)
    for name, value in wanted.get("meta", {}).items():
        if not isinstance(value, str):
            raise bad_request(f"Invalid request: `meta.{name}` should be string.")
    if request.query.get("prebuilt") != "1":
        raise ServiceError(501, {"message": "the sandbox's vercel builds nothing: deploy with --prebuilt"})
    kept = _files(request, team["id"], wanted.get("files", []))
    project = find_project(request.state, team["id"], wanted.get("project") or wanted["name"])
    deployment = _new_deployment(request, team, project, wanted)
    request.state.collection(DEPLOYMENTS)[deployment["id"]] = {**deployment, "files": kept}
    return Response(200, deployment_view(request.state, deployment))


@routes.add("GET", "/v13/deployments/{deployment}")
def show_deployment(request: Request) -> Response:
    """A deployment by its ID, its own address, or a domain that leads to it."""
    deployment = advance_build(request.state, requested_deployment(request))
    return Response(200, deployment_view(request.state, deployment))


@routes.add("GET", "/v11/deployments/{deployment}/builds")
def list_builds(request: Request) -> Response:
    """A prebuilt deployment was built elsewhere."""
    requested_deployment(request)
    return Response(200, {"builds": []})


@routes.add("GET", "/v3/now/deployments/{deployment}/events")
@routes.add("GET", "/v3/deployments/{deployment}/events")
def list_events(request: Request) -> Response:
    """What the deployment's log says, as JSON or, with `format=lines`, one JSON document a line."""
    deployment = requested_deployment(request)
    happened = [
        (deployment["createdAt"], f"Deployment {deployment['url']} created with {len(deployment['files'])} files."),
        (deployment.get("buildingAt"), "Using prebuilt build artifacts."),
        (deployment.get("readyAt"), "Deployment completed."),
    ]
    events = [
        {
            "type": "stdout",
            "created": moment,
            "date": moment,
            "deploymentId": deployment["id"],
            "id": f"{moment}",
            "serial": f"{moment}",
            "text": text,
            "payload": {"deploymentId": deployment["id"], "date": moment, "text": text},
        }
        for moment, text in happened
        if moment is not None
    ]
    if request.query.get("format") == "lines":
        return Response(200, "".join(json.dumps(event) + "\n" for event in events))
    return Response(200, events)


@routes.add("GET", "/v2/deployments/{deployment}/aliases")
@routes.add("GET", "/now/deployments/{deployment}/aliases")
def list_deployment_aliases(request: Request) -> Response:
    """The names that lead to a deployment."""
    deployment = requested_deployment(request)
    moment = deployment["createdAt"]
    aliases = [{"uid": f"{deployment['id']}-{name}", "alias": name, "created": moment} for name in deployment["alias"]]
    return Response(200, {"aliases": aliases})


@routes.add("GET", "/v4/aliases/{alias}")
def show_alias(request: Request) -> Response:
    """The deployment that a name leads to now (https://vercel.com/docs/rest-api/aliases/get-an-alias).

    To ask for a production domain is a look at the promotion or rollback that may be moving it.
    """
    team = team_of(request)
    name = request.parameters["alias"].lower()
    domain = request.state.collection(DOMAINS).get(name)
    if domain is not None:
        advance_alias_request(request.state, request.state.collection(PROJECTS)[domain["projectId"]])
    deployment = next(
        (found for found in request.state.collection(DEPLOYMENTS).values() if name in found["alias"]), None
    )
    if deployment is None or deployment["ownerId"] != team["id"]:
        raise not_found("Alias")
    return Response(
        200,
        {
            "uid": f"{deployment['id']}-{name}",
            "alias": name,
            "deploymentId": deployment["id"],
            "deployment": {key: deployment[key] for key in ("id", "url", "meta")},
            "projectId": deployment["projectId"],
            "creator": deployment["creator"],
            "created": datetime.fromtimestamp(deployment["createdAt"] / 1000, UTC).isoformat(timespec="milliseconds"),
            "createdAt": deployment["createdAt"],
            "updatedAt": deployment["aliasAssigned"],
            "redirect": None,
        },
    )


def requested_deployment(request: Request) -> Document:
    """The deployment that the path names, in the team that is asked; 404 when the team has none such."""
    team = team_of(request)
    deployment = find_deployment(request.state, request.parameters["deployment"])
    if deployment is None or deployment["ownerId"] != team["id"]:
        raise not_found("Deployment")
    return deployment


def find_deployment(state: State, id_or_host: str) -> Document | None:
    """The deployment of an ID, or the one that a host name leads to: its own address, or a domain it serves."""
    deployments = state.collection(DEPLOYMENTS)
    if id_or_host in deployments:
        return deployments[id_or_host]
    host = id_or_host.lower()
    for deployment in deployments.values():
        if host == deployment["url"] or host in deployment["alias"]:
            return deployment
    return None


def deployment_view(state: State, deployment: Document) -> dict[str, Any]:
    """A deployment as Vercel shows it: its files are asked for elsewhere."""
    project = find_project(state, deployment["ownerId"], deployment["projectId"])
    team = state.collection(TEAMS)[deployment["ownerId"]]
    shown = {key: value for key, value in deployment.items() if key not in ("files", "autoAssignCustomDomains")}
    return {
        **shown,
        "status": deployment["readyState"],
        "aliasAssigned": deployment["aliasAssigned"] is not None,
        "aliasAssignedAt": deployment["aliasAssigned"],
        "projectSettings": {name: project[name] for name in _PROJECT_SETTINGS},
        "project": {"id": project["id"], "name": project["name"], "framework": project["framework"]},
        "team": {"id": team["id"], "name": team["name"], "slug": team["slug"], "avatar": None},
        "aliasError": None,
        "inspectorUrl": inspector_url(team, deployment),
        "aliasFinal": None,
        "version": 2,
        "routes": None,
        "public": False,
    }


def inspector_url(team: Document, deployment: Document) -> str:
    """A deployment's page on vercel.com."""
    return f"https://vercel.com/{team['slug']}/{deployment['name']}/{deployment['id'].removeprefix('dpl_')}"


def _files(request: Request, team_id: str, listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept = []
    missing = []
    for file in listed:
        digest = file.get("sha")
        if digest is None:
            text = file.get("data", "")
            content = base64.b64decode(text) if file.get("encoding") == "base64" else text.encode()
            digest = files.keep_file(request.state, team_id, content)
        elif not files.has_file(request.state, team_id, digest):
            missing.append(digest)
        kept.append({"file": file["file"], "sha": digest, "mode": file.get("mode", 0o100644)})
    if missing:
        raise error(400, "missing_files", "Missing files", missing=list(dict.fromkeys(missing)))
    return kept


def _new_deployment(request: Request, team: Document, project: Document, wanted: dict[str, Any]) -> Document:
    moment = now(request.state)
    user = user_of(request)
    short = identifier(length=9, alphabet=LOWER_CASE)
    return {
        "id": identifier("dpl_"),
        "name": project["name"],
        "url": f"{project['name']}-{short}-{team['slug']}.vercel.app",
        "ownerId": team["id"],
        "projectId": project["id"],
        "creator": {"uid": user["id"], "username": user["username"], "email": user["email"]},
        "createdAt": moment,
        "readyState": "QUEUED",
        "target": wanted.get("target") if wanted.get("target") == "production" else None,
        "alias": [],
        "aliasAssigned": None,
        "autoAssignCustomDomains": wanted.get("autoAssignCustomDomains", True),
        "meta": wanted.get("meta", {}),
        "gitSource": None,
        "source": wanted.get("source", "cli"),
        "regions": wanted.get("regions", ["iad1"]),
        "plan": team["plan"],
        "type": "LAMBDAS",
        "env": sorted(wanted.get("env", {})),
        "build": {"env": sorted(wanted.get("build", {}).get("env", {}))},
        "bootedAt": None,
    }
