"""A repository's rulesets: https://docs.github.com/rest/repos/rules."""

from collections.abc import Mapping
from typing import Any

from sandbox.world.github.access import may_administrate, open_repository
from sandbox.world.github.errors import error, json_body, not_found, optional, required, validation_failed
from sandbox.world.github.identifiers import html_url, next_number, node_id, timestamp
from sandbox.world.github.organizations import find_organization, find_team_by_id
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.rule_enforcement import ROLE_NUMBERS, bypass, list_rulesets
from sandbox.world.github.users import find_user_by_id
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

ENFORCEMENTS = ("disabled", "active", "evaluate")
TARGETS = ("branch", "tag", "push")
ACTOR_TYPES = ("Integration", "OrganizationAdmin", "RepositoryRole", "Team", "DeployKey", "User")
BYPASS_MODES = ("always", "pull_request", "exempt")
RULES: Mapping[str, Mapping[str, type]] = {
    "creation": {},
    "deletion": {},
    "non_fast_forward": {},
    "required_linear_history": {},
    "required_signatures": {},
    "update": {"update_allows_fetch_and_merge": bool},
    "required_deployments": {"required_deployment_environments": list},
    "required_status_checks": {"required_status_checks": list, "strict_required_status_checks_policy": bool},
    "pull_request": {
        "dismiss_stale_reviews_on_push": bool,
        "require_code_owner_review": bool,
        "require_last_push_approval": bool,
        "required_approving_review_count": int,
        "required_review_thread_resolution": bool,
    },
}
"""The rules this world enforces, with the parameters each must have."""
PARAMETERS_MAY_BE_LEFT_OUT = ("update",)
MOST_APPROVALS = 10
MERGE_METHODS = ["merge", "squash", "rebase"]


@routes.add("GET", "/repos/{owner}/{repo}/rulesets")
def list_all(request: Request) -> Response:
    """The rulesets in short: without rules, conditions and bypass actors."""
    documentation = "repos/rules#get-all-repository-rulesets"
    repository = open_repository(request, documentation)
    page, headers = select_page(request, list_rulesets(request.state, repository))
    return found(request, [_summary(request, repository, ruleset) for ruleset in page], headers)


@routes.add("POST", "/repos/{owner}/{repo}/rulesets")
def create(request: Request) -> Response:
    """Make a ruleset: 201."""
    documentation = "repos/rules#create-a-repository-ruleset"
    repository = _administrated(request, documentation)
    body = json_body(request, documentation)
    required(body, "name", str, documentation)
    required(body, "enforcement", str, documentation)
    now = timestamp()
    ruleset: Document = {
        "id": next_number(request.state),
        "repository": repository["full_name"],
        "target": "branch",
        "bypass_actors": [],
        "conditions": {},
        "rules": [],
        "created_at": now,
    }
    ruleset = _changed(request.state, repository, ruleset, body, documentation)
    request.state.collection("github.rulesets")[str(ruleset["id"])] = ruleset
    answer = found(request, _ruleset(request, repository, ruleset))
    return Response(201, answer.body, answer.headers)


@routes.add("GET", "/repos/{owner}/{repo}/rulesets/{ruleset_id}")
def get(request: Request) -> Response:
    """A ruleset in full; its bypass actors only for who may change it."""
    documentation = "repos/rules#get-a-repository-ruleset"
    repository = open_repository(request, documentation)
    return found(request, _ruleset(request, repository, _named(request, repository, documentation)))


@routes.add("PUT", "/repos/{owner}/{repo}/rulesets/{ruleset_id}")
def update(request: Request) -> Response:
    """Change what the body has; everything else stays."""
    documentation = "repos/rules#update-a-repository-ruleset"
    repository = _administrated(request, documentation)
    ruleset = _named(request, repository, documentation)
    ruleset = _changed(request.state, repository, ruleset, json_body(request, documentation), documentation)
    request.state.collection("github.rulesets")[str(ruleset["id"])] = ruleset
    return found(request, _ruleset(request, repository, ruleset))


@routes.add("DELETE", "/repos/{owner}/{repo}/rulesets/{ruleset_id}")
def delete(request: Request) -> Response:
    """Remove a ruleset: 204."""
    documentation = "repos/rules#delete-a-repository-ruleset"
    repository = _administrated(request, documentation)
    del request.state.collection("github.rulesets")[str(_named(request, repository, documentation)["id"])]
    return Response(204)


