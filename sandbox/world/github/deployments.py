"""Deployments and their statuses: https://docs.github.com/rest/deployments/deployments and .../statuses.

They are what programs say of what they deploy: the world does nothing about them.
"""

from typing import Any

from sandbox.world.github import git_objects, history
from sandbox.world.github.access import open_repository
from sandbox.world.github.commit_statuses import latest_statuses
from sandbox.world.github.errors import (
    error,
    invalid_request,
    json_body,
    not_found,
    optional,
    required,
    validation_failed,
)
from sandbox.world.github.identifiers import next_number, node_id, timestamp
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.pull_request_events import record_branch_push
from sandbox.world.github.pull_requests import merge_base
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.users import add_user, commit_person, simple_user_of
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

CREATING = "deployments/deployments#create-a-deployment"
STATES = ("error", "failure", "inactive", "in_progress", "queued", "pending", "success")
FILTERS = ("sha", "ref", "task", "environment")
LONGEST_DESCRIPTION = 140
_DEPLOYMENTS = "github.deployments"


@routes.add("POST", "/repos/{owner}/{repo}/deployments")
def create_deployment(request: Request) -> Response:
    """Make a deployment of a ref: 201.

    Without `auto_merge: false` a branch that lacks commits of the default branch gets them first, which is answered 202
    and deploys nothing. Without `required_contexts: []` the commit's statuses must be successes: 409 otherwise.
    """
    repository = open_repository(request, CREATING, needs="write", permission="deployments:write")
    body = json_body(request, CREATING)
    ref = required(body, "ref", str, CREATING)
    commit = history.resolve(request.state, repository, ref)
    if commit is None:
        raise error(422, f"No ref found for: {ref}", CREATING)
    if optional(body, "auto_merge", bool, CREATING) is not False and _merge_default(request, repository, ref, commit):
        return Response(202, {"message": f"Auto-merged {repository['default_branch']} into {ref} on deployment."})
    contexts = optional(body, "required_contexts", list, CREATING)
    _require_contexts(request.state, repository, commit, ref, contexts)
    payload = body.get("payload")
    if payload is not None and not isinstance(payload, (dict, str)):
        raise invalid_request("For 'properties/payload', it is neither an object nor a string.", CREATING)
    environment = optional(body, "environment", str, CREATING) or "production"
    production = optional(body, "production_environment", bool, CREATING)
    now = timestamp()
    deployment: Document = {
        "id": next_number(request.state),
        "repository": repository["id"],
        "sha": commit["sha"],
        "ref": ref,
        "task": optional(body, "task", str, CREATING) or "deploy",
        "payload": {} if payload is None else payload,
        "environment": environment,
        "original_environment": environment,
        "description": _description(body, "Deployment", CREATING),
        "transient_environment": optional(body, "transient_environment", bool, CREATING) or False,
        "production_environment": environment == "production" if production is None else production,
        "creator": add_user(request.state, request.identity["login"])["login"],
        "created_at": now,
        "updated_at": now,
        "statuses": [],
    }
    request.state.collection(_DEPLOYMENTS)[str(deployment["id"])] = deployment
    shown = _deployment(request, repository, deployment)
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("GET", "/repos/{owner}/{repo}/deployments")
def list_deployments(request: Request) -> Response:
    """The deployments, newest first: all, or those of one `sha`, `ref`, `task` or `environment`."""
    documentation = "deployments/deployments#list-deployments"
    repository = open_repository(request, documentation, permission="deployments:read")
    wanted = {name: request.query[name] for name in FILTERS if request.query.get(name, "none") != "none"}
    deployments = [
        deployment
        for deployment in reversed(_all(request.state, repository))
        if all(deployment[name] == value for name, value in wanted.items())
    ]
    page, headers = select_page(request, deployments)
    return found(request, [_deployment(request, repository, deployment) for deployment in page], headers)


@routes.add("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}")
def get_deployment(request: Request) -> Response:
    """A deployment."""
    documentation = "deployments/deployments#get-a-deployment"
    repository = open_repository(request, documentation, permission="deployments:read")
    return found(request, _deployment(request, repository, _named(request, repository, documentation)))


