"""Deployment environments and their protection: https://docs.github.com/rest/deployments/environments."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from sandbox.world.github.access import find_repository, open_repository, role
from sandbox.world.github.errors import error, invalid_request, json_body, not_found, optional
from sandbox.world.github.identifiers import html_url, next_number, node_id, timestamp
from sandbox.world.github.organizations import find_organization, find_team_by_id, simple_team
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.users import find_user_by_id, simple_user
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Collection, Document, State

routes = Routes()

READING = "deployments/environments#get-an-environment"
WRITING = "deployments/environments#create-or-update-an-environment"
MOST_REVIEWERS = 6
LONGEST_WAIT = 43_200
"""Minutes: 30 days."""
KEPT_BELOW = ("github.branch_policies", "github.secrets", "github.secret_keys", "github.variables")
"""The collections whose documents belong to an environment and go with it."""


def environment_key(repository: Document, name: str) -> str:
    """What an environment and everything below it is stored under; names are the same in any letter case."""
    return f"{repository['full_name'].lower()}/{quote(name.lower(), safe='')}"


def below(state: State, collection: str, key: str) -> dict[str, Document]:
    """An environment's documents in one of `KEPT_BELOW`, by the rest of their key, oldest first."""
    kept: Collection = state.collection(collection)
    prefix = f"{key}/"
    return {name.removeprefix(prefix): kept[name] for name in kept if name.startswith(prefix)}


def find_environment(state: State, owner: str, name: str, environment: str) -> tuple[str, Document] | None:
    """An environment and its key; None where there is no such repository or environment."""
    repository = find_repository(state, owner, name)
    key = environment_key(repository, environment) if repository else ""
    document = state.collection("github.environments").get(key)
    return (key, document) if document is not None else None


def open_environment(
    request: Request, documentation: str, *, needs: str, permission: str
) -> tuple[Document, str, Document]:
    """The repository, key and document of the environment that the path names, as `open_repository` does."""
    repository = open_repository(request, documentation, needs=needs, permission=permission)
    key = environment_key(repository, request.parameters["environment"])
    document = request.state.collection("github.environments").get(key)
    if document is None:
        raise not_found(documentation)
    return repository, key, document


@routes.add("GET", "/repos/{owner}/{repo}/environments")
def list_environments(request: Request) -> Response:
    """A repository's environments."""
    documentation = "deployments/environments#list-environments"
    repository = open_repository(request, documentation, permission="actions:read")
    prefix = f"{repository['full_name'].lower()}/"
    kept = request.state.collection("github.environments")
    environments = [kept[key] for key in kept if key.startswith(prefix)]
    page, headers = select_page(request, environments)
    shown = [show_environment(request, repository, environment) for environment in page]
    return found(request, {"total_count": len(environments), "environments": shown}, headers)


@routes.add("GET", "/repos/{owner}/{repo}/environments/{environment}")
def get_environment(request: Request) -> Response:
    """An environment with its protection rules."""
    repository, _, environment = open_environment(request, READING, needs="read", permission="actions:read")
    return found(request, show_environment(request, repository, environment))


@routes.add("PUT", "/repos/{owner}/{repo}/environments/{environment}")
def put_environment(request: Request) -> Response:
    """Make an environment, or replace its protection: what the body leaves out is taken away."""
    repository = open_repository(request, WRITING, needs="admin", permission="administration:write")
    body = json_body(request, WRITING)
    wanted = {
        "wait_timer": _wait_timer(body),
        "prevent_self_review": bool(optional(body, "prevent_self_review", bool, WRITING)),
        "can_admins_bypass": optional(body, "can_admins_bypass", bool, WRITING) is not False,
        "reviewers": _reviewers(request.state, repository, body),
        "deployment_branch_policy": _branch_policy(body),
    }
    _refuse_beyond_plan(request.state, repository, wanted)
    name = request.parameters["environment"]
    key = environment_key(repository, name)
    environments = request.state.collection("github.environments")
    known = environments.get(key) or _new_environment(request.state, name)
    environments[key] = {**known, **wanted, "updated_at": timestamp()}
    if not (wanted["deployment_branch_policy"] or {}).get("custom_branch_policies"):
        _remove_below(request.state, "github.branch_policies", key)
    return Response(200, show_environment(request, repository, environments[key]))


@routes.add("DELETE", "/repos/{owner}/{repo}/environments/{environment}")
def delete_environment(request: Request) -> Response:
    """Remove an environment with its policies, secrets and variables: 204."""
    documentation = "deployments/environments#delete-an-environment"
    _, key, _ = open_environment(request, documentation, needs="admin", permission="administration:write")
    for collection in KEPT_BELOW:
        _remove_below(request.state, collection, key)
    del request.state.collection("github.environments")[key]
    return Response(204)


