"""Who asks: https://docs.github.com/rest/authentication/authenticating-to-the-rest-api.

A token is a document of `github.tokens` under the token itself. A user's (`type` `User`) has OAuth scopes (`repo`,
`workflow`, `read:org`); an app's (`type` `App`), which is also what a workflow's GITHUB_TOKEN is, has permissions
written `name:read` or `name:write` (`contents:write`) as its scopes.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from sandbox.world.github.errors import error
from sandbox.world.service import Request, ServiceError
from sandbox.world.state import State


def grant_token(
    state: State,
    token: str,
    *,
    login: str,
    scopes: Sequence[str],
    kind: Literal["User", "App"] = "User",
    app_id: int | None = None,
) -> None:
    """Make a token valid, or change what it may do.

    Args:
        state: the world.
        token: the secret itself.
        login: whom it speaks for; `name[bot]` for an app.
        scopes: OAuth scopes of a user's token, permissions (`contents:write`) of an app's.
        kind: whose token it is.
        app_id: the app's number, which rulesets know it by.
    """
    state.collection("github.tokens")[token] = {
        "login": login,
        "type": kind,
        "app_id": app_id,
        "scopes": list(scopes),
    }


def authenticate(request: Request) -> Mapping[str, Any]:
    """The identity behind the request's token; 401 without one, or with one that is not known."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if not token.strip():
        raise error(401, "Requires authentication")
    tokens = request.state.collection("github.tokens")
    if scheme.lower() not in ("bearer", "token") or token.strip() not in tokens:
        raise error(401, "Bad credentials")
    return {"app_id": None, **tokens[token.strip()]}


def authenticate_git(request: Request) -> Mapping[str, Any]:
    """The identity behind the token that Git sends as a password (or, as some tools do, as the name of the user).

    401 asks Git for one: https://docs.github.com/get-started/git-basics/about-remote-repositories.
    """
    _, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        name, _, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        name = password = ""
    tokens = request.state.collection("github.tokens")
    token = next((given for given in (password, name) if given in tokens), None)
    if token is None:
        raise ServiceError(401, "Invalid username or token.\n", {"WWW-Authenticate": 'Basic realm="GitHub"'})
    return {"app_id": None, **tokens[token]}


def app_may(identity: Mapping[str, Any], permission: str) -> bool:
    """Whether an app's token has the permission, `name:read` or `name:write`; writing includes reading."""
    name, _, level = permission.partition(":")
    held = set(identity["scopes"])
    return name == "metadata" or f"{name}:write" in held or (level == "read" and f"{name}:read" in held)
