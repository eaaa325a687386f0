import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.releases.production import Production

FOR_GOOD = 1000
COMMIT = "c" * 40
LINK = "https://github.com/acme/ai-tools/actions/runs/4711"
STARTED = "2026-01-31T12:00:00Z"
DEPLOYMENT = "dpl_0123456789abcdef"
JOBS = (
    *("admission", "audit", "build", "backup", "stage", "staged_tests", "awaiting_approval", "migrations", "promote"),
    *("domain_tests", "settle"),
)


def _release(*, waiting: str = "1", **results: str) -> str:
    """GitHub's `needs` of a production release that ended well but for these jobs, in an order of its own."""
    jobs: dict[str, Any] = {
        name: {"result": results.get(name, "success"), "outputs": {}} for name in sorted(JOBS, reverse=True)
    }
    jobs["awaiting_approval"]["outputs"] = {"waiting": waiting} if waiting else {}
    return "--jobs=" + json.dumps(jobs)


def _staging(**results: str) -> str:
    jobs = {name: {"result": results.get(name, "success")} for name in JOBS if name != "awaiting_approval"}
    return "--jobs=" + json.dumps(jobs)


@pytest.mark.parametrize("environment", ["production", "staging"])
def test_datadog_has_an_event_of_the_deployment(production: Production, environment: str) -> None:
    argv = ("record", "--outcome=success", "--deployment=dpl_1", "--version=v2", "--type=hotfix", "--reason=a\n b")
    ended = production.run(*argv, ENVIRONMENT=environment, GITHUB_SHA=COMMIT)
    assert ended.code == 0, ended
    (event,) = production.events
    assert event["title"] == f"{environment.title()} Deployment"
    assert event["text"].startswith(f"New version deployed to {environment}. ")
    for part in ("deployment dpl_1", f"commit {COMMIT}", "reason: a b", "by octocat", LINK):
        assert part in event["text"]
    assert {f"environment:{environment}", "service:ai-tools", "version:v2", "type:hotfix"} <= set(event["tags"])
    assert event["alert_type"] == "success"
    assert production.dora == {}


@pytest.mark.parametrize(
    ("kind", "outcome", "title", "alert_type"),
    [
        ("deployment", "success", "Production Deployment", "success"),
        ("deployment", "failure", "Production Deployment failed", "error"),
        ("rollback", "success", "Production Rollback", "warning"),
        ("rollback", "failure", "Production Rollback failed", "error"),
        ("migration", "waiting", "Production Migration waits for approval", "info"),
        ("migration", "success", "Production Migration", "success"),
        ("migration", "failure", "Production Migration failed", "error"),
    ],
)
def test_an_event_says_what_ended_and_how(
    production: Production, kind: str, outcome: str, title: str, alert_type: str
) -> None:
    ended = production.run("record", f"--kind={kind}", f"--outcome={outcome}", "--json")
    assert ended.code == 0, ended
    assert ended.document["recorded"] == [{"kind": kind, "outcome": outcome, "failed": ""}]
    (event,) = production.events
    assert (event["title"], event["alert_type"]) == (title, alert_type)
    assert ("New version deployed" in event["text"]) is ((kind, outcome) == ("deployment", "success"))
    assert {f"kind:{kind}", f"outcome:{outcome}", "environment:production"} <= set(event["tags"])


@pytest.mark.parametrize(
    ("outcome", "environ", "recorded"),
    [
        ("success", {"DATADOG_DORA": "true", "GITHUB_SHA": COMMIT}, True),
        ("success", {"DATADOG_DORA": "true"}, False),
        ("success", {"DATADOG_DORA": "false", "GITHUB_SHA": COMMIT}, False),
        ("success", {"DATADOG_DORA": "", "GITHUB_SHA": COMMIT}, False),
        ("failure", {"DATADOG_DORA": "true", "GITHUB_SHA": COMMIT}, False),
    ],
)
@pytest.mark.parametrize("deployment", [DEPLOYMENT, ""])
def test_a_dora_deployment_is_recorded_where_switched_on_and_its_commit_is_known(
    production: Production, outcome: str, environ: dict[str, str], deployment: str, *, recorded: bool
) -> None:
    argv = ("record", f"--outcome={outcome}", f"--deployment={deployment}", "--version=v2", f"--started={STARTED}")
    ended = production.run(*argv, timeout_seconds=5, **environ)
    assert ended.code == 0, ended
    assert len(production.events) == 1
    assert list(production.dora) == ([deployment or COMMIT] if recorded else [])
    for attributes in production.dora.values():
        assert (attributes["service"], attributes["env"], attributes["version"]) == ("ai-tools", "production", "v2")
        assert attributes["git"] == {"commit_sha": COMMIT, "repository_url": "https://github.com/acme/ai-tools"}
        assert attributes["started_at"] == 1_769_860_800 * 10**9


