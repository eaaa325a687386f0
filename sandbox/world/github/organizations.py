"""Organizations and their teams: https://docs.github.com/rest/orgs and https://docs.github.com/rest/teams.

An organization's `plan` (`free`, `team`, `enterprise`) decides what its private repositories may use.
"""

from collections.abc import Sequence

from sandbox.world.github.errors import error, not_found
from sandbox.world.github.identifiers import api_url, html_url, next_number, node_id, timestamp
from sandbox.world.github.pages import found
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()


def add_organization(state: State, login: str, *, owners: Sequence[str], plan: str) -> Document:
    """The organization of that login, made when there is none. Its owners administrate every repository."""
    organizations = state.collection("github.organizations")
    key = login.lower()
    if key not in organizations:
        organizations[key] = {
            "id": next_number(state),
            "login": login,
            "owners": list(owners),
            "plan": plan,
            "created_at": timestamp(),
        }
    return organizations[key]


def add_team(
    state: State, organization: str, slug: str, *, members: Sequence[str], repositories: Sequence[str]
) -> None:
    """Make a team, if there is none of that slug, whose members may read the repositories (`owner/name`)."""
    teams = state.collection("github.teams")
    key = f"{organization}/{slug}".lower()
    if key not in teams:
        teams[key] = {
            "id": next_number(state),
            "organization": organization,
            "slug": slug,
            "name": slug,
            "members": list(members),
            "repositories": [name.lower() for name in repositories],
            "created_at": timestamp(),
        }


def find_organization(state: State, login: str) -> Document | None:
    """The organization of that login, in any letter case."""
    return state.collection("github.organizations").get(login.lower())


def find_team_by_id(state: State, number: int) -> Document | None:
    """The team of that number."""
    return next((team for team in state.collection("github.teams").values() if team["id"] == number), None)


def account(organization: Document) -> Document:
    """An organization in the form of the account that owns repositories, as `users.simple_user` takes it."""
    return {**organization, "type": "Organization"}


def simple_team(request: Request, team: Document) -> Document:
    """A team as other objects show it (schema `team`)."""
    organization = find_organization(request.state, team["organization"])
    number = organization["id"] if organization else 0
    link = api_url(request, f"/organizations/{number}/team/{team['id']}")
    return {
        "id": team["id"],
        "node_id": node_id("Team", team["id"]),
        "name": team["name"],
        "slug": team["slug"],
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "url": link,
        "html_url": html_url(request, f"/orgs/{team['organization']}/teams/{team['slug']}"),
        "members_url": f"{link}/members{{/member}}",
        "repositories_url": f"{link}/repos",
        "type": "organization",
        "organization_id": number,
        "parent": None,
    }


@routes.add("GET", "/orgs/{org}")
def get_organization(request: Request) -> Response:
    """An organization's profile."""
    organization = find_organization(request.state, request.parameters["org"])
    if organization is None:
        raise not_found("orgs/orgs#get-an-organization")
    return found(request, _organization(request, organization))


@routes.add("GET", "/orgs/{org}/teams/{team_slug}")
def get_team(request: Request) -> Response:
    """A team by its slug. A user's token needs `read:org` (or `admin:org`, `repo`), an app's `members:read`."""
    documentation = "teams/teams#get-a-team-by-name"
    held = set(request.identity["scopes"])
    if not held & {"read:org", "write:org", "admin:org", "repo", "members:read", "members:write"}:
        raise error(403, "Must have admin rights to Repository.", documentation)
    key = f"{request.parameters['org']}/{request.parameters['team_slug']}".lower()
    team = request.state.collection("github.teams").get(key)
    organization = find_organization(request.state, request.parameters["org"])
    if team is None or organization is None:
        raise not_found(documentation)
    more = {
        "members_count": len(team["members"]),
        "repos_count": len(team["repositories"]),
        "created_at": team["created_at"],
        "updated_at": team["created_at"],
        "organization": _organization(request, organization),
    }
    return found(request, {**simple_team(request, team), **more})


def _organization(request: Request, organization: Document) -> Document:
    login = organization["login"]
    link = api_url(request, f"/orgs/{login}")
    return {
        "login": login,
        "id": organization["id"],
        "node_id": node_id("Organization", organization["id"]),
        "url": link,
        "repos_url": f"{link}/repos",
        "events_url": f"{link}/events",
        "hooks_url": f"{link}/hooks",
        "issues_url": f"{link}/issues",
        "members_url": f"{link}/members{{/member}}",
        "public_members_url": f"{link}/public_members{{/member}}",
        "avatar_url": html_url(request, f"/avatars/u/{organization['id']}"),
        "description": None,
        "name": login,
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": html_url(request, f"/{login}"),
        "type": "Organization",
        "created_at": organization["created_at"],
        "updated_at": organization["created_at"],
        "archived_at": None,
    }
