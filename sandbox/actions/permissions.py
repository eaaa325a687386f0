"""What a job's GITHUB_TOKEN may do.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#permissions.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.actions.workflow_file import WorkflowError

NAMES = (
    "actions",
    "artifact-metadata",
    "attestations",
    "checks",
    "contents",
    "deployments",
    "discussions",
    "id-token",
    "issues",
    "models",
    "packages",
    "pages",
    "pull-requests",
    "repository-projects",
    "security-events",
    "statuses",
)
LEVELS = ("none", "read", "write")
Permissions = Mapping[str, str]
"""Level (`read`, `write`) by name; what is not there is `none`."""

DEFAULT: Permissions = {"contents": "read", "packages": "read"}
"""What a token may do where no file says: the restricted setting, which organizations have had since 2023."""


def declared(value: Any, where: str) -> Permissions | None:
    """What a `permissions:` says, None when there is none.

    Raises:
        WorkflowError: it is not one.
    """
    if value is None:
        return None
    if value in ("read-all", "write-all"):
        return dict.fromkeys(NAMES, str(value).removesuffix("-all"))
    if not isinstance(value, dict):
        raise WorkflowError(f"Invalid workflow file: {where}: `permissions` is {value!r}.")
    for name, level in value.items():
        if name not in NAMES or level not in LEVELS:
            raise WorkflowError(f"Invalid workflow file: {where}: there is no permission `{name}: {level}`.")
    return {name: level for name, level in value.items() if level != "none"}


def refuse_more(asked: Permissions, allowed: Permissions, job: str) -> None:
    """Refuse a called workflow's job that asks for more than its caller has, as GitHub does.

    Raises:
        WorkflowError: it does.
    """
    more = [
        (name, level) for name, level in asked.items() if LEVELS.index(level) > LEVELS.index(allowed.get(name, "none"))
    ]
    if more:
        wanted = ", ".join(f"{name}: {level}" for name, level in more)
        held = ", ".join(f"{name}: {allowed.get(name, 'none')}" for name, _ in more)
        raise WorkflowError(f"The nested job '{job}' is requesting '{wanted}', but is only allowed '{held}'.")


def read_only(permissions: Permissions) -> Permissions:
    """What is left of them for a pull request from a fork."""
    return dict.fromkeys(permissions, "read")


def scopes(permissions: Permissions) -> list[str]:
    """The permissions as the scopes of an app's token: `pull_requests:write`."""
    return [f"{name.replace('-', '_')}:{level}" for name, level in permissions.items()]
