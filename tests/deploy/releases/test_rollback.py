import time

import pytest

from deploy.clients.vercel import Deployment
from deploy.release.health_check import Health
from deploy.release.traffic import Traffic
from sandbox.world.vercel.outcomes import break_site, fail_next
from tests.deploy.releases.production import DOMAIN, TEAM, Production


@pytest.fixture
def served(production: Production) -> tuple[str, str]:
    """What served before, and what serves."""
    good, bad = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.serve(bad)
    return good, bad


@pytest.mark.parametrize("form", ["previous", "id", "address", "url"])
def test_a_rollback_goes_to_the_named_deployment(production: Production, served: tuple[str, str], form: str) -> None:
    good, bad = served
    host = production.look(good)["url"]
    target = {"previous": "previous", "id": good, "address": host, "url": f"https://{host}/"}[form]

    ended = production.run("rollback", f"--target={target}", "--reason=checkout fails", "--json")

    assert (ended.code, production.serving) == (0, good), ended
    assert ended.document == {**ended.document, "deployment": good, "from": bad, "reason": "checkout fails"}
    assert production.state.collection("webhooks.database_rollbacks") == {}


def test_two_rounds_of_calls_are_made_until_traffic_moves(production: Production, served: tuple[str, str]) -> None:
    assert served
    before = len(production.exchanges())
    production.run("rollback", "--reason=slow")
    calls = [exchange for _, exchange in production.exchanges()[before:] if exchange.service == "vercel"]
    moved = next(number for number, exchange in enumerate(calls) if exchange.method == "POST")
    assert {exchange.path.partition("?")[0].split("/")[2] for exchange in calls[:moved]} == {"projects", "deployments"}
    assert moved == 2


def test_the_team_hears_of_the_beginning_and_of_the_end(production: Production, served: tuple[str, str]) -> None:
    good, bad = served
    production.run("rollback", "--reason=checkout <!channel> & more")
    first, last = production.messages
    assert "EMERGENCY ROLLBACK INITIATED by octocat" in first
    assert good in last
    assert "https://github.com/acme/ai-tools/actions/runs/4711" in last
    (announced,) = [m for m in production.state.collection("slack.messages").values() if m.get("attachments")]
    assert announced["attachments"][0]["fields"][1]["value"] == "checkout &lt;!channel&gt; &amp; more"
    (told,) = production.events_of("rollback")
    wanted = {"env": "production", "service": "ai-tools", "outcome": "success", "type": "manual"}
    assert told == {**told, **wanted, "deployment": good, "version": "v1", "from": bad}


def test_the_database_is_asked_only_when_wanted(production: Production, served: tuple[str, str]) -> None:
    good, _ = served
    ended = production.run("rollback", "--reason=bad data", "--database")
    assert ended.code == 0, ended
    (asked,) = production.state.collection("webhooks.database_rollbacks").values()
    assert (asked["target"], asked["reason"]) == (good, "bad data")


@pytest.mark.parametrize("service", ["slack", "datadog", "webhooks"])
def test_a_service_that_is_down_neither_fails_nor_delays_it(
    production: Production, served: tuple[str, str], service: str
) -> None:
    good, _ = served
    production.arm(service=service, times=1000, status=503)
    ended = production.run("rollback", "--reason=slow", "--database")
    assert (ended.code, production.serving) == (0, good), ended
    assert "warning: " in ended.err


