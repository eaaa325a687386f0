"""Where a published document and its service are known to differ, each with the reason. Everything else has to fit."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Correction:
    """A part of a document that says something else than its service does."""

    service: str
    section: str
    """`paths`, or a section of the components."""
    name: str
    make: Callable[[Any], None]
    """Corrects the part in place."""
    reason: str


def _environment_administrators(item: Any) -> None:
    body = item["put"]["requestBody"]["content"]["application/json"]["schema"]
    for choice in body.get("anyOf", [body]):
        if "properties" in choice:
            choice["properties"]["can_admins_bypass"] = {"type": "boolean"}


def _changed_deployment(item: Any) -> None:
    item["patch"]["responses"]["202"]["content"] = {"application/json": {"schema": {"type": "object"}}}


def _error_message(schema: Any) -> None:
    schema["required"] = ["message"]


def _period(parameter: Any) -> None:
    del parameter["schema"]["format"]


def _links_of_deployment(schema: Any) -> None:
    for name in ("target_url", "log_url", "environment_url"):
        del schema["properties"][name]["format"]


CORRECTIONS = (
    Correction(
        service="github",
        section="parameters",
        name="created",
        make=_period,
        reason="Its own description says that it is a date or a range of dates, in the syntax of searches.",
    ),
    Correction(
        service="github",
        section="schemas",
        name="deployment-status",
        make=_links_of_deployment,
        reason="A link that was not given is an empty string, which is each one's documented default.",
    ),
    Correction(
        service="github",
        section="schemas",
        name="basic-error",
        make=_error_message,
        reason="Every error of GitHub's has a message; without it the schema would allow anything.",
    ),
    Correction(
        service="github",
        section="paths",
        name="/repos/{owner}/{repo}/environments/{environment_name}",
        make=_environment_administrators,
        reason="GitHub's web page and its Terraform provider set it; the document forbids what it does not list.",
    ),
    Correction(
        service="datadog",
        section="paths",
        name="/api/v2/dora/deployments/{deployment_id}",
        make=_changed_deployment,
        reason='Documented without a body; Datadog\'s own recording, in the same package, is answered `{"data":null}`.',
    ),
)

UNDOCUMENTED: Mapping[tuple[str, str, str], str] = {
    ("github", "GET", r"/[\w.-]+/[\w.-]+/info/refs"): "Git's own protocol, at github.com",
    ("github", "POST", r"/[\w.-]+/[\w.-]+/git-(upload|receive)-pack"): "Git's own protocol, at github.com",
}
"""Calls that a service takes though no document of it has them: by service, method and a regular expression of the
whole path, the reason."""


def documented_path(service: str, path: str) -> str:
    """The path as the document writes it."""
    if service == "github":
        # Clients that are given another address than api.github.com take it for GitHub Enterprise Server.
        path = path.removeprefix("/api/v3")
        # GitHub answers every repository by its number as well; its clients use both.
        path = re.sub(r"^/repositories/\d+(?=/|$)", "/repos/OWNER/REPO", path)
    return path
