"""Secrets that open protected deployments to automation.

Source: https://vercel.com/docs/rest-api/projects/update-protection-bypass-for-automation. A project with any secret has
exactly one that deployments see as VERCEL_AUTOMATION_BYPASS_SECRET.
"""

import re
from typing import Any

from sandbox.world.service import Request, Response, Routes
from sandbox.world.vercel.errors import bad_request, error, not_found
from sandbox.world.vercel.identifiers import identifier, now
from sandbox.world.vercel.project_store import requested_project, save_project
from sandbox.world.vercel.validation import BOOLEAN, NULLABLE_STRING, STRING, Rule, body

routes = Routes()

_RULE = Rule(
    type="object",
    properties={
        "generate": Rule(type="object", properties={"secret": STRING, "note": NULLABLE_STRING}),
        "update": Rule(
            type="object",
            properties={"secret": STRING, "isEnvVar": BOOLEAN, "note": NULLABLE_STRING},
            required=("secret",),
        ),
        "revoke": Rule(
            type="object",
            properties={"secret": STRING, "regenerate": BOOLEAN},
            required=("secret", "regenerate"),
        ),
    },
)


@routes.add("PATCH", "/v1/projects/{project}/protection-bypass")
@routes.add("PATCH", "/v10/projects/{project}/protection-bypass")
def change_bypass(request: Request) -> Response:
    """Generate, update or revoke a secret; answers all that the project has then."""
    project = requested_project(request)
    wanted = body(request, _RULE)
    bypasses: dict[str, dict[str, Any]] = dict(project["protectionBypass"])
    if "revoke" in wanted:
        _revoke(request, bypasses, wanted["revoke"])
    if "generate" in wanted or not wanted:
        _generate(request, bypasses, wanted.get("generate", {}))
    if "update" in wanted:
        _update(bypasses, wanted["update"])
    project["protectionBypass"] = bypasses
    save_project(request.state, project)
    return Response(200, {"protectionBypass": bypasses})


def _generate(request: Request, bypasses: dict[str, dict[str, Any]], wanted: dict[str, Any]) -> None:
    secret = wanted.get("secret") or identifier(length=32)
    if not re.fullmatch(r"[A-Za-z0-9]{32}", secret):
        raise bad_request("The protection bypass secret must be 32 alphanumeric characters.")
    if secret in bypasses:
        raise error(409, "conflict", "The protection bypass secret already exists.")
    bypass = {
        "createdAt": now(request.state),
        "createdBy": request.identity["user"],
        "scope": "automation-bypass",
        "isEnvVar": not bypasses,
    }
    bypasses[secret] = bypass if wanted.get("note") is None else {**bypass, "note": wanted["note"]}


def _update(bypasses: dict[str, dict[str, Any]], wanted: dict[str, Any]) -> None:
    bypass = bypasses.get(wanted["secret"])
    if bypass is None:
        raise not_found("Protection bypass")
    if wanted.get("isEnvVar") is False and bypass["isEnvVar"]:
        raise bad_request("The default protection bypass cannot be demoted: make another the default instead.")
    if wanted.get("isEnvVar"):
        for other, document in bypasses.items():
            bypasses[other] = {**document, "isEnvVar": other == wanted["secret"]}
    if "note" in wanted:
        bypasses[wanted["secret"]] = {**bypasses[wanted["secret"]], "note": wanted["note"]}


def _revoke(request: Request, bypasses: dict[str, dict[str, Any]], wanted: dict[str, Any]) -> None:
    bypass = bypasses.get(wanted["secret"])
    if bypass is None:
        raise not_found("Protection bypass")
    if bypass["isEnvVar"] and len(bypasses) > 1:
        raise bad_request(
            "The default protection bypass cannot be revoked while others exist: make another the default."
        )
    del bypasses[wanted["secret"]]
    if wanted["regenerate"]:
        _generate(request, bypasses, {"note": bypass.get("note")})
