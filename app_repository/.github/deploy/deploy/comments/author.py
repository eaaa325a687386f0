"""Who may do what: decided by the repository role that GitHub reports, never by association or name."""

import json
from urllib.parse import quote

from deploy.clients.github import GitHub, unreadable
from deploy.comments.catalogue import CATALOGUE, FLOOR, LEVELS
from deploy.comments.parsing import RefusedError
from deploy.errors import WrongUsageError
from deploy.settings import Settings

VARIABLE = "COMMAND_ROLES"
_FLAGS = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
"""GitHub's names of what a role may do, and the built-in role that each belongs to."""


def needed(settings: Settings) -> dict[str, str]:
    """The role that each command needs: the catalogue's, or what COMMAND_ROLES says, as in `{"deploy": "admin"}`.

    Raises:
        WrongUsageError: when the variable cannot be meant.
    """
    roles = {name: entry.level for name, entry in CATALOGUE.items()}
    try:
        given = json.loads(settings.get(VARIABLE, "{}"))
        wrong = [
            f"{name}: {role}"
            for name, role in given.items()
            if not roles.get(name) or role not in LEVELS[LEVELS.index(FLOOR) :]
        ]
    except (ValueError, AttributeError, TypeError):
        given, wrong = {}, ["what is no JSON object"]
    if wrong:
        raise WrongUsageError(
            f"{VARIABLE} says {', '.join(wrong)}.",
            f"`pulumi config set --path 'commandRoles.deploy' admin`: a command, and {FLOOR}, maintain or admin.",
        )
    return {**roles, **given}


def role_of(github: GitHub, login: str) -> str:
    """Somebody's role, or the strongest built-in one that a custom role contains; `none` for a stranger.

    `GET /repos/{owner}/{repo}/collaborators/{username}/permission`.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    path = f"/collaborators/{quote(login, safe='')}/permission"
    answer = github.find("what the author may do", path, dict)
    if answer is None:
        return "none"
    try:
        permissions = (answer.get("user") or {}).get("permissions") or {}
        held = [level for flag, level in _FLAGS.items() if permissions.get(flag) is True]
    except AttributeError:
        raise unreadable("what the author may do") from None
    return max(held, key=LEVELS.index, default="none")


def require(role: str, name: str, level: str) -> None:
    """See that a role suffices for a command that needs a level.

    Raises:
        RefusedError: it does not.
    """
    if level and (role not in LEVELS or LEVELS.index(role) < LEVELS.index(level)):
        raise RefusedError(
            f"`@workflow:{name}` needs the role {level} in this repository, and yours is {role}.",
            f"ask somebody with the role {level}.",
        )
