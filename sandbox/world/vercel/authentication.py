"""Who asks, and for which team (https://vercel.com/docs/rest-api#authentication)."""

from collections.abc import Mapping
from typing import Any

from sandbox.world.service import Request
from sandbox.world.state import Document
from sandbox.world.vercel.errors import error

TEAMS = "vercel.teams"
"""By ID: `{"id", "slug", "name", "plan", "createdAt"}`; the plan is `hobby`, `pro` or `enterprise`."""
TOKENS = "vercel.tokens"
"""By token: `{"user": NAME, "teams": [ID, …]}`. The user's own team, which everybody has, need not be listed."""


def authenticate(request: Request) -> Mapping[str, Any]:
    """The token's document. A missing or unknown token is answered 403, as Vercel does, not 401."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    known = request.state.collection(TOKENS)
    if not token:
        raise error(403, "forbidden", "The request is missing an authentication token", missingToken=True)
    if scheme.lower() != "bearer" or token not in known:
        raise error(403, "forbidden", "Not authorized", invalidToken=True)
    return known[token]


def user_of(request: Request) -> dict[str, Any]:
    """The token's user. Calls that name no team are about `defaultTeamId`, the one that the user has alone."""
    name = request.identity["user"]
    return {
        "id": name,
        "username": name,
        "name": name,
        "email": f"{name}@ai-tools.example.com",
        "defaultTeamId": f"team_{name}",
    }


def team_of(request: Request) -> Document:
    """The team that a call is about: `teamId` or `slug` of the query, else the one that the user has alone.

    Raises:
        ServiceError: 403 when the token does not open that team.
    """
    scope = request.query.get("teamId") or request.query.get("slug") or user_of(request)["defaultTeamId"]
    team = find_team(request, scope)
    if team is None:
        raise error(
            403,
            "forbidden",
            f'Not authorized: Trying to access resource under scope "{scope}". You must re-authenticate to this scope'
            " or use a token with access to this scope.",
            scope=scope,
        )
    return team


def find_team(request: Request, id_or_slug: str) -> Document | None:
    """The team of that ID or slug among those that the token opens."""
    return next((team for team in teams_of(request) if id_or_slug in (team["id"], team["slug"])), None)


def teams_of(request: Request) -> list[Document]:
    """Every team that the token opens, the user's own first."""
    own = _own_team(request)
    teams = request.state.collection(TEAMS)
    return [own, *(teams[key] for key in request.identity["teams"] if key in teams)]


def _own_team(request: Request) -> Document:
    user = user_of(request)
    teams = request.state.collection(TEAMS)
    team_id = user["defaultTeamId"]
    if team_id not in teams:
        slug = f"{user['username']}s-projects"
        teams[team_id] = {"id": team_id, "slug": slug, "name": slug, "plan": "hobby", "createdAt": 0}
    return teams[team_id]
