"""Who may do what in a repository: roles of users, scopes of their tokens, permissions of apps.

Sources: https://docs.github.com/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps and
https://docs.github.com/organizations/managing-user-access-to-your-organizations-repositories.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.world.github.authentication import app_may
from sandbox.world.github.errors import error, not_found
from sandbox.world.github.organizations import find_organization
from sandbox.world.service import Request
from sandbox.world.state import Document, State

ROLES = ("read", "triage", "write", "maintain", "admin")
"""From the least to the most."""


def find_repository(state: State, owner: str, name: str) -> Document | None:
    """The repository `owner/name`, in any letter case."""
    return state.collection("github.repositories").get(f"{owner}/{name}".lower())


def role(state: State, repository: Document, login: str) -> str | None:
    """A user's role in a repository: the highest that ownership, collaboration and teams give; None for no access."""
    organization = find_organization(state, repository["owner"])
    if organization and login.lower() in (owner.lower() for owner in organization["owners"]):
        return "admin"
    key = repository["full_name"].lower()
    given = [state.collection("github.collaborators").get(f"{key}/{login.lower()}", {}).get("role_name")]
    in_team = any(
        key in team["repositories"] and login.lower() in (member.lower() for member in team["members"])
        for team in state.collection("github.teams").values()
    )
    if in_team or not repository["private"]:
        given.append("read")
    return max((name for name in given if name is not None), key=ROLES.index, default=None)


def author_association(state: State, repository: Document, login: str) -> str:
    """How GitHub says that an author belongs to a repository: `OWNER`, `MEMBER`, `COLLABORATOR` or `NONE`."""
    if repository["owner"].lower() == login.lower():
        return "OWNER"
    return "MEMBER" if role(state, repository, login) else "NONE"


def open_repository(
    request: Request, documentation: str, *, needs: str = "read", permission: str = "metadata:read", denial: int = 403
) -> Document:
    """The repository that the path names, once the caller may do there what the call needs.

    Args:
        request: with `owner` and `repo`, or `repository_id`, in its path.
        documentation: the call's page, for errors.
        needs: the least role of a user.
        permission: what an app's token must hold.
        denial: the status for a user who sees the repository and has too small a role: 403, or 404 where GitHub hides
            the reason (writing content).

    Raises:
        ServiceError: 404 for what the caller may not know of; `denial`, or 403 for an app, for what it may not do.
    """
    repository = _named(request)
    if repository is None:
        raise not_found(documentation)
    identity = request.identity
    if identity["type"] == "App":
        if not app_may(identity, permission):
            raise error(403, "Resource not accessible by integration", documentation)
        return repository
    held = role(request.state, repository, identity["login"])
    if held is None or ("repo" not in identity["scopes"] and (repository["private"] or needs != "read")):
        raise not_found(documentation)
    if ROLES.index(held) < ROLES.index(needs):
        if denial == 404:  # noqa: PLR2004  # the status itself is the clearest name
            raise not_found(documentation)
        raise error(403, "Must have admin rights to Repository.", documentation)
    return repository


def role_of(state: State, repository: Document, identity: Mapping[str, Any]) -> str | None:
    """The role of whoever asks; an app has none, whatever its permissions."""
    return None if identity["type"] == "App" else role(state, repository, identity["login"])


def may_administrate(state: State, repository: Document, identity: Mapping[str, Any]) -> bool:
    """Whether an identity may change the repository's settings."""
    if identity["type"] == "App":
        return app_may(identity, "administration:write")
    return role(state, repository, identity["login"]) == "admin"


def _named(request: Request) -> Document | None:
    number = request.parameters.get("repository_id")
    if number is None:
        return find_repository(request.state, request.parameters["owner"], request.parameters["repo"])
    repositories = request.state.collection("github.repositories")
    return next((found for found in repositories.values() if str(found["id"]) == number), None)
