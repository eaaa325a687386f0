from typing import Any

import httpx2
import pytest

from sandbox.world.github import secrets, variables
from tests.sandbox.world.github.conftest import REPOSITORY, World

PRODUCTION = f"{REPOSITORY}/environments/production"
CUSTOM = {"protected_branches": False, "custom_branch_policies": True}


def reviewers(world: World) -> list[dict[str, Any]]:
    client = world.user("operator")
    user = client.get("/users/octocat").json()["id"]
    team = client.get("/orgs/acme/teams/release-managers").json()["id"]
    return [{"type": "User", "id": user}, {"type": "Team", "id": team}]


def test_an_environment_shows_the_protection_it_was_given(world: World, operator: httpx2.Client) -> None:
    given = reviewers(world)
    body = {
        "wait_timer": 5,
        "prevent_self_review": True,
        "can_admins_bypass": False,
        "reviewers": given,
        "deployment_branch_policy": CUSTOM,
    }
    assert operator.put(PRODUCTION, json=body).status_code == 200
    shown = operator.get(PRODUCTION).json()
    rules = {rule["type"]: rule for rule in shown["protection_rules"]}
    assert set(rules) == {"wait_timer", "required_reviewers", "branch_policy"}
    assert rules["wait_timer"]["wait_timer"] == 5
    assert rules["required_reviewers"]["prevent_self_review"] is True
    assert [{"type": r["type"], "id": r["reviewer"]["id"]} for r in rules["required_reviewers"]["reviewers"]] == given
    assert (shown["deployment_branch_policy"], shown["can_admins_bypass"]) == (CUSTOM, False)


def test_what_a_later_put_leaves_out_is_gone_and_the_environment_stays_the_same(
    world: World, operator: httpx2.Client
) -> None:
    first = operator.put(PRODUCTION, json={"reviewers": reviewers(world), "wait_timer": 1}).json()
    second = operator.put(PRODUCTION, json={"reviewers": None, "deployment_branch_policy": None}).json()
    assert (second["id"], second["created_at"]) == (first["id"], first["created_at"])
    assert second["protection_rules"] == []


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": True}},
            '"custom_branch_policies" and "protected_branches" cannot have the same value',
        ),
        (
            {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": False}},
            '"custom_branch_policies" and "protected_branches" cannot have the same value',
        ),
        ({"wait_timer": 43_201}, "Wait timer must be between 0 and 43200 minutes"),
        ({"wait_timer": "5"}, "Invalid request.\n\nFor 'properties/wait_timer', \"5\" is not an integer."),
        ({"reviewers": [{"type": "User", "id": 1}] * 7}, "An environment has at most 6 reviewers"),
        (
            {"reviewers": [{"type": "User", "id": 1}]},
            "Invalid reviewer: User 1 has no access to the repository",
        ),
        (
            {"reviewers": [{"type": "Robot", "id": 1}]},
            'Invalid request.\n\n"type" of a reviewer must be one of "User" and "Team".',
        ),
    ],
)
def test_bad_protection_is_422_and_makes_no_environment(
    operator: httpx2.Client, body: dict[str, object], message: str
) -> None:
    response = operator.put(PRODUCTION, json=body)
    assert (response.status_code, response.json()["message"]) == (422, message)
    assert operator.get(PRODUCTION).status_code == 404


def test_reviewers_of_a_private_repository_need_the_enterprise_plan(world: World, operator: httpx2.Client) -> None:
    organizations = world.state.collection("github.organizations")
    organizations["acme"] = {**organizations["acme"], "plan": "team"}
    response = operator.put(PRODUCTION, json={"reviewers": reviewers(world)})
    assert response.status_code == 422
    assert "billing plan" in response.json()["message"]
    assert operator.put(PRODUCTION, json={"deployment_branch_policy": CUSTOM}).status_code == 200


def test_environments_are_listed_and_their_names_may_hold_a_slash(operator: httpx2.Client) -> None:
    for name in ("staging", "team%2Fa b"):
        assert operator.put(f"{REPOSITORY}/environments/{name}", json={}).status_code == 200
    listed = operator.get(f"{REPOSITORY}/environments").json()
    assert (listed["total_count"], [shown["name"] for shown in listed["environments"]]) == (2, ["staging", "team/a b"])
    assert operator.get(f"{REPOSITORY}/environments/Team%2FA%20b").json()["name"] == "team/a b"


def test_a_deleted_environment_takes_everything_below_it(world: World, operator: httpx2.Client) -> None:
    operator.put(PRODUCTION, json={"deployment_branch_policy": CUSTOM})
    operator.post(f"{PRODUCTION}/deployment-branch-policies", json={"name": "main"})
    operator.post(f"{PRODUCTION}/variables", json={"name": "DOMAIN", "value": "a.example.com"})
    operator.get(f"{PRODUCTION}/secrets/public-key")
    assert operator.delete(PRODUCTION).status_code == 204
    assert operator.delete(PRODUCTION).status_code == 404
    assert operator.put(PRODUCTION, json={"deployment_branch_policy": CUSTOM}).status_code == 200
    assert operator.get(f"{PRODUCTION}/deployment-branch-policies").json()["total_count"] == 0
    assert variables.values(world.state, "acme", "ai-tools", "production") == {}
    assert secrets.values(world.state, "acme", "ai-tools", "production") == {}


def test_branch_policies_are_kept_changed_and_removed(operator: httpx2.Client) -> None:
    operator.put(PRODUCTION, json={"deployment_branch_policy": CUSTOM})
    policies = f"{PRODUCTION}/deployment-branch-policies"
    made = operator.post(policies, json={"name": "main", "type": "branch"}).json()
    assert (made["name"], made["type"]) == ("main", "branch")
    again = operator.post(policies, json={"name": "main"})
    assert again.status_code == 303
    one = f"{policies}/{made['id']}"
    assert again.headers["location"].endswith(one)
    assert operator.put(one, json={"name": "release/*"}).json()["name"] == "release/*"
    assert operator.get(one).json() == {**made, "name": "release/*"}
    assert operator.get(policies).json()["branch_policies"] == [{**made, "name": "release/*"}]
    assert operator.delete(one).status_code == 204
    assert operator.get(one).status_code == 404


@pytest.mark.parametrize("policy", [None, {"protected_branches": True, "custom_branch_policies": False}])
def test_without_custom_policies_there_are_none_to_change(operator: httpx2.Client, policy: object) -> None:
    operator.put(PRODUCTION, json={"deployment_branch_policy": policy})
    assert operator.post(f"{PRODUCTION}/deployment-branch-policies", json={"name": "main"}).status_code == 404
    assert operator.get(f"{PRODUCTION}/deployment-branch-policies").status_code == 404
