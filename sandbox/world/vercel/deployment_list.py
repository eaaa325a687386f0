"""The list of deployments, filtered and paged (https://vercel.com/docs/rest-api/deployments/list-deployments)."""

from typing import Any

from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document
from sandbox.world.vercel.authentication import TEAMS, team_of
from sandbox.world.vercel.builds import advance_build
from sandbox.world.vercel.deployments import inspector_url
from sandbox.world.vercel.errors import bad_request
from sandbox.world.vercel.project_store import DEPLOYMENTS, PROJECTS

routes = Routes()

_LARGEST_PAGE = 100


@routes.add("GET", "/v6/deployments")
@routes.add("GET", "/v7/deployments")
def list_deployments(request: Request) -> Response:
    """The team's deployments, newest first. `pagination.next` is the next page's `until`."""
    team = team_of(request)
    limit = _number(request, "limit", 20)
    if not 1 <= limit <= _LARGEST_PAGE:
        raise bad_request(f"Invalid request: `limit` should be between 1 and {_LARGEST_PAGE}.")
    everything = [
        advance_build(request.state, deployment)
        for deployment in request.state.collection(DEPLOYMENTS).values()
        if deployment["ownerId"] == team["id"]
    ]
    found = [deployment for deployment in everything if _wanted(request, deployment)]
    found.sort(key=lambda deployment: deployment["createdAt"], reverse=True)
    page = found[:limit]
    following = page[-1]["createdAt"] if len(found) > limit else None
    previous = page[0]["createdAt"] if page else None
    return Response(
        200,
        {
            "deployments": [_view(request, team, deployment) for deployment in page],
            "pagination": {"count": len(page), "next": following, "prev": previous},
        },
    )


def is_rollback_candidate(request: Request, deployment: Document) -> bool:
    """Whether it has served production and does not now; on Hobby, only the one that served just before."""
    project = request.state.collection(PROJECTS)[deployment["projectId"]]
    if deployment["readyState"] != "READY" or deployment.get("readySubstate") != "PROMOTED":
        return False
    if project["production"] == deployment["id"]:
        return False
    plan = request.state.collection(TEAMS)[deployment["ownerId"]]["plan"]
    return plan != "hobby" or project.get("previousProduction") == deployment["id"]


def _wanted(request: Request, deployment: Document) -> bool:
    query = request.query
    project = request.state.collection(PROJECTS)[deployment["projectId"]]
    created = deployment["createdAt"]
    meta = deployment["meta"]
    candidate = str(is_rollback_candidate(request, deployment)).lower()
    return all(
        (
            query.get("projectId") in (None, project["id"], project["name"]),
            query.get("app") in (None, deployment["name"]),
            query.get("target") in (None, deployment["target"] or "preview"),
            "state" not in query or deployment["readyState"] in query["state"].upper().split(","),
            query.get("rollbackCandidate") in (None, candidate),
            all(created < _number(request, name, created + 1) for name in ("until", "to")),
            all(created > _number(request, name, created - 1) for name in ("since", "from")),
            all(meta.get(name[5:]) == value for name, value in query.items() if name.startswith("meta-")),
        )
    )


def _number(request: Request, name: str, default: int) -> int:
    text = request.query.get(name)
    if text is None:
        return default
    if not text.isdigit():
        raise bad_request(f"Invalid request: `{name}` should be number.")
    return int(text)


def _view(request: Request, team: Document, deployment: Document) -> dict[str, Any]:
    return {
        "uid": deployment["id"],
        "name": deployment["name"],
        "projectId": deployment["projectId"],
        "url": deployment["url"],
        "created": deployment["createdAt"],
        "createdAt": deployment["createdAt"],
        "source": deployment["source"],
        "state": deployment["readyState"],
        "readyState": deployment["readyState"],
        "readySubstate": deployment.get("readySubstate"),
        "type": deployment["type"],
        "creator": deployment["creator"],
        "inspectorUrl": inspector_url(team, deployment),
        "target": deployment["target"],
        "aliasError": None,
        "aliasAssigned": deployment["aliasAssigned"],
        "buildingAt": deployment.get("buildingAt"),
        "ready": deployment.get("ready"),
        "isRollbackCandidate": is_rollback_candidate(request, deployment),
        "meta": deployment["meta"],
    }
