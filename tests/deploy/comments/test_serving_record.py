from collections.abc import Mapping
from typing import Any

import pytest

from deploy.http_client import CallFailedError
from deploy.release import lock, serving_record
from deploy.release.serving_record import Serving
from sandbox.world.state import Document
from sandbox.world.vercel.outcomes import break_site
from tests.deploy.comments.team import FOR_GOOD, Team
from tests.deploy.releases.production import DOMAIN

DOWN: list[Mapping[str, Any]] = [{"status": 503}, {"status": 403}, {"kind": "reset"}, {"kind": "broken"}]


def serving(deployment: str, **more: str) -> Serving:
    given = {"commit": "", "url": f"https://{deployment}.vercel.app", "by": "octocat", "run": "", "kind": "release"}
    return Serving(deployment=deployment, **{**given, **more})


def records(team: Team) -> list[Document]:
    return list(team.production.state.collection("github.deployments").values())


def token(team: Team) -> str:
    """As rollback.yml's job has it."""
    return team.app_token("ghs_token_of_rollback", "contents:write", "deployments:write")


@pytest.fixture
def served(team: Team) -> tuple[str, str]:
    """What served before, and what serves; both built from commits of main."""
    good, bad = (
        team.production.deploy(version, meta={"version": version, "commit": team.head("main")})
        for version in ("v1", "v2")
    )
    team.production.serve(good)
    team.production.serve(bad)
    return good, bad


def test_what_serves_is_recorded_once(team: Team) -> None:
    github = team.github(token(team))
    assert serving_record.newest(github, "production") is None
    first = serving("dpl_1", commit=team.head("main"), run="https://github.com/acme/ai-tools/actions/runs/1")
    assert serving_record.write(github, "production", "main", first)
    assert not serving_record.write(github, "production", "main", first)
    found = serving_record.newest(github, "production")
    assert found is not None
    assert found == serving("dpl_1", commit=first.commit, run=first.run, since=found.since)
    assert found.since.endswith("Z")
    (record,) = records(team)
    assert (record["task"], record["sha"], record["environment"]) == ("serve", team.head("main"), "production")
    (status,) = record["statuses"]
    assert (status["state"], status["environment_url"]) == ("success", "https://dpl_1.vercel.app")


def test_what_serves_again_is_recorded_again(team: Team) -> None:
    github = team.github(token(team))
    for name in ("dpl_1", "dpl_2", "dpl_1"):
        assert serving_record.write(github, "production", "main", serving(name))
    assert [record["payload"]["deployment"] for record in records(team)] == ["dpl_1", "dpl_2", "dpl_1"]
    assert {record["ref"] for record in records(team)} == {"main"}


def test_each_environment_has_its_own(team: Team) -> None:
    github = team.github(token(team))
    serving_record.write(github, "staging", "develop", serving("dpl_1"))
    assert serving_record.newest(github, "production") is None
    team.ask("POST", "/deployments", ref="main", environment="production", auto_merge=False, required_contexts=[])
    assert serving_record.newest(github, "production") is None


def test_an_answer_that_was_lost_does_not_make_two_records(team: Team) -> None:
    github = team.github(token(team))
    team.production.arm(service="github", method="POST", path="/deployments$", kind="reset", applied=True)
    with pytest.raises(CallFailedError):
        serving_record.write(github, "production", "main", serving("dpl_1"))
    assert not serving_record.write(github, "production", "main", serving("dpl_1"))
    assert len(records(team)) == 1


@pytest.mark.parametrize("payload", ["", "text", "[]", '{"deployment": "dpl_1"}', {}, {"deployment": "dpl_1"}])
def test_a_record_that_somebody_else_wrote_cannot_be_read(team: Team, payload: object) -> None:
    team.ask(
        *("POST", "/deployments"),
        ref="main",
        task="serve",
        environment="production",
        auto_merge=False,
        required_contexts=[],
        payload=payload,
    )
    with pytest.raises(CallFailedError, match="cannot be read"):
        serving_record.newest(team.github(), "production")


def test_a_rollback_records_what_serves_and_locks_production(team: Team, served: tuple[str, str]) -> None:
    good, bad = served
    ended = team.run("rollback", "--reason=checkout <b>fails</b>", GITHUB_TOKEN=token(team))
    assert (ended.code, team.production.serving) == (0, good), ended
    assert "warning" not in ended.err
    held = lock.read(team.github(), "production")
    assert held is not None
    assert (held.reason, held.by) == ("rolled back: checkout <b>fails</b>", "octocat")
    assert held.link == "https://github.com/acme/ai-tools/actions/runs/4711"
    assert "`@workflow:unlock` lets releases go on" in ended.err
    (record,) = records(team)
    assert record["payload"] == {
        "deployment": good,
        "commit": team.head("main"),
        "url": f"https://{team.production.look(good)['url']}",
        "by": "octocat",
        "run": held.link,
        "kind": "rollback",
        "taken_back": bad,
    }


def test_a_rollback_leaves_a_lock_that_is_there(team: Team, served: tuple[str, str]) -> None:
    wanted = lock.Lock(environment="production", reason="an audit", by="mona", since="2026-11-23T11:00:00Z")
    lock.take(team.github(), wanted)
    ended = team.run("rollback", "--reason=slow", GITHUB_TOKEN=token(team))
    assert (ended.code, team.production.serving) == (0, served[0]), ended
    assert lock.read(team.github(), "production") == wanted