def test_the_events_of_a_release_follow_from_its_jobs(production: Production) -> None:
    argv = ("record", _release(), f"--deployment={DEPLOYMENT}", "--version=v2", "--type=hotfix")
    ended = production.run(*argv, "--json", TEAM="web")
    assert ended.code == 0, ended
    every = {
        "environment": "production",
        "env": "production",
        "service": "ai-tools",
        "team": "web",
        "version": "v2",
        "outcome": "success",
        "type": "hotfix",
        "deployment": DEPLOYMENT,
    }
    assert production.events_of("deployment") == [{**every, "kind": "deployment"}]
    assert production.events_of("migration") == [{**every, "kind": "migration"}]
    assert ended.document["recorded"] == [
        {"kind": "deployment", "outcome": "success", "failed": ""},
        {"kind": "migration", "outcome": "success", "failed": ""},
    ]


MIGRATION_AFTER = {"migrations": "failure", **dict.fromkeys(("promote", "domain_tests", "settle"), "success")}
"""How the migrations of a release ended that failed at a job; before `migrations` they had not begun."""


@pytest.mark.parametrize("job", [job for job in JOBS[1:] if job != "awaiting_approval"])
@pytest.mark.parametrize("result", ["failure", "cancelled"])
def test_a_failed_deployment_names_the_first_job_that_failed_in_the_order_of_the_workflow(
    production: Production, job: str, result: str
) -> None:
    after = JOBS[JOBS.index(job) + 1 : -1]
    results = {**dict.fromkeys(after, "skipped"), job: result, "settle": "failure" if job == "settle" else "success"}
    ended = production.run("record", _release(waiting="1" if job in MIGRATION_AFTER else "", **results))
    assert ended.code == 0, ended
    (tags,) = production.events_of("deployment")
    assert (tags["outcome"], tags["failed"]) == ("failure", job)
    told = [tags["outcome"] for tags in production.events_of("migration")]
    assert told == ([MIGRATION_AFTER[job]] if job in MIGRATION_AFTER else [])


def test_of_several_jobs_that_failed_the_first_is_named(production: Production) -> None:
    ended = production.run("record", _release(settle="failure", backup="failure", audit="cancelled", promote="skipped"))
    assert ended.code == 0, ended
    assert production.events_of("deployment")[0]["failed"] == "audit"
    assert "failed job audit" in production.events[0]["text"]


def test_a_release_that_was_not_let_in_is_no_failed_deployment(production: Production) -> None:
    results = {**dict.fromkeys(JOBS, "skipped"), "admission": "failure", "settle": "success"}
    ended = production.run("record", _release(waiting="", **results), "--json")
    assert ended.code == 0, ended
    assert ended.document["recorded"] == []
    assert production.asked("datadog") == []


def test_that_nobody_was_told_of_the_approval_does_not_make_a_release_a_failure(production: Production) -> None:
    ended = production.run("record", _release(waiting="", awaiting_approval="failure"))
    assert ended.code == 0, ended
    assert production.events_of("deployment")[0]["outcome"] == "success"
    assert production.events_of("migration")[0]["waited"] == "false"