def _administrated(request: Request, documentation: str) -> Document:
    repository = open_repository(request, documentation, needs="admin", permission="administration:write")
    organization = find_organization(request.state, repository["owner"])
    if repository["private"] and organization is not None and organization["plan"] == "free":
        reason = "Upgrade to GitHub Pro or make this repository public to enable this feature."
        raise error(403, reason, documentation)
    return repository


def _named(request: Request, repository: Document, documentation: str) -> Document:
    ruleset = request.state.collection("github.rulesets").get(request.parameters["ruleset_id"])
    if ruleset is None or ruleset["repository"] != repository["full_name"]:
        raise not_found(documentation)
    return ruleset


def _changed(state: State, repository: Document, ruleset: Document, body: Document, documentation: str) -> Document:
    """The ruleset with the body's fields, checked whole; 422 listing what is wrong otherwise."""
    new = dict(ruleset)
    kinds = {"name": str, "enforcement": str, "target": str, "bypass_actors": list, "conditions": dict, "rules": list}
    for name, kind in kinds.items():
        value = optional(body, name, kind, documentation)
        if value is not None:
            new[name] = value
    problems = [*_problems(state, repository, new), *_actor_problems(state, new["bypass_actors"])]
    for rule in new["rules"]:
        problems += _rule_problems(rule)
    if problems:
        raise validation_failed("RepositoryRuleset", problems, documentation)
    new["bypass_actors"] = [_actor(actor) for actor in new["bypass_actors"]]
    new["conditions"] = _conditions(new["conditions"])
    new["rules"] = [_rule(rule) for rule in new["rules"]]
    new["updated_at"] = timestamp()
    return new


def _problems(state: State, repository: Document, ruleset: Document) -> list[str]:
    problems = []
    if not ruleset["name"].strip():
        problems.append("Name can't be blank")
    others = [other for other in list_rulesets(state, repository) if other["id"] != ruleset["id"]]
    if ruleset["name"] in [other["name"] for other in others]:
        problems.append("Name must be unique")
    if ruleset["enforcement"] not in ENFORCEMENTS:
        problems.append(f"Enforcement is not included in the list: {', '.join(ENFORCEMENTS)}")
    organization = find_organization(state, repository["owner"])
    if ruleset["enforcement"] == "evaluate" and (organization is None or organization["plan"] != "enterprise"):
        problems.append("Enforcement evaluate is not supported on this plan")
    if ruleset["target"] not in TARGETS:
        problems.append(f"Target is not included in the list: {', '.join(TARGETS)}")
    if ruleset["target"] == "push":
        problems.append("Target push has rules of its own, which the sandbox does not enforce")
    conditions = ruleset["conditions"]
    names = conditions.get("ref_name", {})
    if set(conditions) - {"ref_name"} or not isinstance(names, dict):
        return [*problems, "Conditions of a repository's ruleset may only be on ref_name"]
    for part in ("include", "exclude"):
        problems += [
            f"Conditions invalid ref_name {part} pattern {pattern!r}: a full ref, ~ALL or ~DEFAULT_BRANCH"
            for pattern in names.get(part) or []
            if not isinstance(pattern, str) or not pattern.startswith(("refs/", "~ALL", "~DEFAULT_BRANCH"))
        ]
    return problems


def _actor_problems(state: State, actors: list[Any]) -> list[str]:
    problems = []
    for actor in actors:
        if not isinstance(actor, dict) or actor.get("actor_type") not in ACTOR_TYPES:
            problems.append("Bypass actors must have an actor_type that exists")
            continue
        kind, number = actor["actor_type"], actor.get("actor_id")
        if actor.get("bypass_mode") not in (None, *BYPASS_MODES):
            problems.append(f"Bypass mode is not included in the list: {', '.join(BYPASS_MODES)}")
        if kind == "RepositoryRole" and number not in ROLE_NUMBERS:
            problems.append("Actor repository role must exist")
        elif kind == "Integration" and number not in _app_ids(state):
            problems.append("Actor integration must be part of the ruleset source or owner organization")
        elif kind == "Team" and find_team_by_id(state, number or 0) is None:
            problems.append("Actor team must be part of the ruleset source or owner organization")
        elif kind == "User" and find_user_by_id(state, number or 0) is None:
            problems.append("Actor user must be part of the ruleset source or owner organization")
    return problems


