import pytest

from sandbox.world.vercel.outcomes import break_site
from tests.deploy.releases.production import DOMAIN, TEAM, Production


@pytest.fixture
def released(production: Production) -> tuple[str, str]:
    """What served before, and the release that serves."""
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.serve(new)
    return good, new


def test_a_verified_release_stays(production: Production, released: tuple[str, str]) -> None:
    _, new = released
    ended = production.run("settle", f"--deployment={new}", "--tests=success", "--json")
    assert (ended.code, production.serving) == (0, new), ended
    assert ended.document["moved"] is False
    assert production.events == []


@pytest.mark.parametrize("tests", ["failure", "cancelled", "skipped", ""])
def test_a_release_whose_tests_did_not_pass_is_taken_back(
    production: Production, released: tuple[str, str], tests: str
) -> None:
    good, new = released
    ended = production.run("settle", f"--deployment={new}", f"--tests={tests}", "--json")
    assert (ended.code, production.serving) == (0, good), ended
    assert ended.document["moved"] is True
    again = production.run("settle", f"--deployment={new}", f"--tests={tests}", "--json")
    assert (again.code, again.document["moved"]) == (0, False), again
    (told,) = production.events_of("rollback")
    wanted = {"outcome": "success", "type": "automatic", "deployment": good, "version": "v1", "from": new}
    assert told == {**told, **wanted}


def test_a_promotion_that_a_killed_job_left_under_way_is_waited_for_and_taken_back(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.http.post(f"/v10/projects/{production.project}/promote/{new}", params={"teamId": TEAM}, json={})
    ended = production.run("settle", f"--deployment={new}", "--tests=skipped")
    assert (ended.code, production.serving) == (0, good), ended


def test_a_rollback_by_somebody_else_is_left_as_it_is_and_the_release_is_not_called_a_success(
    production: Production, released: tuple[str, str]
) -> None:
    good, new = released
    production.serve(good, "rollback")
    ended = production.run("settle", f"--deployment={new}", "--tests=success", "--json")
    assert (ended.code, production.serving) == (1, good), ended
    assert "does not serve" in ended.err


def test_a_release_that_broke_since_its_tests_is_no_success_either(
    production: Production, released: tuple[str, str]
) -> None:
    good, new = released
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    ended = production.run("settle", f"--deployment={new}", "--tests=success")
    assert (ended.code, production.serving) == (1, good), ended


def test_what_was_never_staged_is_nothing_to_take_back(production: Production, released: tuple[str, str]) -> None:
    _, new = released
    ended = production.run("settle", "--deployment=", "--tests=skipped", "--previous=")
    assert (ended.code, production.serving) == (0, new), ended


def test_where_nothing_serves_yet_there_is_nothing_to_do(production: Production) -> None:
    assert production.run("settle").code == 0


def test_it_shouts_when_the_first_release_of_all_is_not_verified(production: Production) -> None:
    new = production.deploy("v1")
    production.serve(new)
    ended = production.run("settle", f"--deployment={new}", "--tests=failure")
    assert ended.code == 3, ended
    (message,) = production.messages
    assert "<!channel>" in message


def test_it_shouts_when_what_served_before_is_not_healthy_either(
    production: Production, released: tuple[str, str]
) -> None:
    good, new = released
    break_site(production.state, host=f"^{DOMAIN}$")
    ended = production.run("settle", f"--deployment={new}", "--tests=failure")
    assert (ended.code, production.serving) == (3, good), ended
    assert "<!channel>" in production.messages[-1]
    told = production.events_of("rollback")
    assert sorted(tags["outcome"] for tags in told) == ["failure", "success"]
    assert {(tags["deployment"], tags["from"]) for tags in told} == {(good, new)}


def test_it_goes_back_to_what_the_release_remembers_where_vercel_does_not(
    production: Production, released: tuple[str, str]
) -> None:
    good, new = released
    project = production.state.collection("vercel.projects")
    project[production.project] = {**project[production.project], "lastAliasRequest": None}
    ended = production.run("settle", f"--deployment={new}", "--tests=failure", f"--previous={good}")
    assert (ended.code, production.serving) == (0, good), ended


@pytest.fixture
def went_back(repository: Production) -> tuple[str, str]:
    """What serves again, and what was taken back; whoever moved traffic told nobody."""
    good, new = (repository.deploy(version, meta={"version": version}) for version in ("v1", "v2"))
    repository.serve(good)
    repository.serve(new)
    repository.serve(good, "rollback")
    return good, new


@pytest.mark.parametrize("kind", ["automatic", "manual"])
def test_a_rollback_that_nobody_told_of_is_told_once(
    repository: Production, went_back: tuple[str, str], kind: str
) -> None:
    good, new = went_back
    release = [f"--deployment={new}", "--tests=skipped"] if kind == "automatic" else []
    for _ in range(2):
        ended = repository.run("settle", *release, "--json")
        assert (ended.code, ended.document["moved"], ended.document["warnings"]) == (0, False, []), ended
    (told,) = repository.events_of("rollback")
    assert told == {**told, "outcome": "success", "type": kind, "deployment": good, "version": "v1", "from": new}


def test_a_rollback_that_its_own_run_told_of_is_not_told_again(repository: Production) -> None:
    good, new = (repository.deploy(version, meta={"version": version}) for version in ("v1", "v2"))
    repository.serve(good)
    repository.serve(new)
    assert repository.run("rollback", "--reason=slow").code == 0
    assert repository.run("settle").code == 0
    assert repository.run("settle", f"--deployment={new}", "--tests=success").code == 1
    assert [tags["type"] for tags in repository.events_of("rollback")] == ["manual"]


def test_a_rollback_from_another_release_is_none_of_this_one(
    repository: Production, went_back: tuple[str, str]
) -> None:
    assert went_back
    other = repository.deploy("v3", meta={"version": "v3"})
    assert repository.run("settle", f"--deployment={other}", "--tests=skipped").code == 0
    assert repository.events_of("rollback") == []


def test_a_rollback_that_nobody_told_of_and_that_is_not_healthy_is_told_as_both(
    repository: Production, went_back: tuple[str, str]
) -> None:
    good, _ = went_back
    break_site(repository.state, deployment=good)
    assert repository.run("settle").code == 3
    assert sorted(tags["outcome"] for tags in repository.events_of("rollback")) == ["failure", "success"]


def test_where_github_cannot_be_asked_no_old_rollback_is_told_as_a_new_one(
    repository: Production, went_back: tuple[str, str]
) -> None:
    _, new = went_back
    ended = repository.run("settle", "--json", GITHUB_TOKEN="")
    assert (ended.code, ended.document["warnings"]) == (0, []), ended
    repository.arm(service="github", times=1000, status=403)
    ended = repository.run("settle", "--json")
    assert ended.code == 0, ended
    assert any(f"Datadog may not know that {new} was taken back" in each for each in ended.document["warnings"])
    assert repository.events_of("rollback") == []
