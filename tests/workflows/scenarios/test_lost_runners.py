"""A job's machine goes away with SIGKILL: what always runs afterwards leaves production on a verified deployment."""

import threading

import pytest

from sandbox.actions.moments import StartingStep
from sandbox.world import exchanges
from sandbox.world.exchanges import Exchange
from tests.workflows.scenarios.team import Team
from tests.workflows.workflow import DELIVERED, Workflow

PRODUCTION = Workflow(DELIVERED / "production.yml")
JOBS = ("stage", "domain_tests", "settle")
"""Before anything moved, after it, and when all is done; while it moves has a test of its own. A run takes its time."""
VERIFIED_BEFORE = ("settle", "report")
"""When these begin, the release has passed its tests on the domain."""


@pytest.mark.parametrize("job", JOBS)
def test_a_release_whose_runner_is_lost_at_the_end_of_a_job_is_settled(team: Team, job: str) -> None:
    before = team.serving()
    last = PRODUCTION.job(job).steps[-1]["name"]

    def kill(step: StartingStep) -> None:
        if (step.job, step.step) == (job, last):
            step.kill()

    team.on_step = kill
    run = team.push("production")

    assert run.results[job] == "failure", run.log
    if job in VERIFIED_BEFORE:
        assert team.serving() == team.deployments()[-1] != before
    else:
        assert team.serving() == before
        assert run.results["settle"] == "success", run.log
        assert f"failed ({job})!" in team.messages[-1]


def test_a_runner_that_is_lost_while_vercel_promotes_leaves_what_served(team: Team) -> None:
    before = team.serving()
    lost = threading.Event()

    def kill(exchange: Exchange) -> None:
        if exchange.method == "POST" and "/promote/" in exchange.path and exchange.status // 100 == 2:
            number = max(int(run) for run in team.state.collection("github.workflow_runs"))
            threading.Thread(target=lambda: (team.runner.kill(number, "promote"), lost.set())).start()

    exchanges.observers.append(kill)
    try:
        run = team.push("production")
    finally:
        exchanges.observers.remove(kill)

    assert lost.is_set()
    assert run.results["promote"] == "failure", run.log
    assert run.results["settle"] == "success", run.log
    assert team.serving() == before


def test_a_release_is_green_whatever_became_of_the_job_that_tells_of_its_approval(team: Team) -> None:
    def kill(step: StartingStep) -> None:
        if (step.job, step.step) == ("awaiting_approval", "Check out what deploys"):
            step.kill()

    team.on_step = kill
    run = team.push("production")

    assert run.conclusion == "success", run.log
    assert team.serving() == team.deployments()[-1]
    assert [event["outcome"] for event in team.events_of("migration")] == ["success"]
    assert [event["outcome"] for event in team.events_of("deployment")] == ["success"]


def test_a_rollback_whose_runner_is_lost_once_traffic_has_moved_is_told_of(team: Team) -> None:
    good = team.serving()
    bad = team.deploy("production", "bad")
    team.serve("production", bad)
    lost = threading.Event()

    def kill(exchange: Exchange) -> None:
        if exchange.method == "POST" and "/rollback/" in exchange.path and exchange.status // 100 == 2:
            number = max(int(run) for run in team.state.collection("github.workflow_runs"))
            threading.Thread(target=lambda: (team.runner.kill(number, "rollback"), lost.set())).start()

    exchanges.observers.append(kill)
    try:
        run = team.dispatch("rollback.yml", reason="checkout fails")
    finally:
        exchanges.observers.remove(kill)

    assert lost.is_set()
    assert run.results == {"rollback": "failure", "settle": "success"}, run.log
    assert team.serving() == good
    (event,) = team.events_of("rollback")
    assert event == {**event, "outcome": "success", "type": "manual", "deployment": good, "from": bad}
