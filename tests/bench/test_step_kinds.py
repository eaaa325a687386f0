import inspect
from typing import Any

import pytest
import yaml

from bench import step_measures
from bench.delivered import WORKFLOWS, UnknownStepError, jobs_of, kind_of
from bench.longest_path import Job, longest_path
from bench.paths import ROUTES, naive_jobs, table_of_kinds

MEASURED_FILES = ("pre-deploy", "staging", "production", "rollback")
SECOND_EACH = dict.fromkeys(table_of_kinds(), 1.0)


def steps() -> list[tuple[str, dict[str, Any]]]:
    """Every step of the workflows, run or not, with where it stands."""
    return [
        (f"{name}: {job}: {step['name']}", step)
        for name in MEASURED_FILES
        for job, content in yaml.safe_load((WORKFLOWS / f"{name}.yml").read_text())["jobs"].items()
        for step in content.get("steps", ())
    ]


@pytest.mark.parametrize(("where", "step"), steps(), ids=[where for where, _ in steps()])
def test_every_step_of_the_delivered_workflows_is_of_one_kind_that_has_its_seconds(
    where: str, step: dict[str, Any]
) -> None:
    assert kind_of(step) in table_of_kinds(), where


@pytest.mark.parametrize("name", MEASURED_FILES)
def test_whether_a_job_or_step_runs_is_known_for_every_condition(name: str) -> None:
    assert all(job.steps for job in jobs_of(name).values())


@pytest.mark.parametrize("step", [{"run": "npm run surprise"}, {"uses": "someone/action@v1"}, {"name": "nothing"}])
def test_a_step_that_nobody_has_thought_of_is_refused(step: dict[str, Any]) -> None:
    with pytest.raises(UnknownStepError):
        kind_of(step)


def test_the_naive_workflows_consist_of_kinds_that_have_their_seconds() -> None:
    used = {
        kind
        for workflow in ("pre-deploy", "production", "rollback")
        for job in naive_jobs(workflow).values()
        for step in job.steps
        for kind in step.kinds
    }
    assert used
    assert used <= set(table_of_kinds())


def test_every_kind_is_measured_or_assumed_with_a_reason_and_no_kind_is_both() -> None:
    for kind, entry in table_of_kinds().items():
        assert set(entry) in ({"measured"}, {"seconds", "assumed"}), kind
        assert all(entry.values()), kind


def test_what_the_table_calls_measured_is_what_is_measured() -> None:
    source = inspect.getsource(step_measures)
    measured = {kind for kind, entry in table_of_kinds().items() if "measured" in entry}
    named = {kind for kind in table_of_kinds() if f'"{kind}"' in source}
    assert measured == named


def runs(jobs: dict[str, Job]) -> set[str]:
    return {step.name for job in jobs.values() for step in job.steps}


def test_an_ordinary_release_installs_nothing_that_is_cached_and_does_not_roll_back() -> None:
    jobs = jobs_of("production")
    assert "rollback" not in jobs
    assert "Install dependencies" not in runs(jobs)
    assert "Install the Vercel CLI" in runs(jobs)


def test_the_way_to_production_leads_through_tests_and_approval() -> None:
    path = longest_path(jobs_of("production"), SECOND_EACH, until=("promote", "Promote, confirm, or roll back"))
    assert path.jobs == ("admission", "build", "stage", "staged_tests", "migrations", "promote")


def test_a_rollback_moves_traffic_in_its_first_job_after_one_checkout() -> None:
    path = longest_path(jobs_of("rollback"), SECOND_EACH, until=("rollback", "Move traffic"))
    assert path.jobs == ("rollback",)
    assert path.seconds == len(("runner", "checkout", "rollback"))


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.title)
def test_each_route_leads_somewhere_in_both_workflows(route: Any) -> None:
    assert longest_path(jobs_of(route.workflow), SECOND_EACH, until=route.delivered).jobs
    assert longest_path(naive_jobs(route.workflow), SECOND_EACH, until=route.naive).jobs
