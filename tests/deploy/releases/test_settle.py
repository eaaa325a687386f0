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
    (told,) = production.events_of("rollback")
    assert (told["outcome"], told["deployment"], told["from"]) == ("failure", good, new)


def test_it_goes_back_to_what_the_release_remembers_where_vercel_does_not(
    production: Production, released: tuple[str, str]
) -> None:
    good, new = released
    project = production.state.collection("vercel.projects")
    project[production.project] = {**project[production.project], "lastAliasRequest": None}
    ended = production.run("settle", f"--deployment={new}", "--tests=failure", f"--previous={good}")
    assert (ended.code, production.serving) == (0, good), ended
