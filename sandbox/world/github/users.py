"""Users: https://docs.github.com/rest/users."""

from typing import Any
from urllib.parse import quote

from sandbox.world.github.errors import error, not_found
from sandbox.world.github.identifiers import api_url, html_url, next_number, node_id, timestamp
from sandbox.world.github.pages import found, select_page
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()


def add_user(state: State, login: str, *, name: str | None = None, email: str | None = None) -> Document:
    """The user of that login, made when there is none. A login that ends in `[bot]` is an app's."""
    users = state.collection("github.users")
    key = login.lower()
    if key not in users:
        number = next_number(state)
        users[key] = {
            "id": number,
            "login": login,
            "name": name,
            "email": email,
            "type": "Bot" if login.endswith("[bot]") else "User",
            "keys": [],
            "gpg_keys": [],
            "created_at": timestamp(),
        }
    return users[key]


def find_user(state: State, login: str) -> Document | None:
    """The user of that login, in any letter case."""
    return state.collection("github.users").get(login.lower())


def find_user_by_id(state: State, number: int) -> Document | None:
    """The user of that number."""
    return next((user for user in state.collection("github.users").values() if user["id"] == number), None)


def commit_email(user: Document) -> str:
    """The address that commits made through the API carry when the user's own is not public."""
    return user["email"] or f"{user['id']}+{user['login']}@users.noreply.github.com"


def login_of(state: State, email: str) -> str | None:
    """Whose commits carry that address."""
    users = state.collection("github.users").values()
    return next((user["login"] for user in users if commit_email(user).lower() == email.lower()), None)


def commit_person(user: Document) -> dict[str, Any]:
    """A user as the author of a commit that is made through the API."""
    return {"name": user["name"] or user["login"], "email": commit_email(user), "login": user["login"]}


def simple_user(request: Request, user: Document) -> Document:
    """A user as other objects show it (schema `simple-user`)."""
    link = api_url(request, f"/users/{quote(user['login'])}")
    page = f"/apps/{user['login'].removesuffix('[bot]')}" if user["type"] == "Bot" else f"/{user['login']}"
    return {
        "login": user["login"],
        "id": user["id"],
        "node_id": node_id(user["type"], user["id"]),
        "avatar_url": html_url(request, f"/avatars/u/{user['id']}"),
        "gravatar_id": "",
        "url": link,
        "html_url": html_url(request, page),
        "followers_url": f"{link}/followers",
        "following_url": f"{link}/following{{/other_user}}",
        "gists_url": f"{link}/gists{{/gist_id}}",
        "starred_url": f"{link}/starred{{/owner}}{{/repo}}",
        "subscriptions_url": f"{link}/subscriptions",
        "organizations_url": f"{link}/orgs",
        "repos_url": f"{link}/repos",
        "events_url": f"{link}/events{{/privacy}}",
        "received_events_url": f"{link}/received_events",
        "type": user["type"],
        "site_admin": False,
    }


def simple_user_of(request: Request, login: str | None) -> Document | None:
    """`simple_user` by login; None when there is no such user."""
    user = find_user(request.state, login) if login else None
    return simple_user(request, user) if user else None


@routes.add("GET", "/user")
def get_authenticated_user(request: Request) -> Response:
    """The token's own user. An app's token has none."""
    if request.identity["type"] == "App":
        raise error(403, "Resource not accessible by integration", "users/users#get-the-authenticated-user")
    user = add_user(request.state, request.identity["login"])
    private: dict[str, Any] = {
        "private_gists": 0,
        "total_private_repos": 0,
        "owned_private_repos": 0,
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
    }
    scopes = {"X-OAuth-Scopes": ", ".join(request.identity["scopes"])}
    return found(request, {**_public_user(request, user), **private}, scopes)


@routes.add("GET", "/users/{username}")
def get_user(request: Request) -> Response:
    """A user's public profile."""
    return found(request, _public_user(request, _user(request, "users/users#get-a-user")))


@routes.add("GET", "/users/{username}/gpg_keys")
def list_gpg_keys(request: Request) -> Response:
    """A user's public GPG keys."""
    keys, headers = select_page(request, _user(request, "users/gpg-keys#list-gpg-keys-for-a-user")["gpg_keys"])
    return found(request, keys, headers)


@routes.add("GET", "/users/{username}/keys")
def list_keys(request: Request) -> Response:
    """A user's public SSH keys."""
    keys, headers = select_page(request, _user(request, "users/keys#list-public-keys-for-a-user")["keys"])
    return found(request, keys, headers)


def _user(request: Request, documentation: str) -> Document:
    user = find_user(request.state, request.parameters["username"])
    if user is None:
        raise not_found(documentation)
    return user


def _public_user(request: Request, user: Document) -> Document:
    return {
        **simple_user(request, user),
        "name": user["name"],
        "company": None,
        "blog": "",
        "location": None,
        "email": user["email"],
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": user["created_at"],
        "updated_at": user["created_at"],
    }
