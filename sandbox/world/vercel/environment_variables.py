"""A project's environment variables (https://vercel.com/docs/rest-api/projects/create-one-or-more-environment-variables)."""

import base64
import re
from typing import Any

from sandbox.world.service import Request, Response, Routes, ServiceError
from sandbox.world.state import Document
from sandbox.world.vercel.errors import bad_request, error, not_found
from sandbox.world.vercel.identifiers import identifier, now
from sandbox.world.vercel.project_store import requested_project
from sandbox.world.vercel.validation import NULLABLE_STRING, STRING, STRINGS, Rule, body, check

routes = Routes()

VARIABLES = "vercel.environment_variables"
TARGETS = ("production", "preview", "development")
LARGEST_VALUE = 65_536
_TARGET = Rule(any_of=(Rule(values=TARGETS), Rule(type="array", items=Rule(values=TARGETS))), nullable=True)
_PROPERTIES = {
    "key": STRING,
    "value": Rule(longest=LARGEST_VALUE),
    "type": Rule(values=("system", "encrypted", "plain", "sensitive")),
    "target": _TARGET,
    "gitBranch": NULLABLE_STRING,
    "comment": Rule(nullable=True, longest=1000),
    "customEnvironmentIds": STRINGS,
    "visibility": Rule(values=("config", "secret")),
}
_VARIABLE = Rule(type="object", properties=_PROPERTIES, required=("key", "value", "type"))
_CHANGE = Rule(type="object", properties=_PROPERTIES)


@routes.add("POST", "/v10/projects/{project}/env")
def create_variables(request: Request) -> Response:
    """Create one variable, or several at once: then those that fail are listed beside those that were created."""
    project = requested_project(request)
    wanted = body(request, Rule(any_of=(Rule(type="object"), Rule(type="array"))))
    several = wanted if isinstance(wanted, list) else [wanted]
    created: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    for item in several:
        check(item, _VARIABLE)
        try:
            created.append(_create(request, project, item))
        except ServiceError as problem:
            failed.append(problem.response.body)
    if failed and not created:
        raise ServiceError(400, {**failed[0], "created": [], "failed": failed})
    return Response(201, {"created": created if isinstance(wanted, list) else created[0], "failed": failed})


@routes.add("GET", "/v8/projects/{project}/env")
@routes.add("GET", "/v9/projects/{project}/env")
@routes.add("GET", "/v10/projects/{project}/env")
def list_variables(request: Request) -> Response:
    """A project's variables; encrypted values are readable only with `decrypt=true`, sensitive ones never."""
    project = requested_project(request)
    target, branch = request.query.get("target"), request.query.get("gitBranch")
    found = [
        _view(variable, decrypt=request.query.get("decrypt") == "true")
        for variable in request.state.collection(VARIABLES).values()
        if variable["projectId"] == project["id"]
        and (target is None or target in variable["target"])
        and (branch is None or variable["gitBranch"] in (None, branch))
    ]
    return Response(200, {"envs": found, "pagination": {"count": len(found), "next": None, "prev": None}})


@routes.add("GET", "/v10/projects/{project}/env/{variable}")
def show_variable(request: Request) -> Response:
    """One variable with its value, unless that is sensitive."""
    return Response(200, _view(_requested_variable(request), decrypt=True))


@routes.add("PATCH", "/v9/projects/{project}/env/{variable}")
@routes.add("PATCH", "/v10/projects/{project}/env/{variable}")
def update_variable(request: Request) -> Response:
    """Change a variable. A sensitive one stays sensitive."""
    variable = _requested_variable(request)
    wanted = _normal(body(request, _CHANGE))
    if variable["type"] == "sensitive" and wanted.get("type", "sensitive") != "sensitive":
        raise bad_request("You cannot change the type of a Sensitive Environment Variable.")
    changed = {**variable, **wanted, "updatedAt": now(request.state)}
    _check(changed)
    conflict = _conflicting(request, changed)
    if conflict is not None:
        raise _conflict_error(changed, conflict)
    request.state.collection(VARIABLES)[variable["id"]] = changed
    return Response(200, _view(changed, decrypt=False))


@routes.add("DELETE", "/v8/projects/{project}/env/{variable}")
@routes.add("DELETE", "/v9/projects/{project}/env/{variable}")
@routes.add("DELETE", "/v10/projects/{project}/env/{variable}")
def delete_variable(request: Request) -> Response:
    """Delete a variable. Deployments keep the value that they were made with."""
    variable = _requested_variable(request)
    del request.state.collection(VARIABLES)[variable["id"]]
    return Response(200, _view(variable, decrypt=False))