@pytest.mark.parametrize(
    ("migrations", "waiting", "told"),
    [
        ("failure", "2", [("failure", "")]),  # failed, or a reviewer refused
        ("cancelled", "2", [("failure", "")]),
        ("skipped", "2", [("failure", "")]),  # the run was cancelled in between
        ("success", "2", [("success", "")]),
        ("failure", "1", [("failure", "false")]),  # only failed jobs were run again: this approval was not told of
        ("skipped", "1", []),
        ("skipped", "", []),
    ],
)
def test_what_waited_in_this_attempt_ends_in_it(
    production: Production, migrations: str, waiting: str, told: list[tuple[str, str]]
) -> None:
    jobs = _release(waiting=waiting, migrations=migrations, promote="skipped", domain_tests="skipped")
    ended = production.run("record", jobs, GITHUB_RUN_ATTEMPT="2")
    assert ended.code == 0, ended
    assert [(tags["outcome"], tags.get("waited", "")) for tags in production.events_of("migration")] == told


def test_a_cancelled_run_whose_migrations_never_began_tells_of_none(production: Production) -> None:
    results = dict.fromkeys(("staged_tests", "awaiting_approval", "migrations", "promote", "domain_tests"), "cancelled")
    ended = production.run("record", _release(waiting="", **results))
    assert ended.code == 0, ended
    assert production.events_of("migration") == []
    assert production.events_of("deployment")[0]["failed"] == "staged_tests"


@pytest.mark.parametrize("result", ["success", "failure"])
def test_where_no_approval_is_asked_for_a_migration_only_ends(production: Production, result: str) -> None:
    ended = production.run("record", _staging(migrations=result), ENVIRONMENT="staging")
    assert ended.code == 0, ended
    (tags,) = production.events_of("migration")
    assert (tags["outcome"], tags["env"], "waited" in tags) == (result, "staging", False)


def test_the_job_that_reports_learns_in_which_attempt_datadog_was_told_of_the_approval(
    production: Production, tmp_path: Path
) -> None:
    output = tmp_path / "output"
    waiting = ("record", "--kind=migration", "--outcome=waiting")
    environ = {"GITHUB_OUTPUT": str(output), "GITHUB_RUN_ATTEMPT": "3"}
    assert production.run(*waiting, **environ).code == 0
    assert output.read_text() == "waiting=3\n"
    output.unlink()
    production.arm(service="datadog", status=500, times=FOR_GOOD)
    assert production.run(*waiting, **environ).code == 1
    assert not output.exists()


def test_of_a_release_only_the_event_that_datadog_missed_is_to_be_recorded_again(production: Production) -> None:
    production.arm(service="datadog", status=500)
    results = dict.fromkeys(("promote", "domain_tests"), "skipped")
    argv = ("record", _release(backup="failure", **results), f"--deployment={DEPLOYMENT}", "--version=v2")
    ended = production.run(*argv, "--type=hotfix", "--reason=it's down", f"--started={STARTED}", "--json")
    assert ended.code == 1, ended
    assert ended.document["message"] == "Datadog does not know of this deployment."
    assert [tags["outcome"] for tags in production.events_of("migration")] == ["success"]

    (command,) = re.findall(r"`python3 -m deploy (record [^`]*)`", ended.document["next"])
    assert production.run(*shlex.split(command)).code == 0
    (event,) = production.events_of("deployment")
    wanted = {"outcome": "failure", "failed": "backup", "type": "hotfix", "deployment": DEPLOYMENT, "version": "v2"}
    assert event == {**event, **wanted}
    assert "reason: it's down" in production.events[-1]["text"]
    assert len(production.events) == 2


def test_no_two_outcomes_of_a_run_are_shown_as_one(production: Production) -> None:
    rejected = dict.fromkeys(("promote", "domain_tests"), "skipped")
    about = f"--deployment={DEPLOYMENT}"
    production.run("record", "--kind=migration", "--outcome=waiting", about)
    for attempt in ("1", "2"):
        production.run("record", _release(migrations="failure", **rejected), about, GITHUB_RUN_ATTEMPT=attempt)
    for job in ("promote", "settle"):
        argv = ("record", "--kind=rollback", "--outcome=failure", f"--from={DEPLOYMENT}")
        production.run(*argv, GITHUB_JOB=job)
    keys = [event["aggregation_key"] for event in production.events]
    assert len(keys) == len(set(keys)) == 7


