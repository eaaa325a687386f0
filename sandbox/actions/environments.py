"""What an environment of the world gives a job, and whom it lets in.

Source: https://docs.github.com/actions/reference/workflows-and-actions/deployments-and-environments.
"""

from sandbox.world.github import secrets, variables
from sandbox.world.github.environments import below, find_environment
from sandbox.world.github.patterns import matches_ref_pattern
from sandbox.world.github.rule_enforcement import applies, list_rulesets
from sandbox.world.state import Document, State


def environment_names(state: State, repository: Document) -> list[str]:
    """The names of a repository's environments."""
    prefix = f"{repository['full_name'].lower()}/"
    kept = state.collection("github.environments")
    return [kept[key]["name"] for key in kept if key.startswith(prefix)]


def secrets_of(state: State, repository: Document, environment: str | None) -> dict[str, str]:
    """The secrets of an environment by name; none without one. This world has none for a whole repository."""
    return secrets.values(state, repository["owner"], repository["name"], environment) if environment else {}


def variables_of(state: State, repository: Document, environment: str | None) -> dict[str, str]:
    """The variables of an environment by name, likewise."""
    return variables.values(state, repository["owner"], repository["name"], environment) if environment else {}


def refusal(state: State, repository: Document, environment: str, ref: str) -> str | None:
    """Why an environment does not take a deployment of a full ref, in GitHub's words; None when it does."""
    known = find_environment(state, repository["owner"], repository["name"], environment)
    policy = known[1]["deployment_branch_policy"] if known else None
    if known is None or policy is None or _allowed(state, repository, known[0], policy, ref):
        return None
    kind = "Tag" if ref.startswith("refs/tags/") else "Branch"
    name = _short(ref)
    return (
        f'{kind} "{name}" is not allowed to deploy to {known[1]["name"]} due to environment protection rules.\n'
        "The deployment was rejected or didn't satisfy other protection rules."
    )


def _allowed(state: State, repository: Document, key: str, policy: Document, ref: str) -> bool:
    if policy["protected_branches"]:
        return any(applies(ruleset, repository, ref) for ruleset in list_rulesets(state, repository))
    kind = "tag" if ref.startswith("refs/tags/") else "branch"
    return any(
        rule["type"] == kind and matches_ref_pattern(rule["name"], _short(ref))
        for rule in below(state, "github.branch_policies", key).values()
    )


def _short(ref: str) -> str:
    return ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
