import time
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.world.datadog.seed import seed
from sandbox.world.server import running
from tests.sandbox.world.datadog.conftest import API_KEY, APP_KEY, Datadog, monitor

NANOSECONDS = 10**9
DORA = "/api/v2/dora/deployment"


def event(**more: Any) -> dict[str, Any]:
    return {"title": "Deployed", "text": "ai-tools 1 is live", "tags": ["env:production", "service:ai-tools"], **more}


def deployment(**more: Any) -> dict[str, Any]:
    finished = int(time.time()) * NANOSECONDS
    git = {"commit_sha": "0" * 40, "repository_url": "https://github.com/acme/ai-tools"}
    times = {"started_at": finished - 60 * NANOSECONDS, "finished_at": finished}
    return {"data": {"attributes": {"service": "ai-tools", "env": "production", "git": git, **times, **more}}}


def test_an_event_is_accepted_and_kept(datadog: Datadog) -> None:
    sent = event(alert_type="success", aggregation_key="release-1")
    status, answer = datadog.call("POST", "/api/v1/events", sent)
    assert (status, answer["status"], answer["event"]["tags"]) == (202, "ok", sent["tags"])
    [kept] = datadog.state.collection("datadog.events").values()
    assert {name: kept[name] for name in sent} == sent


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"title": ""}, "parameter 'title' is invalid"),
        ({"text": None}, "parameter 'text' is invalid"),
        ({"text": "x" * 4001}, "at most 4000 characters"),
        ({"tags": "env:production"}, "parameter 'tags' is invalid"),
        ({"alert_type": "fatal"}, "parameter 'alert_type' is invalid: fatal"),
        ({"priority": "high"}, "parameter 'priority' is invalid: high"),
        ({"aggregation_key": "x" * 101}, "at most 100 characters"),
        ({"date_happened": 1}, "Event too far in the past"),
        ({"date_happened": "now"}, "parameter 'date_happened' is invalid"),
    ],
)
def test_an_event_that_datadog_would_not_take_is_refused(datadog: Datadog, wrong: dict[str, Any], error: str) -> None:
    status, answered = datadog.refused("POST", "/api/v1/events", event(**wrong))
    assert status == 400
    assert error in answered
    assert len(datadog.state.collection("datadog.events")) == 0


def test_a_deployment_is_recorded_once_however_often_it_is_sent(datadog: Datadog) -> None:
    sent = deployment(id="dpl_0123456789abcdef", version="1.2.3")
    for _ in range(2):
        answer = datadog.done("POST", DORA, sent)
        assert answer == {"data": {"id": "dpl_0123456789abcdef", "type": "dora_deployment"}}
    [kept] = datadog.state.collection("datadog.dora_deployments").values()
    assert kept["attributes"]["version"] == "1.2.3"


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"service": None}, 'attribute "service" is required'),
        ({"started_at": None}, 'attribute "started_at" is required'),
        ({"finished_at": int(time.time())}, 'attribute "finished_at" must be a Unix time in nanoseconds'),
        ({"finished_at": 10**18}, 'must not be before "started_at"'),
        ({"started_at": 3 * 10**18, "finished_at": 4 * 10**18}, "must not be in the future"),
        ({"git": {"commit_sha": "0" * 40}}, 'attribute "repository_url" is required'),
        ({"git": {"commit_sha": "abc", "repository_url": "x"}}, "must be a full commit SHA"),
        ({"id": "short"}, "16 to 128 characters"),
        ({"custom_tags": ["x:y"] * 101}, "at most 100 items"),
    ],
)
def test_a_deployment_that_datadog_would_not_take_is_refused(
    datadog: Datadog, wrong: dict[str, Any], error: str
) -> None:
    status, answer = datadog.call("POST", DORA, deployment(**wrong))
    assert (status, answer["errors"][0]["title"]) == (400, "Bad Request")
    assert error in answer["errors"][0]["detail"]


def test_a_deployment_is_marked_as_failed_with_its_remedy(datadog: Datadog) -> None:
    deployment_id = datadog.done("POST", DORA, deployment())["data"]["id"]
    path = f"/api/v2/dora/deployments/{deployment_id}"
    attributes = {"change_failure": True, "remediation": {"type": "rollback", "id": "dpl_before"}}
    data = {"id": deployment_id, "type": "dora_deployment_patch_request", "attributes": attributes}
    assert datadog.call("PATCH", path, {"data": data}) == (202, {"data": None})
    [kept] = datadog.state.collection("datadog.dora_deployments").values()
    assert kept["attributes"]["change_failure"] is True
    wrong = {**data, "attributes": {"remediation": {"type": "wrong_type"}}}
    status, answer = datadog.call("PATCH", path, {"data": wrong})
    assert status == 400
    assert answer["errors"][0]["detail"] == 'attribute "type" must be one of "rollback rollforward"'
    assert datadog.call("PATCH", path, {"data": {**data, "type": "deployment"}})[0] == 400


def test_a_world_that_was_closed_still_knows_its_monitors(tmp_path: Path) -> None:
    file = tmp_path / "world.sqlite"
    with running(file) as (state, urls), httpx2.Client(base_url=urls["datadog"]) as http:
        seed(state, API_KEY, APP_KEY)
        created = Datadog(state, http).done("POST", "/api/v1/monitor", monitor())
    with running(file) as (state, urls), httpx2.Client(base_url=urls["datadog"]) as http:
        datadog = Datadog(state, http)
        assert datadog.done("GET", f"/api/v1/monitor/{created['id']}") == created
        assert datadog.done("POST", "/api/v1/monitor", monitor())["id"] != created["id"]
