"""What Datadog's DORA metrics are told of what served."""

import re
from typing import Any

import pytest

from sandbox.world.vercel.outcomes import break_site
from tests.deploy.ended import Ended
from tests.deploy.releases.production import DATADOG_APP_KEY, DOMAIN, Production

COMMITS = {version: version[-1] * 40 for version in ("v1", "v2", "v3")}
DORA = {"DATADOG_DORA": "true"}
KEY = {**DORA, "DATADOG_APP_KEY": DATADOG_APP_KEY}
PATCH = "/api/v2/dora/deployments/"


def _deploy(production: Production, version: str) -> str:
    return production.deploy(version, meta={"version": version, "commit": COMMITS[version]})


def _record(production: Production, deployment: str, version: str) -> None:
    """What the end of a release does."""
    argv = ("record", "--outcome=success", f"--deployment={deployment}", f"--version={version}")
    assert production.run(*argv, **DORA, GITHUB_SHA=COMMITS[version]).code == 0


@pytest.fixture
def released(production: Production) -> tuple[str, str]:
    """What served before, and what serves; both were recorded."""
    made = (_deploy(production, "v1"), _deploy(production, "v2"))
    for version, deployment in zip(COMMITS, made, strict=False):
        production.serve(deployment)
        _record(production, deployment, version)
    return made


def _warnings(ended: Ended) -> list[str]:
    return [warning for warning in ended.document["warnings"] if "Datadog" in warning]


def _marked(production: Production) -> dict[str, Any]:
    """The remedy of each record that is marked as a change failure."""
    return {name: made["remediation"] for name, made in production.dora.items() if made.get("change_failure")}


def test_a_rollback_is_a_new_record_and_marks_what_it_took_back(
    production: Production, released: tuple[str, str]
) -> None:
    good, bad = released
    ended = production.run("rollback", "--reason=slow", "--json", **KEY, TEAM="web")
    assert (ended.code, _warnings(ended)) == (0, []), ended
    remedy = f"{good}-4711"
    assert list(production.dora) == [good, bad, remedy]
    assert production.dora[remedy]["git"]["commit_sha"] == production.dora[good]["git"]["commit_sha"]
    assert (production.dora[remedy]["team"], "team" in production.dora[good]) == ("web", False)
    assert _marked(production) == {bad: {"type": "rollback", "id": remedy}}


def test_without_an_application_key_datadog_is_left_to_find_the_failure(
    production: Production, released: tuple[str, str]
) -> None:
    good, bad = released
    ended = production.run("rollback", "--reason=slow", "--json", **DORA)
    assert (ended.code, _warnings(ended)) == (0, []), ended
    assert list(production.dora) == [good, bad, f"{good}-4711"]
    assert not any(path.startswith(PATCH) for path in production.asked("datadog"))
    assert "Datadog finds out by itself" in ended.err


def test_an_ordinary_rollback_makes_no_record(production: Production, released: tuple[str, str]) -> None:
    ended = production.run("rollback", "--reason=slow", DATADOG_APP_KEY=DATADOG_APP_KEY)
    assert ended.code == 0, ended
    assert list(production.dora) == list(released)
    assert _marked(production) == {}


def test_that_the_failed_deployment_was_never_recorded_is_only_warned_of(production: Production) -> None:
    good, bad = _deploy(production, "v1"), _deploy(production, "v2")
    production.serve(good)
    production.serve(bad)
    ended = production.run("rollback", "--reason=slow", "--json", **KEY)
    assert (ended.code, list(production.dora)) == (0, [f"{good}-4711"]), ended
    (warning,) = _warnings(ended)
    assert f"Datadog may not count {bad} as a change failure" in warning


def test_two_rollbacks_by_hand_are_two_records(production: Production, released: tuple[str, str]) -> None:
    good, bad = released
    by_hand = {**DORA, "GITHUB_RUN_ID": ""}
    assert production.run("rollback", f"--target={good}", "--reason=slow", **by_hand).code == 0
    *_, first = production.dora
    assert re.fullmatch(rf"{good}-\d{{8}}T\d{{6}}", first)
    assert production.run("rollback", f"--target={bad}", "--reason=no better", **by_hand).code == 0
    assert len(production.dora) == 4


@pytest.mark.parametrize("dora", ["", "false"])
def test_without_dora_metrics_nobody_hears_that_there_is_no_application_key(
    production: Production, released: tuple[str, str], dora: str
) -> None:
    good, _ = released
    new = _deploy(production, "v3")
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    for argv in (
        ("promote", f"--deployment={new}"),
        ("settle", f"--deployment={new}", "--tests=skipped"),
        ("rollback", f"--target={good}", "--reason=slow"),
        ("record", "--outcome=success"),
    ):
        ended = production.run(*argv, DATADOG_DORA=dora)
        assert "DATADOG_APP_KEY" not in str(ended)
        assert "DORA" not in str(ended)


@pytest.mark.parametrize("way", ["promote", "settle"])
def test_a_release_that_is_taken_back_at_once_served_and_counts_as_a_failure(
    production: Production, released: tuple[str, str], way: str
) -> None:
    first, good = released
    new = _deploy(production, "v3")
    if way == "promote":
        break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    else:
        production.serve(new)
    argv = ("promote",) if way == "promote" else ("settle", "--tests=failure")
    production.run(*argv, f"--deployment={new}", "--started=2026-11-23T11:30:00Z", **KEY)
    assert production.serving == good
    remedy = f"{good}-4711"
    assert list(production.dora) == [first, good, new, remedy]
    assert production.dora[new]["finished_at"] <= production.dora[remedy]["finished_at"]
    assert production.dora[new]["finished_at"] - production.dora[new]["started_at"] >= 30 * 60 * 10**9
    assert _marked(production) == {new: {"type": "rollback", "id": remedy}}


def test_a_deployment_that_never_served_has_no_record(production: Production, released: tuple[str, str]) -> None:
    new = _deploy(production, "v3")
    break_site(production.state, deployment=new)
    assert production.run("promote", f"--deployment={new}", **KEY).code == 1
    argv = ("record", "--outcome=failure", f"--deployment={new}", "--version=v3")
    assert production.run(*argv, **KEY, GITHUB_SHA=COMMITS["v3"]).code == 0
    assert list(production.dora) == list(released)