@routes.add("GET", "/v3/env/pull/{project}")
@routes.add("GET", "/v3/env/pull/{project}/{target}")
def pull_variables(request: Request) -> Response:
    """What `vercel pull` writes to disk. Sensitive values come back empty."""
    project = requested_project(request)
    target = request.parameters.get("target", "development")
    values = {
        variable["key"]: "" if variable["type"] == "sensitive" else variable["value"]
        for variable in request.state.collection(VARIABLES).values()
        if variable["projectId"] == project["id"] and target in variable["target"]
    }
    return Response(200, {"env": values, "buildEnv": values})


def _create(request: Request, project: Document, item: dict[str, Any]) -> dict[str, Any]:
    moment = now(request.state)
    variable: Document = {
        "target": [],
        "gitBranch": None,
        "comment": "",
        "customEnvironmentIds": [],
        **_normal(item),
        "id": identifier(length=16),
        "projectId": project["id"],
        "createdAt": moment,
        "updatedAt": moment,
        "createdBy": request.identity["user"],
    }
    _check(variable)
    conflict = _conflicting(request, variable)
    if conflict is not None:
        if request.query.get("upsert") != "true" or set(conflict["target"]) != set(variable["target"]):
            raise _conflict_error(variable, conflict)
        variable = {**variable, "id": conflict["id"], "createdAt": conflict["createdAt"]}
    request.state.collection(VARIABLES)[variable["id"]] = variable
    return _view(variable, decrypt=False)


def _normal(item: dict[str, Any]) -> dict[str, Any]:
    """`target` as a list and `comment` as text, whichever way they were given."""
    changed = dict(item)
    if "target" in item:
        changed["target"] = [item["target"]] if isinstance(item["target"], str) else list(item["target"] or [])
    if "comment" in item:
        changed["comment"] = item["comment"] or ""
    return changed


def _check(variable: Document) -> None:
    key = variable["key"]
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key):
        raise bad_request(
            f"The name `{key}` contains invalid characters. Only letters, digits, and underscores are allowed."
            " Furthermore, the name should not start with a digit."
        )
    if not variable["target"] and not variable["customEnvironmentIds"]:
        raise bad_request("At least one of `target` or `customEnvironmentIds` is required.")
    if variable["type"] == "sensitive" and "development" in variable["target"]:
        raise bad_request("You cannot set a Sensitive Environment Variable's target to development.")
    if variable["gitBranch"] and variable["target"] != ["preview"]:
        raise bad_request("A Git branch can only be set for the preview environment.")


def _conflicting(request: Request, variable: Document) -> Document | None:
    for other in request.state.collection(VARIABLES).values():
        same = all(other[name] == variable[name] for name in ("projectId", "key", "gitBranch"))
        wide = set(other["target"]) & set(variable["target"])
        custom = set(other["customEnvironmentIds"]) & set(variable["customEnvironmentIds"])
        if same and other["id"] != variable["id"] and (wide or custom):
            return other
    return None


def _conflict_error(variable: Document, other: Document) -> ServiceError:
    targets = [target for target in variable["target"] if target in other["target"]]
    return error(
        400,
        "ENV_CONFLICT",
        f"A variable with the name `{variable['key']}` already exists for the target {','.join(targets)} on branch"
        f" {variable['gitBranch'] or 'undefined'}",
        envVarId=other["id"],
        envVarKey=variable["key"],
        target=targets,
        gitBranch=variable["gitBranch"],
        project=variable["projectId"],
    )


def _view(variable: Document, *, decrypt: bool) -> dict[str, Any]:
    """Values that are not shown are replaced by text that says nothing of them."""
    kind = variable["type"]
    readable = kind == "plain" or (decrypt and kind != "sensitive")
    value = variable["value"]
    if kind == "sensitive":
        value = ""
    elif not readable:
        value = base64.b64encode(f"encrypted {variable['id']}".encode()).decode()
    shown = {key: item for key, item in variable.items() if key != "projectId"}
    return {**shown, "value": value, "decrypted": readable, "configurationId": None, "securityIssues": []}


def _requested_variable(request: Request) -> Document:
    project = requested_project(request)
    variable = request.state.collection(VARIABLES).get(request.parameters["variable"])
    if variable is None or variable["projectId"] != project["id"]:
        raise not_found("Environment Variable")
    return variable
