"""Rolling back by dispatch, as act runs it."""

import pytest

from tests.workflows.scenarios.team import Team


@pytest.fixture
def served(team: Team) -> tuple[str, str]:
    """What served production before, and what serves it."""
    good = team.serving()
    bad = team.deploy("production", "bad")
    team.serve("production", bad)
    return good, bad


@pytest.mark.parametrize("target", ["previous", "url"])
def test_a_dispatch_takes_production_back(team: Team, served: tuple[str, str], target: str) -> None:
    good, bad = served
    named = {"previous": "previous", "url": f"https://{team.deployment(good)['url']}"}[target]

    run = team.dispatch("rollback.yml", target_deployment=named, reason="checkout fails")

    assert run.conclusion == "success", run.log
    assert team.serving() == good
    assert run.results == {"rollback": "success", "settle": "skipped"}
    assert "EMERGENCY ROLLBACK INITIATED by operator" in team.messages[0]
    assert team.moments == [], "a reviewer was asked"
    (event,) = team.events_of("rollback")
    assert event == {**event, "outcome": "success", "type": "manual", "deployment": good, "from": bad}


def test_production_yml_rolls_back_when_it_is_told_to_and_releases_nothing(team: Team, served: tuple[str, str]) -> None:
    good, _ = served
    before = team.deployments()
    run = team.dispatch("production.yml", deployment_type="rollback", reason="checkout fails")
    assert run.conclusion == "success", run.log
    assert (team.serving(), team.deployments()) == (good, before)
    assert run.results["rollback/rollback"] == "success"
    assert run.results["admission"] == run.results["promote"] == "skipped"


@pytest.mark.parametrize("target", ["dpl_nowhere", "staged"])
def test_a_wrong_target_moves_nothing(team: Team, served: tuple[str, str], target: str) -> None:
    _, bad = served
    named = team.deploy("production", "staged") if target == "staged" else target
    run = team.dispatch("rollback.yml", target_deployment=named, reason="checkout fails")
    assert run.conclusion == "failure", run.log
    assert team.serving() == bad
    # What serves is looked at all the same, and found healthy.
    assert run.results["settle"] == "success"


def test_after_a_rollback_nothing_is_released_until_somebody_unlocks(team: Team, served: tuple[str, str]) -> None:
    good, _ = served
    team.dispatch("rollback.yml", reason="checkout fails")
    refused = team.push("production")
    assert (refused.conclusion, team.serving()) == ("failure", good)
    assert "production is locked by operator" in refused.log
    assert "did not start" in team.messages[-1]

    team.github("DELETE", "/git/refs/heads/deploy-lock/production")
    run = team.push("production")
    assert run.conclusion == "success", run.log
    assert team.serving() == team.deployments()[-1]