def show_environment(request: Request, repository: Document, environment: Document) -> Document:
    """An environment (schema `environment`, and `can_admins_bypass`, which GitHub sends too)."""
    name = quote(environment["name"], safe="")
    return {
        "id": environment["id"],
        "node_id": node_id("Environment", environment["id"]),
        "name": environment["name"],
        "url": repository_url(request, repository, f"/environments/{name}"),
        "html_url": html_url(
            request, f"/{repository['full_name']}/deployments/activity_log?environments_filter={name}"
        ),
        "created_at": environment["created_at"],
        "updated_at": environment["updated_at"],
        "can_admins_bypass": environment["can_admins_bypass"],
        "protection_rules": _protection_rules(request, environment),
        "deployment_branch_policy": environment["deployment_branch_policy"],
    }


def _new_environment(state: State, name: str) -> Document:
    numbers = {kind: next_number(state) for kind in ("wait_timer", "required_reviewers", "branch_policy")}
    return {"id": next_number(state), "name": name, "rule_ids": numbers, "created_at": timestamp()}


def _protection_rules(request: Request, environment: Document) -> list[Document]:
    rules: list[Document] = []

    def add(kind: str, **more: Any) -> None:
        number = environment["rule_ids"][kind]
        rules.append({"id": number, "node_id": node_id("GateRule", number), "type": kind, **more})

    if environment["wait_timer"]:
        add("wait_timer", wait_timer=environment["wait_timer"])
    if environment["reviewers"]:
        reviewers = [_reviewer(request, reviewer) for reviewer in environment["reviewers"]]
        add(
            "required_reviewers",
            prevent_self_review=environment["prevent_self_review"],
            reviewers=[reviewer for reviewer in reviewers if reviewer["reviewer"] is not None],
        )
    if environment["deployment_branch_policy"]:
        add("branch_policy")
    return rules


def _reviewer(request: Request, reviewer: Mapping[str, Any]) -> Document:
    if reviewer["type"] == "Team":
        team = find_team_by_id(request.state, reviewer["id"])
        return {"type": "Team", "reviewer": simple_team(request, team) if team else None}
    user = find_user_by_id(request.state, reviewer["id"])
    return {"type": "User", "reviewer": simple_user(request, user) if user else None}


def _wait_timer(body: Document) -> int:
    minutes = optional(body, "wait_timer", int, WRITING) or 0
    if not 0 <= minutes <= LONGEST_WAIT:
        raise error(422, f"Wait timer must be between 0 and {LONGEST_WAIT} minutes", WRITING)
    return minutes


def _reviewers(state: State, repository: Document, body: Document) -> list[Document]:
    reviewers = optional(body, "reviewers", list, WRITING) or []
    if len(reviewers) > MOST_REVIEWERS:
        raise error(422, f"An environment has at most {MOST_REVIEWERS} reviewers", WRITING)
    for reviewer in reviewers:
        if not isinstance(reviewer, dict) or reviewer.get("type") not in ("User", "Team"):
            raise invalid_request('"type" of a reviewer must be one of "User" and "Team".', WRITING)
        optional(reviewer, "id", int, WRITING)
        if not _may_review(state, repository, reviewer["type"], reviewer.get("id") or 0):
            reason = f"Invalid reviewer: {reviewer['type']} {reviewer.get('id')} has no access to the repository"
            raise error(422, reason, WRITING)
    return [{"type": reviewer["type"], "id": reviewer["id"]} for reviewer in reviewers]


def _may_review(state: State, repository: Document, kind: str, number: int) -> bool:
    if kind == "Team":
        team = find_team_by_id(state, number)
        return team is not None and repository["full_name"].lower() in team["repositories"]
    user = find_user_by_id(state, number)
    return user is not None and role(state, repository, user["login"]) is not None


def _branch_policy(body: Document) -> Document | None:
    policy = optional(body, "deployment_branch_policy", dict, WRITING)
    if policy is None:
        return None
    names = ("protected_branches", "custom_branch_policies")
    values = {name: bool(optional(policy, name, bool, WRITING)) for name in names}
    if values["protected_branches"] == values["custom_branch_policies"]:
        raise error(422, '"custom_branch_policies" and "protected_branches" cannot have the same value', WRITING)
    return values


def _refuse_beyond_plan(state: State, repository: Document, wanted: Mapping[str, Any]) -> None:
    """Only Enterprise has reviewers and wait timers for private repositories.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments.
    """
    organization = find_organization(state, repository["owner"])
    if not repository["private"] or organization is None or organization["plan"] == "enterprise":
        return
    for name, rule in (("reviewers", "required reviewers"), ("wait_timer", "wait timer")):
        if wanted[name]:
            reason = "Failed to create the environment protection rule. Please ensure the billing plan supports the"
            raise error(422, f"{reason} {rule} protection rule.", WRITING)


def _remove_below(state: State, collection: str, key: str) -> None:
    kept = state.collection(collection)
    for name in below(state, collection, key):
        del kept[f"{key}/{name}"]
