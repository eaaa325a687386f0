import re
from typing import Any

import pytest

from tests.sandbox.world.datadog.conftest import Datadog, api_test, slo

TESTS = "/api/v1/synthetics/tests"


def test_a_test_brings_a_monitor_of_its_own(datadog: Datadog) -> None:
    created = datadog.done("POST", f"{TESTS}/api", api_test())
    assert re.fullmatch(r"[a-z0-9]{3}-[a-z0-9]{3}-[a-z0-9]{3}", created["public_id"])
    monitor = datadog.done("GET", f"/api/v1/monitor/{created['monitor_id']}")
    assert (monitor["type"], monitor["name"], monitor["message"]) == ("synthetics alert", "health", created["message"])
    assert monitor["options"]["synthetics_check_id"] == created["public_id"]
    assert "probe_dc:aws:eu-central-1" in monitor["tags"]


def test_a_test_is_shown_as_it_was_created(datadog: Datadog) -> None:
    created = datadog.done("POST", f"{TESTS}/api", api_test())
    assert datadog.done("GET", f"{TESTS}/api/{created['public_id']}") == created
    assert datadog.done("GET", f"{TESTS}/{created['public_id']}") == created
    wanted = api_test()
    assert {name: created[name] for name in wanted} == wanted


def test_a_change_of_a_test_reaches_its_monitor(datadog: Datadog) -> None:
    created = datadog.done("POST", f"{TESTS}/api", api_test())
    options = {**api_test()["options"], "monitor_priority": 1, "monitor_options": {"renotify_interval": 60}}
    changed = datadog.done(
        "PUT", f"{TESTS}/api/{created['public_id']}", api_test(message="Down. @oncall-x", options=options)
    )
    monitor = datadog.done("GET", f"/api/v1/monitor/{created['monitor_id']}")
    assert (changed["monitor_id"], monitor["message"], monitor["priority"]) == (monitor["id"], "Down. @oncall-x", 1)
    assert monitor["options"]["renotify_interval"] == 60


def test_a_test_is_paused_and_started(datadog: Datadog) -> None:
    created = datadog.done("POST", f"{TESTS}/api", api_test())
    path = f"{TESTS}/{created['public_id']}"
    assert datadog.done("PUT", f"{path}/status", {"new_status": "paused"}) is True
    assert datadog.done("GET", path)["status"] == "paused"
    assert datadog.refused("PUT", f"{path}/status", {"new_status": "off"})[0] == 400


def test_a_deleted_test_takes_its_monitor_along(datadog: Datadog) -> None:
    created = datadog.done("POST", f"{TESTS}/api", api_test())
    deleted = datadog.done("POST", f"{TESTS}/delete", {"public_ids": [created["public_id"]]})["deleted_tests"]
    assert [test["public_id"] for test in deleted] == [created["public_id"]]
    assert datadog.call("GET", f"{TESTS}/api/{created['public_id']}")[0] == 404
    assert datadog.call("GET", f"/api/v1/monitor/{created['monitor_id']}")[0] == 404


def test_either_all_named_tests_are_deleted_or_none(datadog: Datadog) -> None:
    created = datadog.done("POST", f"{TESTS}/api", api_test())
    assert datadog.call("POST", f"{TESTS}/delete", {"public_ids": [created["public_id"], "aaa-bbb-ccc"]})[0] == 404
    assert datadog.call("GET", f"{TESTS}/api/{created['public_id']}")[0] == 200


def test_a_test_that_an_objective_is_made_of_is_deleted_only_by_force(datadog: Datadog) -> None:
    created = datadog.done("POST", f"{TESTS}/api", api_test())
    datadog.done("POST", "/api/v1/slo", slo(type="monitor", monitor_ids=[created["monitor_id"]], query=None))
    named = {"public_ids": [created["public_id"]]}
    assert "is referenced in slos" in datadog.refused("POST", f"{TESTS}/delete", named)[1]
    datadog.done("POST", f"{TESTS}/delete", {**named, "force_delete_dependencies": True})


def changed(path: str, value: Any) -> dict[str, Any]:
    """A test in which one value is another; None removes it."""
    test = api_test()
    *parents, last = path.split(".")
    inside: Any = test
    for parent in parents:
        inside = inside[int(parent)] if parent.isdigit() else inside[parent]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return test


@pytest.mark.parametrize(
    ("path", "value", "error"),
    [
        ("name", None, "'name'"),
        ("message", None, "'message'"),
        ("locations", [], "at least one is required"),
        ("locations", ["aws:moon-1"], "aws:moon-1 is not a location"),
        ("type", "browser", "an API test has the type api"),
        ("subtype", "https", "https is not one of"),
        ("status", "off", "it is live or paused"),
        ("config.request.url", "ai-tools.example.com", "an http or https URL is required"),
        ("config.request.method", None, "'config.request.method'"),
        ("config.request.timeout", 61, "at most 60 seconds"),
        ("config.assertions", [], "at least one is required"),
        ("config.assertions.0.type", "status", "status is not a type of assertion"),
        ("config.assertions.0.operator", "equals", "equals is not an operator"),
        ("config.assertions.0.target", None, "the operator is needs one"),
        ("config.assertions.0.target", "ok", "statusCode is compared with a number"),
        ("config.assertions.1.target", "ok", "validatesJSONPath needs jsonPath"),
        ("options.tick_every", None, "'options.tick_every'"),
        ("options.tick_every", 10, "10 is not between 30 and 604800"),
        ("options.retry.count", 4, "4 is not between 0 and 3"),
        ("options.min_failure_duration", 7201, "7201 is not between 0 and 7200"),
        ("options.monitor_priority", 6, "6 is not between 1 and 5"),
        ("options.min_location_failed", 3, "the test runs from 2 locations only"),
    ],
)
def test_a_test_that_datadog_would_not_take_is_refused(datadog: Datadog, path: str, value: Any, error: str) -> None:
    status, answered = datadog.refused("POST", f"{TESTS}/api", changed(path, value))
    assert status == 400
    assert error in answered
    assert len(datadog.state.collection("datadog.monitors")) == 0


def test_the_content_of_a_client_certificate_is_never_shown(datadog: Datadog) -> None:
    certificate = {"key": {"content": "PRIVATE", "filename": "key.pem"}}
    created = datadog.done("POST", f"{TESTS}/api", changed("config.request.certificate", certificate))
    assert created["config"]["request"]["certificate"] == {"key": {"filename": "key.pem"}}


def test_every_location_that_is_listed_is_taken(datadog: Datadog) -> None:
    listed = [location["id"] for location in datadog.done("GET", "/api/v1/synthetics/locations")["locations"]]
    assert "aws:eu-central-1" in listed
    datadog.done("POST", f"{TESTS}/api", api_test(locations=listed))
