"""Deployments for DORA metrics (https://docs.datadoghq.com/api/latest/dora-metrics/)."""

import re
from typing import Any

from sandbox.world.datadog.errors import body_of
from sandbox.world.datadog.identifiers import hexadecimal_identifier, seconds
from sandbox.world.service import Request, Response, Routes, ServiceError

routes = Routes()

DEPLOYMENTS = "datadog.dora_deployments"
_NANOSECONDS = 10**9
_EARLIEST = 10**18
"""In 2001: a time given in seconds or milliseconds by mistake lies before."""
_MOST_TAGS = 100
_REMEDIATIONS = ("rollback", "rollforward")
_PATCH = "dora_deployment_patch_request"


@routes.add("POST", "/api/v2/dora/deployment")
def send_deployment(request: Request) -> Response:
    """Record a deployment; sent again with the same ID it is the same deployment. Times are in nanoseconds."""
    attributes = _attributes(body_of(request))
    _check_times(attributes)
    _check_git(attributes.get("git"))
    if len(attributes.get("custom_tags") or []) > _MOST_TAGS:
        raise _refused(f'attribute "custom_tags" must have at most {_MOST_TAGS} items')
    wanted_id = attributes.get("id")
    if wanted_id is not None and not re.fullmatch(r"[\w.:-]{16,128}", wanted_id):
        raise _refused('attribute "id" must have 16 to 128 characters')
    deployment_id = wanted_id or hexadecimal_identifier(16)
    request.state.collection(DEPLOYMENTS)[deployment_id] = {"id": deployment_id, "attributes": attributes}
    return Response(200, {"data": {"id": deployment_id, "type": "dora_deployment"}})


@routes.add("PATCH", "/api/v2/dora/deployments/{deployment}")
def change_deployment(request: Request) -> Response:
    """Say that a deployment failed, and what remedied it."""
    data = body_of(request).get("data") or {}
    deployment_id = request.parameters["deployment"]
    if data.get("type") != _PATCH:
        raise _refused(f'got type "{data.get("type", "")}" expected one of "{_PATCH}"')
    if data.get("id") != deployment_id:
        raise _refused('attribute "id" must be the one in the path')
    attributes = data.get("attributes") or {}
    remediation = attributes.get("remediation")
    if remediation is not None and remediation.get("type") not in _REMEDIATIONS:
        raise _refused(f'attribute "type" must be one of "{" ".join(_REMEDIATIONS)}"')
    deployments = request.state.collection(DEPLOYMENTS)
    if deployment_id not in deployments:
        raise _refused(f"deployment {deployment_id} does not exist")
    deployment = deployments[deployment_id]
    deployments[deployment_id] = {**deployment, "attributes": {**deployment["attributes"], **attributes}}
    return Response(202, {"data": None})


def _check_times(attributes: dict[str, Any]) -> None:
    for name in ("service", "started_at", "finished_at"):
        if attributes.get(name) in (None, ""):
            raise _refused(f'attribute "{name}" is required')
    for name in ("started_at", "finished_at"):
        if not isinstance(attributes[name], int) or attributes[name] < _EARLIEST:
            raise _refused(f'attribute "{name}" must be a Unix time in nanoseconds')
    if attributes["finished_at"] < attributes["started_at"]:
        raise _refused('attribute "finished_at" must not be before "started_at"')
    if attributes["started_at"] > (seconds() + 3600) * _NANOSECONDS:
        raise _refused('attribute "started_at" must not be in the future')


def _check_git(git: dict[str, Any] | None) -> None:
    if git is None:
        return
    for name in ("commit_sha", "repository_url"):
        if not git.get(name):
            raise _refused(f'attribute "{name}" is required')
    if not re.fullmatch(r"[a-fA-F0-9]{40,}", git["commit_sha"]):
        raise _refused('attribute "commit_sha" must be a full commit SHA')


def _attributes(body: dict[str, Any]) -> dict[str, Any]:
    attributes = (body.get("data") or {}).get("attributes")
    if not isinstance(attributes, dict):
        raise _refused('attribute "attributes" is required')
    return attributes


def _refused(detail: str) -> ServiceError:
    """Version 2 of the API answers in the form of JSON:API."""
    return ServiceError(400, {"errors": [{"status": "400", "title": "Bad Request", "detail": detail}]})
