"""Where a published document and its service are known to differ, each with the reason. Everything else has to fit."""

import re
from typing import Any

ACROSS_SLASHES = frozenset({"path", "ref", "branch"})
"""Path parameters that GitHub matches across slashes: a file's path, and names of refs."""


def documented_path(service: str, path: str) -> str:
    """The path as the document writes it."""
    if service == "github":
        path = path.removeprefix("/api/v3")
        # GitHub answers every repository by its number as well; its clients use both.
        path = re.sub(r"^/repositories/\d+(?=/|$)", "/repos/OWNER/REPO", path)
    return path


def correct(service: str, document: dict[str, Any]) -> dict[str, Any]:
    """A document with the corrections made."""
    if service == "github":
        environment = document["paths"]["/repos/{owner}/{repo}/environments/{environment_name}"]["put"]
        body = environment["requestBody"]["content"]["application/json"]["schema"]
        for choice in body.get("anyOf", [body]):
            if "properties" in choice:
                # GitHub's web page and its Terraform provider set it; the document forbids what it does not list.
                choice["properties"]["can_admins_bypass"] = {"type": "boolean"}
    return document
