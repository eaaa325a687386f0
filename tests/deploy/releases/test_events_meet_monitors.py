"""Each monitor of events finds the events that the commands really post, those that it is about, and no other."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

import pytest

from components.datadog_monitoring import DatadogMonitoringArgs
from components.datadog_monitoring.component import define_monitors
from components.monitoring_config import MonitoringConfig
from sandbox.world.vercel.outcomes import break_site, fail_next
from tests.deploy.releases.event_search import UnreadableSearchError, matches
from tests.deploy.releases.production import DOMAIN, Production
from tests.workflows.workflow import DELIVERED, Workflow

EVENTS = "event-v2 alert"


def _searches(environment: str, service: str = "ai-tools") -> dict[str, str]:
    """Every search for events of a stack, by its monitor's key, with the name that a formula gives it."""
    production = environment == "production"
    args = DatadogMonitoringArgs(
        service=service,
        environment=environment,
        production=production,
        domain=DOMAIN,
        vercel_project="ai-tools",
        log_drain=True,
        monitoring=MonitoringConfig(
            site="datadoghq.com",
            team="web",
            notify=("@slack-deploys",),
            page=("@oncall",) if production else (),
            locations=("aws:eu-central-1", "aws:us-east-1", "aws:ap-southeast-1"),
            health_check_seconds=60,
            runbook_url="https://example.com/runbook.md",
            availability_target=None,
            latency_target=99,
            latency_milliseconds=1500,
        ),
    )
    found: dict[str, str] = {}
    for monitor in define_monitors(args):
        if monitor.type != EVENTS:
            continue
        named = {f"{monitor.key} {name}": search for name, search in monitor.searches.items()}
        (plain,) = re.findall(r'^events\("([^"]*)"\)', monitor.query) or [""]
        assert bool(named) != bool(plain), monitor.query
        found |= named or {monitor.key: plain}
    return found


def _needs(workflow: str, **results: str) -> str:
    """What the job that reports hears of a release of which these jobs ended otherwise than well."""
    release = Workflow(DELIVERED / f"{workflow}.yml")
    outputs: dict[str, dict[str, str]] = {"awaiting_approval": {"waiting": "1"}}
    ended = {
        name: {"result": results.get(name, "success"), "outputs": outputs.get(name, {})}
        for name in release.job("report").needs
    }
    return "--jobs=" + json.dumps(ended)


def _served(production: Production) -> tuple[str, str]:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.serve(new)
    return good, new


def _staged(production: Production) -> tuple[str, str]:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    return good, new


def _release(production: Production, *argv: str, **results: str) -> None:
    after = ("build", "stage", "staged_tests", "awaiting_approval", "migrations", "promote", "domain_tests")
    for first in tuple(results):
        results |= dict.fromkeys(after[after.index(first) + 1 :], "skipped")
    workflow = production.environ["ENVIRONMENT"]
    ended = production.run("record", _needs(workflow, **results), "--deployment=dpl_AbC", "--version=v2", *argv)
    assert ended.code == 0, ended


def _waits(production: Production) -> None:
    argv = ("--kind=migration", "--outcome=waiting", "--deployment=dpl_AbC", "--version=v2", "--type=standard")
    assert production.run("record", *argv).code == 0


def _promoted(production: Production) -> None:
    _, new = _staged(production)
    assert production.run("promote", f"--deployment={new}").code == 0


def _taken_back(production: Production) -> None:
    _, new = _staged(production)
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    assert production.run("promote", f"--deployment={new}").code == 1


def _first_release_breaks(production: Production) -> None:
    new = production.deploy("v1")
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    assert production.run("promote", f"--deployment={new}").code == 3


def _settled(production: Production) -> None:
    _, new = _served(production)
    assert production.run("settle", f"--deployment={new}", "--tests=failure").code == 0


def _settled_to_what_is_not_healthy(production: Production) -> None:
    _, new = _served(production)
    break_site(production.state, host=f"^{DOMAIN}$")
    assert production.run("settle", f"--deployment={new}", "--tests=failure").code == 3


def _found_by_settle(production: Production) -> None:
    good, new = (production.deploy(version, meta={"version": version}) for version in ("v1", "v2"))
    production.serve(good)
    production.serve(new)
    production.serve(good, "rollback")
    assert production.run("settle").code == 0


def _rolled_back(production: Production) -> None:
    _served(production)
    assert production.run("rollback", "--reason=slow").code == 0


def _rolled_back_to_what_is_not_healthy(production: Production) -> None:
    good, _ = _served(production)
    break_site(production.state, deployment=good)
    assert production.run("rollback", "--reason=slow").code == 3


def _not_rolled_back(production: Production) -> None:
    _served(production)
    fail_next(production.state, "alias", project_id=production.project)
    assert production.run("rollback", "--reason=slow").code == 1


