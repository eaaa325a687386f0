"""Drains that send a team's logs elsewhere (https://vercel.com/docs/rest-api/drains/create-a-new-drain).

A drain's configuration only: nothing is sent, and no endpoint is asked. A drain is shown with its headers, as the
reference says, so that whoever may read drains reads the credentials in them.
"""

import re
from typing import Any

from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document
from sandbox.world.vercel.authentication import team_of
from sandbox.world.vercel.errors import bad_request, error, not_found
from sandbox.world.vercel.identifiers import identifier, now
from sandbox.world.vercel.project_store import find_project
from sandbox.world.vercel.validation import FREE, NUMBER, STRING, STRINGS, Rule, body, check

routes = Routes()

DRAINS = "vercel.drains"
SCHEMA = "log"
_ENVIRONMENT = Rule(values=("production", "preview"))
_SOURCE = Rule(values=("build", "edge", "lambda", "static", "external", "firewall", "redirect"))
_LOG_FILTER = Rule(
    type="object",
    properties={
        "type": Rule(values=("basic",)),
        "project": Rule(type="object", properties={"ids": STRINGS}),
        "log": Rule(type="object", properties={"sources": Rule(type="array", items=_SOURCE)}),
        "deployment": Rule(type="object", properties={"environments": Rule(type="array", items=_ENVIRONMENT)}),
    },
    required=("type",),
)
_SAMPLING = Rule(
    type="object",
    properties={"type": Rule(values=("head_sampling",)), "rate": NUMBER, "env": _ENVIRONMENT, "requestPath": STRING},
    required=("type", "rate"),
)
_RULE = Rule(
    type="object",
    properties={
        "name": STRING,
        "projects": Rule(values=("some", "all")),
        "projectIds": STRINGS,
        "filter": Rule(
            type="object",
            properties={"version": Rule(values=("v2",)), "filter": _LOG_FILTER},
            required=("version", "filter"),
        ),
        "schemas": Rule(
            type="object",
            properties={
                SCHEMA: Rule(type="object", properties={"version": Rule(values=("v1",))}, required=("version",))
            },
            required=(SCHEMA,),
        ),
        "delivery": Rule(
            type="object",
            properties={
                "type": Rule(values=("http",)),
                "endpoint": STRING,
                "compression": Rule(values=("gzip", "none")),
                "encoding": Rule(values=("json", "ndjson")),
                "headers": FREE,
                "secret": STRING,
            },
            required=("type", "endpoint", "encoding", "headers"),
        ),
        "sampling": Rule(type="array", items=_SAMPLING),
        "source": Rule(type="object", properties={"kind": Rule(values=("self-served",))}, required=("kind",)),
    },
    # `delivery` is optional in the reference for what an integration makes; a team's own drain sends somewhere.
    required=("name", "projects", "schemas", "delivery"),
)
_SHORTEST_SECRET = 32


@routes.add("POST", "/v1/drains")
def create_drain(request: Request) -> Response:
    """Create a drain of logs to an HTTP endpoint. Without a secret to sign with, Vercel makes one."""
    team = team_of(request)
    wanted = body(request, _RULE)
    if team["plan"] == "hobby":
        raise error(402, "payment_required", "Drains are available on the Pro and Enterprise plans.")
    _check_delivery(wanted["delivery"])
    _check_projects(request, team["id"], wanted)
    for rule in wanted.get("sampling", []):
        if not 0 <= rule["rate"] <= 1:
            raise bad_request("Invalid request: `sampling[].rate` should be between 0 and 1.")
    moment = now(request.state)
    drain: Document = {
        "id": identifier("drn_", length=24),
        "ownerId": team["id"],
        "teamId": team["id"],
        "name": wanted["name"],
        "createdAt": moment,
        "updatedAt": moment,
        "status": "enabled",
        "schemas": {name: dict[str, Any]() for name in wanted["schemas"]},
        "source": wanted.get("source", {"kind": "self-served"}),
        "delivery": {**wanted["delivery"], "secret": wanted["delivery"].get("secret") or identifier(length=32)},
    }
    if wanted["projects"] == "some":
        drain["projectIds"] = wanted["projectIds"]
    if "filter" in wanted:
        drain["filterV2"] = wanted["filter"]
    if wanted.get("sampling"):
        drain["sampling"] = wanted["sampling"]
    request.state.collection(DRAINS)[drain["id"]] = drain
    return Response(200, drain)


@routes.add("GET", "/v1/drains")
def list_drains(request: Request) -> Response:
    """The team's drains, or those that take a project's logs."""
    team, project = team_of(request), request.query.get("projectId")
    found = [
        drain
        for drain in request.state.collection(DRAINS).values()
        if drain["ownerId"] == team["id"] and (project is None or project in drain.get("projectIds", [project]))
    ]
    return Response(200, {"drains": found})


@routes.add("GET", "/v1/drains/{drain}")
def show_drain(request: Request) -> Response:
    """One drain."""
    return Response(200, _requested(request))


@routes.add("DELETE", "/v1/drains/{drain}")
def delete_drain(request: Request) -> Response:
    """Delete a drain."""
    del request.state.collection(DRAINS)[_requested(request)["id"]]
    return Response(204)


def _check_delivery(delivery: dict[str, Any]) -> None:
    if not re.match(r"https?://[^/\s]", delivery["endpoint"]):
        raise bad_request('Invalid request: `delivery.endpoint` should match format "uri".')
    for name, value in delivery["headers"].items():
        check(value, STRING, f"delivery.headers.{name}")
    if "secret" in delivery and len(delivery["secret"]) < _SHORTEST_SECRET:
        raise bad_request(
            f"Invalid request: `delivery.secret` should NOT be shorter than {_SHORTEST_SECRET} characters."
        )


def _check_projects(request: Request, team_id: str, wanted: dict[str, Any]) -> None:
    if wanted["projects"] == "some" and not wanted.get("projectIds"):
        raise bad_request("Invalid request: `projectIds` is required when `projects` is `some`.")
    for project in wanted.get("projectIds", []):
        find_project(request.state, team_id, project)


def _requested(request: Request) -> Document:
    drain = request.state.collection(DRAINS).get(request.parameters["drain"])
    if drain is None or drain["ownerId"] != team_of(request)["id"]:
        raise not_found("Drain")
    return drain
