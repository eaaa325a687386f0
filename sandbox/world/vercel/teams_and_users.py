"""Users and teams (https://vercel.com/docs/rest-api/teams, https://vercel.com/docs/rest-api/user)."""

from typing import Any

from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document
from sandbox.world.vercel.authentication import find_team, teams_of, user_of
from sandbox.world.vercel.errors import not_found

routes = Routes()


@routes.add("GET", "/v2/user")
def show_user(request: Request) -> Response:
    """The token's user. `northstar` is Vercel's name for accounts whose projects all belong to teams."""
    user = user_of(request)
    return Response(200, {"user": {**user, "avatar": None, "version": "northstar"}})


@routes.add("GET", "/v3/user/tokens/current")
def show_token(request: Request) -> Response:
    """What the CLI asks about the token it was given."""
    return Response(
        200,
        {
            "token": {
                "id": "current",
                "name": "sandbox",
                "type": "token",
                "origin": "manual",
                "scopes": [{"type": "team", "teamId": team["id"]} for team in teams_of(request)],
            }
        },
    )


@routes.add("GET", "/v1/teams")
@routes.add("GET", "/v2/teams")
def list_teams(request: Request) -> Response:
    """The teams that the token opens."""
    found = [team_view(team) for team in teams_of(request)]
    return Response(200, {"teams": found, "pagination": {"count": len(found), "next": None, "prev": None}})


@routes.add("GET", "/teams/{id_or_slug}")
@routes.add("GET", "/v2/teams/{id_or_slug}")
def show_team(request: Request) -> Response:
    """A team; one that the token does not open is not found."""
    team = find_team(request, request.parameters["id_or_slug"])
    if team is None:
        raise not_found("Team")
    return Response(200, team_view(team))


def team_view(team: Document) -> dict[str, Any]:
    """A team as Vercel shows it to a member."""
    return {
        "id": team["id"],
        "slug": team["slug"],
        "name": team["name"],
        "avatar": None,
        "description": None,
        "createdAt": team["createdAt"],
        "creatorId": "owner",
        "billing": {"plan": team["plan"]},
        "plan": team["plan"],
        "membership": {"role": "OWNER", "confirmed": True, "teamId": team["id"]},
        "limited": False,
        "saml": None,
        "remoteCaching": {"enabled": True},
        "sensitiveEnvironmentVariablePolicy": "default",
    }
