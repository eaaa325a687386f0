import time
from typing import Any

import pytest

from deploy.clients import datadog
from sandbox.world.vercel.outcomes import break_site, fail_next
from tests.deploy.releases.production import DOMAIN, Production


def test_a_staged_deployment_serves_the_domain_once_it_is_promoted(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)

    ended = production.run("promote", f"--deployment={new}", "--json")

    assert ended.code == 0, ended
    assert production.serving == new
    assert ended.document == {**ended.document, "done": True, "deployment": new, "previous": good, "domain": DOMAIN}


def test_the_first_release_of_all_can_be_promoted(production: Production) -> None:
    new = production.deploy("v1")
    ended = production.run("promote", f"--deployment={new}")
    assert (ended.code, production.serving) == (0, new), ended


def test_promoting_what_serves_already_moves_nothing(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    production.run("promote", f"--deployment={new}")
    before = len(production.exchanges())

    ended = production.run("promote", f"--deployment={new}", "--json")

    assert ended.code == 0, ended
    assert ended.document["previous"] == good
    assert not [exchange for _, exchange in production.exchanges()[before:] if exchange.method == "POST"]


def test_a_release_that_breaks_on_the_domain_is_rolled_back_by_itself(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")

    ended = production.run("promote", f"--deployment={new}")

    assert (ended.code, production.serving) == (1, good), ended
    assert "answers 500" in ended.err
    assert f"{good} (commit v1-commit) serves {DOMAIN} again, healthy" in ended.err


def test_a_release_that_breaks_where_nothing_served_before_needs_a_person(production: Production) -> None:
    new = production.deploy("v1")
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    ended = production.run("promote", f"--deployment={new}")
    assert ended.code == 3, ended
    assert "nothing is known that served before" in ended.err


def test_a_release_that_is_not_healthy_at_its_own_address_never_serves(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    break_site(production.state, deployment=new)
    ended = production.run("promote", f"--deployment={new}")
    assert (ended.code, production.serving) == (1, good), ended
    assert "not healthy at its own address" in ended.err


def test_a_promotion_that_vercel_cannot_carry_out_leaves_what_served(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    fail_next(production.state, "alias", project_id=production.project)
    ended = production.run("promote", f"--deployment={new}")
    assert (ended.code, production.serving) == (1, good), ended
    assert f"promote to {new}, is failed" in ended.err


@pytest.mark.parametrize(
    ("kind", "fault"),
    [("preview", "it is no production deployment"), ("moved", "serves by now and not"), ("unknown", "Not Found")],
)
def test_what_must_not_go_live_is_refused(production: Production, kind: str, fault: str) -> None:
    good, other = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    arguments = {
        "preview": [f"--deployment={production.deploy('v3', target=None)}"],
        "moved": [f"--deployment={other}", f"--previous={production.deploy('v0')}"],
        "unknown": ["--deployment=dpl_nowhere"],
    }[kind]
    ended = production.run("promote", *arguments)
    assert (ended.code, production.serving) == (1, good), ended
    assert fault.lower() in ended.err.lower()


def test_after_a_rollback_the_next_release_still_goes_live(production: Production) -> None:
    first, second, third = (production.deploy(version) for version in ("v1", "v2", "v3"))
    production.serve(first)
    production.serve(second)
    assert production.run("rollback", "--reason=slow").code == 0
    assert production.serving == first
    assert production.run("promote", f"--deployment={third}").code == 0
    assert production.serving == third


def test_datadog_hears_that_traffic_begins_to_move(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    ended = production.run("promote", f"--deployment={new}", TEAM="web")
    assert ended.code == 0, ended
    (event,) = production.events
    assert (event["title"], event["alert_type"]) == ("Production Promotion started", "info")
    assert production.events_of("promotion") == [
        {
            "environment": "production",
            "env": "production",
            "service": "ai-tools",
            "team": "web",
            "version": "v2",
            "kind": "promotion",
            "outcome": "started",
            "deployment": new,
            "from": good,
        }
    ]
    production.run("promote", f"--deployment={new}")
    assert len(production.events) == 1, "nothing moved the second time"


def test_a_promotion_by_hand_without_datadog_says_so_quietly(production: Production) -> None:
    new = production.deploy("v1")
    ended = production.run("promote", f"--deployment={new}", "--json", DATADOG_API_KEY="")
    assert (ended.code, production.serving, ended.document["warnings"]) == (0, new, []), ended
    assert ended.err.count("There is no DATADOG_API_KEY") == 1


@pytest.mark.parametrize("fault", [{"status": 500}, {"kind": "timeout"}])
def test_datadog_being_down_neither_fails_a_promotion_nor_keeps_a_bad_release_serving(
    production: Production, fault: dict[str, Any]
) -> None:
    good, new, bad = production.deploy("v1"), production.deploy("v2"), production.deploy("v3")
    production.serve(good)
    production.arm(service="datadog", times=1000, **fault)
    ended = production.run("promote", f"--deployment={new}", timeout_seconds=0.3)
    assert (ended.code, production.serving) == (0, new), ended
    break_site(production.state, deployment=bad, host=f"^{DOMAIN}$")
    ended = production.run("promote", f"--deployment={bad}", timeout_seconds=0.3)
    assert (ended.code, production.serving) == (1, new), ended


def test_that_datadog_asks_to_wait_does_not_hold_up_a_promotion(production: Production) -> None:
    new = production.deploy("v1")
    production.arm(service="datadog", times=1000, status=429, headers={"Retry-After": "30"})
    ended = production.run("promote", f"--deployment={new}")
    assert (ended.code, production.asked("datadog")) == (0, ["/api/v1/events"]), ended


def test_a_promotion_waits_only_briefly_for_datadog_to_answer(
    production: Production, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datadog, "HURRIED_SECONDS", 0.2)
    new = production.deploy("v1")
    production.arm(service="datadog", times=1000, kind="timeout")
    began = time.monotonic()
    ended = production.run("promote", f"--deployment={new}", timeout_seconds=60)
    assert (ended.code, production.asked("datadog")) == (0, ["/api/v1/events"]), ended
    assert time.monotonic() - began < 30


def test_an_automatic_rollback_is_told_of_once(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    assert production.run("promote", f"--deployment={new}").code == 1
    assert production.run("settle", f"--deployment={new}", "--tests=skipped", f"--previous={good}").code == 0
    (tags,) = production.events_of("rollback")
    wanted = {"outcome": "success", "type": "automatic", "deployment": good, "version": "v1", "from": new}
    assert tags == {**tags, **wanted}


def test_an_automatic_rollback_to_what_is_not_healthy_is_told_of_as_both(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    for deployment in (good, new):
        break_site(production.state, deployment=deployment, host=f"^{DOMAIN}$")
    assert production.run("promote", f"--deployment={new}").code == 3
    told = production.events_of("rollback")
    assert sorted(tags["outcome"] for tags in told) == ["failure", "success"]
    assert {(tags["deployment"], tags["from"]) for tags in told} == {(good, new)}


def test_an_automatic_rollback_that_fails_is_told_of_as_well(production: Production) -> None:
    new = production.deploy("v1")
    break_site(production.state, deployment=new, host=f"^{DOMAIN}$")
    assert production.run("promote", f"--deployment={new}").code == 3
    (tags,) = production.events_of("rollback")
    assert (tags["outcome"], tags["type"], tags["from"]) == ("failure", "automatic", new)
    assert "deployment" not in tags


def test_a_promotion_that_vercel_refused_is_no_rollback(production: Production) -> None:
    good, new = production.deploy("v1"), production.deploy("v2")
    production.serve(good)
    fail_next(production.state, "alias", project_id=production.project)
    assert production.run("promote", f"--deployment={new}").code == 1
    assert production.events_of("rollback") == []