@routes.add("POST", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
def create_status(request: Request) -> Response:
    """Say how a deployment fares: 201.

    A success makes the earlier successes of its environment inactive, unless `auto_inactive` is false or they are of a
    production or transient environment.
    """
    documentation = "deployments/statuses#create-a-deployment-status"
    repository = open_repository(request, documentation, needs="write", permission="deployments:write")
    deployment = _named(request, repository, documentation)
    body = json_body(request, documentation)
    state = required(body, "state", str, documentation)
    if state not in STATES:
        raise validation_failed("DeploymentStatus", ["State is not included in the list"], documentation)
    links = {name: optional(body, name, str, documentation) for name in ("target_url", "log_url", "environment_url")}
    log = links["log_url"] or links["target_url"] or ""
    environment = optional(body, "environment", str, documentation) or deployment["environment"]
    given = {
        "state": state,
        "description": _description(body, "DeploymentStatus", documentation) or "",
        "environment": environment,
        "target_url": log,
        "log_url": log,
        "environment_url": links["environment_url"] or "",
    }
    status = _add_status(request, deployment["id"], given)
    if state == "success" and optional(body, "auto_inactive", bool, documentation) is not False:
        _make_inactive(request, repository, deployment["id"], environment)
    shown = _status(request, repository, deployment, status)
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("GET", "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses")
def list_statuses(request: Request) -> Response:
    """The statuses of a deployment, newest first."""
    documentation = "deployments/statuses#list-deployment-statuses"
    repository = open_repository(request, documentation, permission="deployments:read")
    deployment = _named(request, repository, documentation)
    page, headers = select_page(request, deployment["statuses"][::-1])
    return found(request, [_status(request, repository, deployment, status) for status in page], headers)


def _all(state: State, repository: Document) -> list[Document]:
    kept = state.collection(_DEPLOYMENTS).values()
    return [deployment for deployment in kept if deployment["repository"] == repository["id"]]


def _named(request: Request, repository: Document, documentation: str) -> Document:
    deployment = request.state.collection(_DEPLOYMENTS).get(request.parameters["deployment_id"])
    if deployment is None or deployment["repository"] != repository["id"]:
        raise not_found(documentation)
    return deployment


def _description(body: Document, resource: str, documentation: str) -> str | None:
    description = optional(body, "description", str, documentation)
    if description and len(description) > LONGEST_DESCRIPTION:
        problem = f"Description is too long (maximum is {LONGEST_DESCRIPTION} characters)"
        raise validation_failed(resource, [problem], documentation)
    return description


def _merge_default(request: Request, repository: Document, ref: str, commit: Document) -> bool:
    """Merge the default branch into a branch that lacks some of it; whether there was anything to do."""
    state, default = request.state, repository["default_branch"]
    branch = f"refs/heads/{ref.removeprefix('refs/heads/')}"
    head = history.resolve(state, repository, f"refs/heads/{default}")
    if head is None or history.find_ref(state, repository, branch) is None:
        return False
    if history.is_ancestor(state, repository, head["sha"], commit["sha"]):
        return False
    common = merge_base(state, repository, head["sha"], commit["sha"])
    tree = git_objects.merge_trees(state, common["tree"] if common else None, commit["tree"], head["tree"])
    if tree is None:
        raise error(409, f"Conflict merging {default} into {ref}", CREATING)
    login = request.identity["login"]
    person = commit_person(add_user(state, login))
    merged = history.write_commit(
        state,
        repository,
        tree=tree,
        parents=[commit["sha"], head["sha"]],
        message=f"Merge {default} into {ref}",
        author=person,
        committer=person,
    )
    history.set_ref(state, repository, branch, merged["sha"], actor=login)
    name = branch.removeprefix("refs/heads/")
    record_branch_push(state, repository, name, merged, before=commit["sha"], login=login)
    return True


def _require_contexts(
    state: State, repository: Document, commit: Document, ref: str, contexts: list[Any] | None
) -> None:
    statuses = latest_statuses(state, repository, commit["sha"])
    wanted = list(statuses) if contexts is None else [str(context).lower() for context in contexts]
    if any(statuses.get(context, {}).get("state") != "success" for context in wanted):
        raise error(409, f"Conflict: Commit status checks failed for {ref}.", CREATING)


def _add_status(request: Request, deployment: int, given: Document) -> Document:
    deployments = request.state.collection(_DEPLOYMENTS)
    now = timestamp()
    status = {
        **given,
        "id": next_number(request.state),
        "creator": add_user(request.state, request.identity["login"])["login"],
        "created_at": now,
        "updated_at": now,
    }
    known = deployments[str(deployment)]
    # A status may name another environment: from then on, the deployment is that one's.
    changed = {"environment": status["environment"], "updated_at": now, "statuses": [*known["statuses"], status]}
    deployments[str(deployment)] = {**known, **changed}
    return status


def _make_inactive(request: Request, repository: Document, newest: int, environment: str) -> None:
    for earlier in _all(request.state, repository):
        lasting = earlier["transient_environment"] or earlier["production_environment"]
        if earlier["id"] >= newest or earlier["environment"] != environment or lasting or not earlier["statuses"]:
            continue
        last = earlier["statuses"][-1]
        if last["state"] == "success":
            _add_status(request, earlier["id"], {**last, "state": "inactive", "description": ""})


def _deployment(request: Request, repository: Document, deployment: Document) -> Document:
    link = repository_url(request, repository, f"/deployments/{deployment['id']}")
    internal = ("repository", "statuses", "creator")
    return {
        **{name: value for name, value in deployment.items() if name not in internal},
        "node_id": node_id("Deployment", deployment["id"]),
        "url": link,
        "statuses_url": f"{link}/statuses",
        "repository_url": repository_url(request, repository),
        "creator": simple_user_of(request, deployment["creator"]),
    }


def _status(request: Request, repository: Document, deployment: Document, status: Document) -> Document:
    link = repository_url(request, repository, f"/deployments/{deployment['id']}")
    return {
        **status,
        "node_id": node_id("DeploymentStatus", status["id"]),
        "url": f"{link}/statuses/{status['id']}",
        "deployment_url": link,
        "repository_url": repository_url(request, repository),
        "creator": simple_user_of(request, status["creator"]),
    }