def _app_ids(state: State) -> list[int]:
    tokens = state.collection("github.tokens").values()
    return [token["app_id"] for token in tokens if token.get("app_id") is not None]


def _rule_problems(rule: Any) -> list[str]:
    kind = rule.get("type") if isinstance(rule, dict) else None
    if kind not in RULES:
        return [f"Invalid rule '{kind}': "]
    needed = RULES[kind]
    parameters = rule.get("parameters")
    if parameters is None and (not needed or kind in PARAMETERS_MAY_BE_LEFT_OUT):
        return []
    if not isinstance(parameters, dict):
        return [f"Invalid rule '{kind}': missing parameters"]
    problems = [
        f"Invalid rule '{kind}': {name} must be present and of type {form.__name__}"
        for name, form in needed.items()
        if not isinstance(parameters.get(name), form) or (form is int and isinstance(parameters[name], bool))
    ]
    if problems:
        return problems
    if kind == "pull_request":
        methods = parameters.get("allowed_merge_methods", MERGE_METHODS)
        if not 0 <= parameters["required_approving_review_count"] <= MOST_APPROVALS:
            problems.append(f"Invalid rule '{kind}': required_approving_review_count must be 0 to {MOST_APPROVALS}")
        if not methods or not set(methods) <= set(MERGE_METHODS):
            problems.append(f"Invalid rule '{kind}': allowed_merge_methods must be some of {', '.join(MERGE_METHODS)}")
    if kind == "required_status_checks":
        checks = parameters["required_status_checks"]
        if not all(isinstance(check, dict) and check.get("context") for check in checks):
            problems.append(f"Invalid rule '{kind}': every required status check must have a context")
    return problems


def _actor(actor: Document) -> Document:
    number = actor.get("actor_id")
    if actor["actor_type"] == "OrganizationAdmin":
        number = 1
    return {"actor_id": number, "actor_type": actor["actor_type"], "bypass_mode": actor.get("bypass_mode") or "always"}


def _conditions(conditions: Document) -> Document:
    names = conditions.get("ref_name") or {}
    return {"ref_name": {"include": names.get("include") or [], "exclude": names.get("exclude") or []}}


def _rule(rule: Document) -> Document:
    kind, parameters = rule["type"], dict(rule.get("parameters") or {})
    if kind == "pull_request":
        parameters.setdefault("required_reviewers", [])
        parameters.setdefault("allowed_merge_methods", MERGE_METHODS)
    elif kind == "required_status_checks":
        parameters.setdefault("do_not_enforce_on_create", False)
    elif not RULES[kind] or (kind in PARAMETERS_MAY_BE_LEFT_OUT and not parameters):
        return {"type": kind}
    return {"type": kind, "parameters": parameters}


def _summary(request: Request, repository: Document, ruleset: Document) -> Document:
    link = repository_url(request, repository, f"/rulesets/{ruleset['id']}")
    return {
        "id": ruleset["id"],
        "name": ruleset["name"],
        "target": ruleset["target"],
        "source_type": "Repository",
        "source": repository["full_name"],
        "enforcement": ruleset["enforcement"],
        "node_id": node_id("RepositoryRuleset", ruleset["id"]),
        "_links": {
            "self": {"href": link},
            "html": {"href": html_url(request, f"/{repository['full_name']}/rules/{ruleset['id']}")},
        },
        "created_at": ruleset["created_at"],
        "updated_at": ruleset["updated_at"],
    }


def _ruleset(request: Request, repository: Document, ruleset: Document) -> Document:
    mode = bypass(request.state, repository, ruleset, request.identity)
    body = {
        **_summary(request, repository, ruleset),
        "conditions": ruleset["conditions"],
        "rules": ruleset["rules"],
        "current_user_can_bypass": "pull_requests_only" if mode == "pull_request" else mode,
    }
    if may_administrate(request.state, repository, request.identity):
        body["bypass_actors"] = ruleset["bypass_actors"]
    return body