HAPPENS: Mapping[str, tuple[Callable[[Production], None], set[str]]] = {
    "a release": (_release, {"migration-waiting ended"}),
    "a hotfix": (lambda production: _release(production, "--type=hotfix"), {"migration-waiting ended"}),
    "a build fails": (lambda production: _release(production, build="failure"), {"failed-build"}),
    "a build is cancelled": (lambda production: _release(production, build="cancelled"), {"failed-build"}),
    "staging a build fails": (lambda production: _release(production, stage="failure"), {"failed-deployment"}),
    "a hotfix's staging fails": (
        lambda production: _release(production, "--type=hotfix", stage="failure"),
        {"failed-deployment"},
    ),
    "the migrations fail": (
        lambda production: _release(production, migrations="failure"),
        {"failed-deployment", "failed-migration", "migration-waiting ended"},
    ),
    "an approval is asked for": (_waits, {"migration-waiting waiting"}),
    "a promotion": (_promoted, {"traffic-moved"}),
    "a release is taken back by promote": (_taken_back, {"traffic-moved", "rollback"}),
    "a release cannot be taken back": (_first_release_breaks, {"traffic-moved", "failed-rollback"}),
    "a release is taken back by settle": (_settled, {"traffic-moved", "rollback"}),
    "a release is taken back and nothing is healthy": (
        _settled_to_what_is_not_healthy,
        {"traffic-moved", "rollback", "failed-rollback"},
    ),
    "a rollback by hand": (_rolled_back, {"traffic-moved", "rollback"}),
    "a rollback by hand to what is not healthy": (
        _rolled_back_to_what_is_not_healthy,
        {"traffic-moved", "rollback", "failed-rollback"},
    ),
    "a rollback by hand that Vercel does not carry out": (_not_rolled_back, {"traffic-moved", "failed-rollback"}),
    "a rollback that nobody told of": (_found_by_settle, {"traffic-moved", "rollback"}),
}
"""What happens, and the searches that find an event of it."""


def _found(production: Production, searches: Mapping[str, str]) -> set[str]:
    return {
        key for key, search in searches.items() if any(matches(search, event["tags"]) for event in production.events)
    }


@pytest.mark.parametrize(
    ("environment", "what"),
    [
        *(("production", what) for what in HAPPENS),
        *(("staging", what) for what, (happens, _) in HAPPENS.items() if happens is not _waits),
    ],
)
def test_each_monitor_finds_its_events_and_no_other(repository: Production, environment: str, what: str) -> None:
    happens, wanted = HAPPENS[what]
    if environment == "staging":
        # Nothing asks for an approval there, and no monitor tells of one.
        wanted = {key for key in wanted if not key.startswith("migration-waiting")}
    repository.environ["ENVIRONMENT"] = environment
    happens(repository)
    assert repository.events, "nothing was posted"
    assert _found(repository, _searches(environment)) == wanted
    for other in (
        _searches("staging" if environment == "production" else "production"),
        _searches(environment, "shop"),
    ):
        assert _found(repository, other) == set(), "an event of one stack speaks in another's monitor"


def test_each_search_finds_something_that_happens() -> None:
    found = set[str]().union(*(wanted for _, wanted in HAPPENS.values()))
    assert found == set(_searches("production"))


def _values_of(environment: str) -> Iterator[tuple[str, str]]:
    for search in _searches(environment).values():
        for _, name, values in re.findall(r"(-?)(\w+):(\([^)]*\)|\S+)", search):
            yield from ((name, value) for value in values.strip("()").split(" OR "))


def test_the_jobs_that_a_search_names_are_jobs_of_the_workflow() -> None:
    for environment in ("production", "staging"):
        named = {value for name, value in _values_of(environment) if name == "failed"}
        assert named
        assert named <= {job.id for job in Workflow(DELIVERED / f"{environment}.yml").jobs}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("kind:a", True),
        ("kind:b", False),
        ("kind:a outcome:y", True),
        ("kind:a outcome:z", False),
        ("-kind:a", False),
        ("-kind:b outcome:y", True),
        ("kind:(a OR b)", True),
        ("-kind:(a OR b)", False),
        ("kind:(b OR c) outcome:y", False),
        ("-failed:build", True),
        ("deployment:dpl_ABC", True),
    ],
)
def test_a_search_finds_what_it_says(search: str, found: bool) -> None:
    assert matches(search, ["kind:a", "outcome:y", "deployment:dpl_AbC"]) == found


@pytest.mark.parametrize(
    "search", ["kind:a OR kind:b", "words", "kind:a*", "kind:(a AND b)", "@evt.name:a", 'kind:"a b"']
)
def test_a_search_of_another_form_is_not_guessed(search: str) -> None:
    with pytest.raises(UnreadableSearchError):
        matches(search, ["kind:a"])