@pytest.mark.parametrize("way", DOWN)
def test_a_rollback_goes_on_where_github_is_down(team: Team, served: tuple[str, str], way: Mapping[str, Any]) -> None:
    team.production.arm(service="github", times=FOR_GOOD, **way)
    ended = team.run("rollback", "--reason=slow", "--json", GITHUB_TOKEN=token(team))
    assert (ended.code, team.production.serving) == (0, served[0]), ended
    warnings = "\n".join(ended.document["warnings"])
    assert "GitHub does not know that" in warnings
    assert "Production may not be locked" in warnings


def test_a_rollback_without_a_token_says_that_nothing_is_locked(team: Team, served: tuple[str, str]) -> None:
    ended = team.run("rollback", "--reason=slow", "--json")
    assert (ended.code, team.production.serving) == (0, served[0]), ended
    (warning,) = ended.document["warnings"]
    assert "Production is not locked" in warning
    assert records(team) == []


def test_a_rollback_that_fails_holds_production_but_records_nothing(team: Team, served: tuple[str, str]) -> None:
    good, bad = served
    team.production.arm(service="vercel", method="POST", path=f"/rollback/{good}", times=FOR_GOOD, status=403)
    ended = team.run("rollback", "--reason=slow", GITHUB_TOKEN=token(team))
    assert (ended.code, team.production.serving) == (1, bad), ended
    assert records(team) == []
    assert lock.read(team.github(), "production") is not None


def test_settle_records_a_release_once(team: Team, served: tuple[str, str]) -> None:
    _, new = served
    for _ in range(2):
        ended = team.run("settle", f"--deployment={new}", "--tests=success", GITHUB_TOKEN=token(team))
        assert ended.code == 0, ended
    (record,) = records(team)
    assert (record["payload"]["deployment"], record["payload"]["kind"]) == (new, "release")
    assert lock.read(team.github(), "production") is None


def test_settle_records_what_it_goes_back_to_as_a_rollback(team: Team, served: tuple[str, str]) -> None:
    good, new = served
    ended = team.run("settle", f"--deployment={new}", "--tests=failure", GITHUB_TOKEN=token(team))
    assert (ended.code, team.production.serving) == (0, good), ended
    (record,) = records(team)
    assert record["payload"] == {**record["payload"], "deployment": good, "kind": "rollback", "taken_back": new}


@pytest.mark.parametrize("command", ["rollback", "promote", "settle"])
def test_a_rollback_to_what_is_not_healthy_is_recorded_for_it_serves(
    team: Team, served: tuple[str, str], command: str
) -> None:
    good, new = served
    break_site(team.production.state, host=f"^{DOMAIN}$")
    argv = {
        "rollback": ("--reason=slow",),
        "promote": (f"--deployment={new}",),
        "settle": (f"--deployment={new}", "--tests=failure"),
    }[command]
    ended = team.run(command, *argv, GITHUB_TOKEN=token(team))
    assert (ended.code, team.production.serving) == (3, good), ended
    (record,) = records(team)
    assert record["payload"] == {**record["payload"], "deployment": good, "kind": "rollback", "taken_back": new}


def test_settle_records_no_release_that_is_not_healthy(team: Team, served: tuple[str, str]) -> None:
    assert served
    break_site(team.production.state, host=f"^{DOMAIN}$")
    ended = team.run("settle", GITHUB_TOKEN=token(team))
    assert ended.code == 3, ended
    assert records(team) == []


def test_what_is_taken_back_a_second_time_is_recorded_again(team: Team) -> None:
    github = team.github(token(team))
    for taken_back in ("dpl_2", "dpl_2", "dpl_3"):
        serving_record.write(github, "production", "main", serving("dpl_1", kind="rollback", taken_back=taken_back))
    assert not serving_record.write(github, "production", "main", serving("dpl_1"))
    assert [record["payload"]["taken_back"] for record in records(team)] == ["dpl_2", "dpl_3"]
    newest = serving_record.newest(github, "production")
    assert newest is not None
    assert newest.taken_back == "dpl_3"


@pytest.mark.parametrize("way", DOWN)
def test_settle_ends_as_it_would_where_github_is_down(
    team: Team, served: tuple[str, str], way: Mapping[str, Any]
) -> None:
    team.production.arm(service="github", times=FOR_GOOD, **way)
    ended = team.run("settle", f"--deployment={served[1]}", "--tests=success", "--json", GITHUB_TOKEN=token(team))
    assert ended.code == 0, ended
    (warning,) = ended.document["warnings"]
    assert "GitHub does not know that" in warning


def test_a_commit_that_github_does_not_know_is_no_reason_to_fail(team: Team) -> None:
    new = team.production.deploy("v1")
    team.production.serve(new)
    ended = team.run("settle", f"--deployment={new}", "--tests=success", "--json", GITHUB_TOKEN=token(team))
    assert ended.code == 0, ended
    (warning,) = ended.document["warnings"]
    assert "No ref found" in warning
