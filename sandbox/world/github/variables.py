"""An environment's variables: https://docs.github.com/rest/actions/variables."""

from sandbox.world.github.environments import below, find_environment, open_environment
from sandbox.world.github.errors import error, json_body, not_found, optional, required
from sandbox.world.github.identifiers import timestamp
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.setting_names import check_name
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

ALL = "/repos/{owner}/{repo}/environments/{environment}/variables"
ONE = f"{ALL}/{{name}}"
PAGE = "actions/variables"
PAGE_SIZE = 10
LARGEST_PAGE = 30
LARGEST = 48 * 1024
"""Bytes of the largest value."""
MOST = 100
"""Variables that an environment holds."""


def values(state: State, owner: str, repository: str, environment: str) -> dict[str, str]:
    """The variables that a job of the environment is given, by name; none for an unknown environment."""
    known = find_environment(state, owner, repository, environment)
    if known is None:
        return {}
    return {name: variable["value"] for name, variable in below(state, "github.variables", known[0]).items()}


@routes.add("GET", ALL)
def list_variables(request: Request) -> Response:
    """The variables, ten a page unless asked otherwise."""
    key = _environment(request, f"{PAGE}#list-environment-variables", write=False)
    variables = list(below(request.state, "github.variables", key).values())
    page, headers = select_page(request, variables, PAGE_SIZE, LARGEST_PAGE)
    return found(request, {"total_count": len(variables), "variables": list(page)}, headers)


@routes.add("POST", ALL)
def create_variable(request: Request) -> Response:
    """Make a variable: 201; 409 when there is one of that name."""
    documentation = f"{PAGE}#create-an-environment-variable"
    key = _environment(request, documentation, write=True)
    body = json_body(request, documentation)
    name = check_name("Variable", required(body, "name", str, documentation), documentation)
    value = _value(required(body, "value", str, documentation), documentation)
    variables = request.state.collection("github.variables")
    if f"{key}/{name}" in variables:
        raise error(409, "Already exists - Variable already exists", documentation)
    if len(below(request.state, "github.variables", key)) >= MOST:
        raise error(422, f"An environment holds at most {MOST} variables", documentation)
    now = timestamp()
    variables[f"{key}/{name}"] = {"name": name, "value": value, "created_at": now, "updated_at": now}
    return Response(201, {})


@routes.add("GET", ONE)
def get_variable(request: Request) -> Response:
    """A variable."""
    documentation = f"{PAGE}#get-an-environment-variable"
    key = _environment(request, documentation, write=False)
    return found(request, _named(request, key, documentation))


@routes.add("PATCH", ONE)
def update_variable(request: Request) -> Response:
    """Change a variable's value or name: 204."""
    documentation = f"{PAGE}#update-an-environment-variable"
    key = _environment(request, documentation, write=True)
    variable = _named(request, key, documentation)
    body = json_body(request, documentation)
    variables = request.state.collection("github.variables")
    old, new = variable["name"], optional(body, "name", str, documentation)
    name = check_name("Variable", new, documentation) if new else old
    if name != old and f"{key}/{name}" in variables:
        raise error(409, "Already exists - Variable already exists", documentation)
    value = optional(body, "value", str, documentation)
    if value is not None:
        variable["value"] = _value(value, documentation)
    variables[f"{key}/{name}"] = {**variable, "name": name, "updated_at": timestamp()}
    if name != old:
        del variables[f"{key}/{old}"]
    return Response(204)


@routes.add("DELETE", ONE)
def delete_variable(request: Request) -> Response:
    """Remove a variable: 204."""
    documentation = f"{PAGE}#delete-an-environment-variable"
    key = _environment(request, documentation, write=True)
    del request.state.collection("github.variables")[f"{key}/{_named(request, key, documentation)['name']}"]
    return Response(204)


def _environment(request: Request, documentation: str, *, write: bool) -> str:
    permission = "environments:write" if write else "environments:read"
    _, key, _ = open_environment(request, documentation, needs="write", permission=permission)
    return key


def _named(request: Request, key: str, documentation: str) -> Document:
    variable = request.state.collection("github.variables").get(f"{key}/{request.parameters['name'].upper()}")
    if variable is None:
        raise not_found(documentation)
    return variable


def _value(value: str, documentation: str) -> str:
    if len(value.encode()) > LARGEST:
        raise error(422, f"Variable value exceeds the limit of {LARGEST // 1024} KB", documentation)
    return value