@pytest.mark.parametrize("migrations", ["success", "failure", "cancelled", "skipped"])
def test_what_waited_and_its_end_are_about_the_same_deployment(production: Production, migrations: str) -> None:
    """The monitor counts them for each deployment by itself."""
    about = "--deployment=dpl_7Kx9QwErTyUiOpAsDfGh"
    assert production.run("record", "--kind=migration", "--outcome=waiting", about).code == 0
    jobs = _release(migrations=migrations, promote="skipped", domain_tests="skipped")
    assert production.run("record", jobs, about).code == 0
    waiting, ended = production.events_of("migration")
    assert waiting["deployment"] == ended["deployment"] == "dpl_7Kx9QwErTyUiOpAsDfGh"


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 500}, {"kind": "timeout"}])
def test_what_datadog_may_have_missed_is_said_and_not_sent_twice(production: Production, fault: dict[str, Any]) -> None:
    production.arm(service="datadog", path="/api/v1/events", times=FOR_GOOD, **fault)
    argv = ("record", "--outcome=success", f"--deployment={DEPLOYMENT}", f"--started={STARTED}")
    ended = production.run(*argv, timeout_seconds=0.3, DATADOG_DORA="true", GITHUB_SHA=COMMIT)
    assert ended.code == 1, ended
    assert "Datadog may not know of this deployment" in ended.err
    assert f"`python3 -m deploy record --kind=deployment --outcome=success --deployment={DEPLOYMENT}" in ended.err
    assert production.asked("datadog") == ["/api/v1/events"]


@pytest.mark.parametrize("fault", [{"status": 403}, {"status": 500}, {"kind": "timeout"}])
def test_a_missed_dora_deployment_is_said_and_is_no_reason_to_post_the_event_twice(
    production: Production, fault: dict[str, Any]
) -> None:
    production.arm(service="datadog", path="/api/v2/dora/deployment", times=FOR_GOOD, **fault)
    argv = ("record", "--outcome=success", f"--deployment={DEPLOYMENT}", f"--started={STARTED}", "--json")
    ended = production.run(*argv, timeout_seconds=0.3, DATADOG_DORA="true", GITHUB_SHA=COMMIT)
    assert (ended.code, len(production.events)) == (0, 1), ended
    (warning,) = ended.document["warnings"]
    assert "Datadog has the event, but may not count this deployment in its DORA metrics" in warning
    assert "deploy record" not in ended.err


def test_datadog_is_asked_at_the_site_of_the_account(production: Production) -> None:
    ended = production.run("record", "--outcome=success", DATADOG_SITE="datadoghq.eu")
    assert ended.code == 0, ended
    (exchange,) = [exchange for _, exchange in production.exchanges() if exchange.service == "datadog"]
    assert exchange.host == "api.datadoghq.eu"


@pytest.mark.parametrize(
    ("argv", "environ"),
    [
        (("--outcome=success",), {"DATADOG_API_KEY": ""}),
        (("--outcome=success",), {"SERVICE": ""}),
        (("--outcome=success",), {"ENVIRONMENT": ""}),
        (("--outcome=success", "--started=yesterday"), {}),
        (("--outcome=great",), {}),
        (("--outcome=waiting",), {}),
        (("--kind=rollback", "--outcome=waiting"), {}),
        (("--kind=promotion", "--outcome=success"), {}),
        (("--outcome=success", "--jobs={}"), {}),
        (("--kind=migration", "--jobs={}"), {}),
        (("--jobs=",), {}),
        (("--jobs=[]",), {}),
        (('--jobs={"promote": {"result": "great"}}',), {}),
        (('--jobs={"awaiting_approval": {"result": "success", "outputs": []}, "promote": 1}',), {}),
        ((), {}),
    ],
)
def test_what_cannot_be_meant_is_not_recorded(
    production: Production, argv: tuple[str, ...], environ: dict[str, str]
) -> None:
    assert production.run("record", *argv, timeout_seconds=5, **environ).code == 2
    assert production.asked("datadog") == []