def test_a_second_previous_is_refused_with_the_targets_that_there_are(production: Production) -> None:
    oldest, good, bad = (production.deploy(version) for version in ("v0", "v1", "v2"))
    for deployment in (oldest, good, bad):
        production.serve(deployment)
    assert production.run("rollback", "--reason=slow").code == 0
    again = production.run("rollback", "--reason=slow")
    assert (again.code, production.serving) == (1, good), again
    assert oldest in again.err
    named = production.run("rollback", f"--target={oldest}", "--reason=slow")
    assert (named.code, production.serving) == (0, oldest), named


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("current", "it serves production already"),
        ("staged", "it has never served production"),
        ("preview", "it is no production deployment"),
        ("elsewhere", "it belongs to another project"),
        ("unknown", "Vercel does not know"),
        ("domain", "it serves production already"),
    ],
)
def test_a_wrong_target_is_refused(production: Production, served: tuple[str, str], kind: str, fault: str) -> None:
    _, bad = served
    target = {
        "current": bad,
        "staged": production.deploy("v3"),
        "preview": production.deploy("v4", target=None),
        "elsewhere": _elsewhere(production),
        "unknown": "dpl_nowhere",
        "domain": f"https://{DOMAIN}",
    }[kind]
    ended = production.run("rollback", f"--target={target}", "--reason=slow")
    assert (ended.code, production.serving) == (1, bad), ended
    assert fault in ended.err


def _elsewhere(production: Production) -> str:
    other = production.http.post("/v8/projects", params={"teamId": TEAM}, json={"name": "other"}).json()["id"]
    return production.deploy("v5", project=other)


@pytest.mark.parametrize("target", ["", "--database", "dpl_x; rm -rf /", "$(id)", "../../v9", "a b", "dpl_\nx"])
def test_what_is_no_target_is_wrong_usage(production: Production, target: str) -> None:
    ended = production.run("rollback", f"--target={target}", "--reason=slow")
    assert ended.code == 2, ended


def test_a_rollback_without_a_reason_is_wrong_usage(production: Production) -> None:
    assert production.run("rollback", "--reason= ").code == 2


def test_a_target_that_is_not_healthy_either_needs_a_person(production: Production, served: tuple[str, str]) -> None:
    good, _ = served
    break_site(production.state, deployment=good)
    ended = production.run("rollback", "--reason=slow")
    assert (ended.code, production.serving) == (3, good), ended
    assert "<!channel>" in production.messages[-1]
    told = production.events_of("rollback")
    assert sorted(tags["outcome"] for tags in told) == ["failure", "success"]
    assert {(tags["type"], tags["deployment"], tags["from"]) for tags in told} == {("manual", good, served[1])}


def test_a_rollback_that_vercel_does_not_carry_out_is_told_of_as_failed(
    production: Production, served: tuple[str, str]
) -> None:
    good, bad = served
    fail_next(production.state, "alias", project_id=production.project)
    ended = production.run("rollback", "--reason=slow")
    assert (ended.code, production.serving) == (1, bad), ended
    (told,) = production.events_of("rollback")
    assert (told["outcome"], told["type"], told["deployment"], told["from"]) == ("failure", "manual", good, bad)


def test_a_rollback_waits_for_the_promotion_that_is_under_way(production: Production) -> None:
    good, bad, other = (production.deploy(version) for version in ("v1", "v2", "v3"))
    production.serve(good)
    production.serve(bad)
    production.http.post(f"/v10/projects/{production.project}/promote/{other}", params={"teamId": TEAM}, json={})
    ended = production.run("rollback", f"--target={good}", "--reason=slow")
    assert (ended.code, production.serving) == (0, good), ended
    assert [tags["from"] for tags in production.events_of("rollback")] == [other]


def test_datadog_hears_of_a_rollback_before_health_is_known(
    production: Production, served: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    good, _ = served
    confirm = Traffic.confirm
    known: list[list[str]] = []

    def look_first(traffic: Traffic, target: Deployment) -> Health:
        deadline = time.monotonic() + 10
        while not production.events_of("rollback") and time.monotonic() < deadline:
            time.sleep(0.01)
        known.append([tags["outcome"] for tags in production.events_of("rollback")])
        return confirm(traffic, target)

    monkeypatch.setattr(Traffic, "confirm", look_first)
    assert production.run("rollback", f"--target={good}", "--reason=slow").code == 0
    assert known == [["success"]]
