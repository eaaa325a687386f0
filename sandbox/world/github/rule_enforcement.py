"""What rulesets forbid, and whom they let through.

Source: https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from sandbox.world.github import history
from sandbox.world.github.access import role_of
from sandbox.world.github.organizations import find_organization, find_team_by_id
from sandbox.world.github.patterns import matches_ref_pattern
from sandbox.world.github.required_checks import list_expected
from sandbox.world.github.users import find_user
from sandbox.world.state import Document, State

ROLE_NUMBERS = {2: "maintain", 4: "write", 5: "admin"}
"""The roles by the numbers that `bypass_actors` knows them by."""

Change = Literal["create", "update", "force", "delete"]
"""What becomes of a ref; `force` is an update that loses commits."""

_PREFIXES = {"branch": "refs/heads/", "tag": "refs/tags/"}
"""What the refs begin with that a ruleset of a target is about."""

REASONS: Mapping[tuple[str, str], str] = {
    ("creation", "create"): "Cannot create ref due to creations being restricted.",
    ("deletion", "delete"): "Cannot delete this branch.",
    ("update", "update"): "Cannot update this protected ref.",
    ("required_signatures", "update"): "Commits must have verified signatures.",
    ("pull_request", "update"): "Changes must be made through a pull request.",
    ("non_fast_forward", "force"): "Cannot force-push to this branch",
}
"""What GitHub says when a change breaks a rule that has no more to say."""


def list_rulesets(state: State, repository: Document) -> list[Document]:
    """A repository's rulesets, oldest first."""
    rulesets = state.collection("github.rulesets").values()
    return [ruleset for ruleset in rulesets if ruleset["repository"] == repository["full_name"]]


def find_violations(
    state: State,
    repository: Document,
    ref: str,
    identity: Mapping[str, Any],
    change: Change,
    *,
    after: str | None = None,
) -> list[str]:
    """Why rules forbid changing a ref directly, one sentence a broken rule; empty when nothing does.

    Args:
        state: the world.
        repository: whose ref.
        ref: the full one, where it still is.
        identity: who changes it.
        change: what becomes of it.
        after: the commit that it is moved to, where that is there already.
    """
    head = history.find_commit(state, repository, after) if after else None
    return [
        reason
        for ruleset in list_rulesets(state, repository)
        if applies(ruleset, repository, ref)
        and bypass(state, repository, ruleset, identity) not in ("always", "exempt")
        for rule in ruleset["rules"]
        for reason in _broken(state, repository, rule, change=change, ref=ref, head=head)
    ]


def applies(ruleset: Document, repository: Document, ref: str) -> bool:
    """Whether an active ruleset covers a full ref."""
    prefix = _PREFIXES.get(ruleset["target"])
    if ruleset["enforcement"] != "active" or prefix is None or not ref.startswith(prefix):
        return False
    names = (ruleset.get("conditions") or {}).get("ref_name") or {}
    default = f"refs/heads/{repository['default_branch']}"

    def covered(patterns: list[str]) -> bool:
        return any(
            pattern == "~ALL" or (pattern == "~DEFAULT_BRANCH" and ref == default) or matches_ref_pattern(pattern, ref)
            for pattern in patterns
        )

    return covered(names.get("include") or []) and not covered(names.get("exclude") or [])


def bypass(state: State, repository: Document, ruleset: Document, identity: Mapping[str, Any]) -> str:
    """How far the ruleset lets an identity through: `always`, `exempt`, `pull_request`, or `never`."""
    modes = [
        actor["bypass_mode"] for actor in ruleset["bypass_actors"] if _is_actor(state, repository, actor, identity)
    ]
    return next((mode for mode in ("exempt", "always", "pull_request") if mode in modes), "never")


def _is_actor(state: State, repository: Document, actor: Document, identity: Mapping[str, Any]) -> bool:
    login = identity["login"].lower()
    if identity["type"] == "App":
        return actor["actor_type"] == "Integration" and actor["actor_id"] == identity["app_id"]
    match actor["actor_type"]:
        case "RepositoryRole":
            return role_of(state, repository, identity) == ROLE_NUMBERS.get(actor["actor_id"])
        case "OrganizationAdmin":
            organization = find_organization(state, repository["owner"])
            return organization is not None and login in (owner.lower() for owner in organization["owners"])
        case "Team":
            team = find_team_by_id(state, actor["actor_id"])
            return team is not None and login in (member.lower() for member in team["members"])
        case "User":
            user = find_user(state, login)
            return user is not None and user["id"] == actor["actor_id"]
        case _:
            return False


def _broken(
    state: State, repository: Document, rule: Document, *, change: Change, ref: str, head: Document | None
) -> Iterator[str]:
    kind, parameters = rule["type"], rule.get("parameters") or {}
    # What forbids an update forbids one by force.
    for broken in ("update", "force") if change == "force" else (change,):
        if (kind, broken) in REASONS:
            yield REASONS[kind, broken]
    if kind == "required_deployments" and change in ("update", "force"):
        for name in parameters["required_deployment_environments"]:
            yield f"Must be deployed to {name} before it can be merged."
    elif kind == "required_status_checks" and change != "delete":
        if change != "create" or not parameters.get("do_not_enforce_on_create"):
            yield from _missing_checks(state, repository, parameters["required_status_checks"], head)
    elif kind == "required_linear_history" and head is not None and _merges(state, repository, ref, head):
        yield "This branch must not contain merge commits."


def _missing_checks(
    state: State, repository: Document, required: Sequence[Mapping[str, Any]], head: Document | None
) -> Iterator[str]:
    expected = list_expected(state, repository, head["sha"] if head else None, required)
    if len(required) == 1 and expected:
        yield f'Required status check "{expected[0]}" is expected.'
    elif expected:
        yield f"{len(expected)} of {len(required)} required status checks are expected."


def _merges(state: State, repository: Document, ref: str, head: Document) -> bool:
    before = history.find_ref(state, repository, ref)
    new = history.list_new(state, repository, ref, head, before=before)
    return any(len(commit["parents"]) > 1 for commit in new)
