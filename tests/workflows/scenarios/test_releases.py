"""The delivered files, run by act as GitHub would run them: what a team sees of a release."""

import pytest

from sandbox.actions.team import closed_window
from sandbox.world.vercel.outcomes import break_site
from tests.workflows.scenarios.team import STACKS, Team

STEPS_OF_A_RELEASE = (
    *("admission", "audit", "build", "backup", "stage", "staged_tests", "awaiting_approval", "migrations", "promote"),
    *("domain_tests", "settle", "report"),
)
KINDS = ("deployment", "promotion", "migration", "rollback")


def test_a_push_to_main_goes_live_once_it_is_tested_and_approved(team: Team) -> None:
    before = team.serving()

    run = team.push("production")

    assert run.conclusion == "success", run.log
    assert run.results == {**dict.fromkeys(STEPS_OF_A_RELEASE, "success"), "rollback": "skipped"}
    serving = team.deployment(team.serving())
    assert serving["id"] != before
    assert serving["meta"]["version"].endswith(f"-{run.id}-1")
    assert len(team.state.collection("webhooks.backups")) == 1
    (message,) = team.messages
    assert message.startswith(":rocket: Production deployment successful: https://ai-tools.example.com")
    (event,) = team.events_of("deployment")
    wanted = {"env": "production", "service": "ai-tools", "version": f"{serving['meta']['version']}"}
    assert event == {**event, **wanted, "outcome": "success", "deployment": team.serving()}
    assert "failed" not in event
    assert [event["outcome"] for event in team.events_of("promotion")] == ["started"]
    migrations = [(event["outcome"], "waited" in event) for event in team.events_of("migration")]
    assert sorted(migrations) == [("success", False), ("waiting", False)]
    assert {event["deployment"] for event in team.events_of("migration")} == {team.serving()}
    assert team.events_of("rollback") == []
    assert "Approved by octocat" in run.log


def test_a_push_to_develop_goes_to_staging_and_asks_nobody(team: Team) -> None:
    production = team.serving()
    run = team.push("staging")
    assert run.conclusion == "success", run.log
    assert team.serving("staging") == team.deployments("staging")[-1]
    assert team.serving() == production
    assert team.moments == []
    (message,) = team.messages
    assert STACKS["staging"].domain in message
    told = [(event["kind"], event["outcome"], event["env"]) for kind in KINDS for event in team.events_of(kind)]
    assert told == [
        ("deployment", "success", "staging"),
        ("promotion", "started", "staging"),
        ("migration", "success", "staging"),
    ]


def test_a_release_whose_staged_tests_fail_never_serves(team: Team) -> None:
    before = team.serving()
    run = team.push("production", "Nothing is well")
    assert run.conclusion == "failure", run.log
    assert run.results["staged_tests"] == "failure"
    assert run.results["migrations"] == run.results["promote"] == "skipped"
    assert (team.serving(), team.moments) == (before, [])
    (message,) = team.messages
    assert "failed (staged_tests)! <!channel>" in message
    assert before in message
    (event,) = team.events_of("deployment")
    assert (event["outcome"], event["failed"]) == ("failure", "staged_tests")
    assert len(team.events) == 1


@pytest.mark.parametrize(("path", "failed"), [("^/api/health$", "promote"), ("^/$", "domain_tests")])
def test_a_release_that_breaks_on_the_domain_is_rolled_back_by_itself(team: Team, path: str, failed: str) -> None:
    before = team.serving()
    new_ones = {"actor": "operator"}
    break_site(team.state, meta=new_ones, host=f"^{STACKS['production'].domain}$", path=path)
    run = team.push("production")
    assert run.conclusion == "failure", run.log
    assert run.results[failed] == "failure"
    assert run.results["settle"] == "success"
    assert team.serving() == before
    assert f"failed ({failed})! <!channel>" in team.messages[-1]
    (event,) = team.events_of("deployment")
    assert (event["outcome"], event["failed"]) == ("failure", failed)
    (event,) = team.events_of("rollback")
    told = {"outcome": "success", "type": "automatic", "deployment": before, "from": team.deployments()[-1]}
    assert event == {**event, **told}


def test_nothing_starts_outside_the_window(team: Team) -> None:
    team.set_window(closed_window())
    before = team.deployments()
    run = team.push("production")
    assert run.conclusion == "failure", run.log
    assert run.results["admission"] == "failure"
    assert run.results["build"] == run.results["backup"] == "skipped"
    assert team.deployments() == before
    assert "It opens at" in run.log
    assert team.events == []


def test_a_hotfix_passes_the_window_and_says_who_and_why(team: Team) -> None:
    team.set_window(closed_window())
    run = team.dispatch("production.yml", deployment_type="hotfix", reason="checkout is down")
    assert run.conclusion == "success", run.log
    assert team.serving() == team.deployments()[-1]
    assert "Hotfix at any hour, by operator: checkout is down." in run.summary
    (message,) = team.messages
    assert "Production hotfix successful" in message
    assert "checkout is down" in message


def test_a_hotfix_without_a_reason_does_not_start(team: Team) -> None:
    before = team.deployments()
    run = team.dispatch("production.yml", deployment_type="hotfix")
    assert run.results["admission"] == "failure", run.log
    assert team.deployments() == before


def test_a_release_that_is_rejected_never_serves(team: Team) -> None:
    before = team.serving()
    team.verdict = "rejected"
    run = team.push("production")
    assert run.conclusion == "failure", run.log
    assert run.results["promote"] == "skipped"
    assert team.serving() == before
    assert sorted(event["outcome"] for event in team.events_of("migration")) == ["failure", "waiting"]
    assert {event["deployment"] for event in team.events_of("migration")} == {team.deployments()[-1]}
    (event,) = team.events_of("deployment")
    assert event["failed"] == "migrations"


def test_without_a_backup_production_goes_no_further(team: Team) -> None:
    before = team.serving()
    team.state.collection("webhooks.tokens").clear()
    run = team.push("production")
    assert run.results["backup"] == "failure", run.log
    assert run.results["stage"] == "skipped"
    assert team.serving() == before
