"""What GitHub's real provider does that its schema does not tell, each seen of the provider itself (version 6.15.0)."""

import json
from collections.abc import Callable

import grpc
import pytest

from sandbox.providers.values import Properties, decode
from tests.sandbox.providers.conftest import CONFIGURATION, Plugin, World
from tests.sandbox.providers.examples import BY_TYPE, ENVIRONMENT, FILE, POLICY, RULESET, VARIABLE

ENVIRONMENTS = "/api/v3/repos/acme/ai-tools/environments"


@pytest.fixture
def github(plugin: Callable[[str], Plugin]) -> Plugin:
    return plugin("github")


def test_an_environment_that_the_plan_refuses_is_made_without_protection_if_none_is_asked(
    github: Plugin, world: World
) -> None:
    policy = {"protectedBranches": False, "customBranchPolicies": True}
    world.break_next(method="PUT", path="/environments/staging", status=422)
    github.create(ENVIRONMENT, {"repository": "ai-tools", "environment": "staging", "deploymentBranchPolicy": policy})
    bodies = [json.loads(call.body) for call in world.calls() if call.text == f"PUT {ENVIRONMENTS}/staging"]
    assert bodies[1:] == [{"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}]


@pytest.mark.parametrize("protection", [{"waitTimer": 5}, {"reviewers": [{"users": [1]}]}], ids=str)
def test_an_environment_whose_protection_the_plan_refuses_is_not_made(
    protection: Properties, github: Plugin, world: World
) -> None:
    world.break_next(method="PUT", path="/environments/staging", status=422)
    with pytest.raises(grpc.RpcError, match="422"):
        github.create(ENVIRONMENT, {"repository": "ai-tools", "environment": "staging", **protection})


def test_a_branch_policy_that_is_there_already_is_taken_over(github: Plugin) -> None:
    github.create(ENVIRONMENT, BY_TYPE[ENVIRONMENT].inputs)
    inputs = BY_TYPE[POLICY].inputs
    github.create(POLICY, {**inputs, "branchPattern": "other"})
    first, _ = github.create(POLICY, inputs)
    again, _ = github.create(POLICY, inputs)
    assert again == first


def test_a_file_that_is_gone_cannot_be_deleted(github: Plugin) -> None:
    resource_id, state = github.create(FILE, BY_TYPE[FILE].inputs)
    github.delete(FILE, resource_id, state)
    with pytest.raises(grpc.RpcError, match="404"):
        github.delete(FILE, resource_id, state)


def test_a_file_for_no_branch_goes_to_the_default_branch_without_naming_it(github: Plugin, world: World) -> None:
    inputs = {name: value for name, value in BY_TYPE[FILE].inputs.items() if name != "branch"}
    _, state = github.create(FILE, inputs)
    commit = next(call for call in world.calls() if call.text.startswith("PUT"))
    assert state["branch"] == "main"
    assert "branch" not in json.loads(commit.body)


def test_a_repository_that_does_not_exist_is_planned_as_an_update(github: Plugin) -> None:
    github.create(ENVIRONMENT, BY_TYPE[ENVIRONMENT].inputs)
    inputs = BY_TYPE[VARIABLE].inputs
    resource_id, state = github.create(VARIABLE, inputs)
    plan = github.diff(VARIABLE, resource_id, state, {**inputs, "repository": "missing"})
    assert (list(plan.diffs), list(plan.replaces)) == (["repository"], [])


def test_merge_methods_that_a_program_leaves_out_stay_as_they_were_set_by_hand(github: Plugin) -> None:
    inputs = BY_TYPE[RULESET].inputs
    resource_id, state = github.create(RULESET, inputs)
    by_hand = {**inputs["rules"]["pullRequest"], "allowedMergeMethods": ["squash"]}
    state = github.update(RULESET, resource_id, state, {**inputs, "rules": {**inputs["rules"], "pullRequest": by_hand}})
    state = github.update(RULESET, resource_id, state, {**inputs, "enforcement": "disabled"})
    assert state["rules"]["pullRequest"]["allowedMergeMethods"] == ["squash"]


def test_a_rules_parameter_that_is_no_longer_set_is_unset(github: Plugin) -> None:
    checks = {"requiredChecks": [{"context": "test"}]}
    inputs = {**BY_TYPE[RULESET].inputs, "rules": {"requiredStatusChecks": checks}}
    strict = {**inputs, "rules": {"requiredStatusChecks": {**checks, "strictRequiredStatusChecksPolicy": True}}}
    resource_id, state = github.create(RULESET, strict)
    plan = github.diff(RULESET, resource_id, state, inputs)
    assert list(plan.detailedDiff) == ["rules.requiredStatusChecks.strictRequiredStatusChecksPolicy"]


@pytest.mark.parametrize("pulumi_type", [ENVIRONMENT, FILE])
def test_defaults_that_are_false_are_in_the_state_and_not_in_the_inputs(pulumi_type: str, github: Plugin) -> None:
    flag = "preventSelfReview" if pulumi_type == ENVIRONMENT else "overwriteOnCreate"
    inputs = {name: value for name, value in BY_TYPE[pulumi_type].inputs.items() if name != flag}
    checked, _ = github.check(pulumi_type, inputs)
    resource_id, state = github.create(pulumi_type, inputs)
    imported = github.read(pulumi_type, resource_id, {}, {})
    assert flag not in checked
    assert state[flag] is False
    assert flag not in decode(imported.inputs)


@pytest.mark.parametrize("status", [401, 403, 500])
def test_an_owner_that_cannot_be_looked_up_ends_the_configuration(
    status: int, connect: Callable[[str], Plugin], world: World
) -> None:
    world.break_next(method="GET", path="/orgs/acme", status=status, times=4)
    with pytest.raises(grpc.RpcError, match=str(status)):
        connect("github").configure(CONFIGURATION["github"])


def test_an_owner_that_is_a_person_is_accepted(connect: Callable[[str], Plugin], world: World) -> None:
    connect("github").configure({**CONFIGURATION["github"], "owner": "octocat"})
    assert [call.text for call in world.calls()] == ["GET /api/v3/orgs/octocat"]


def test_the_environments_owner_wins_over_the_configured_one(
    connect: Callable[[str], Plugin], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_OWNER", "octocat")
    connect("github").configure(CONFIGURATION["github"])
    assert [call.text for call in world.calls()] == ["GET /api/v3/orgs/octocat"]
