from typing import Any

import httpx2
import pytest

from sandbox.world.github.pushes import push_files
from tests.sandbox.world.github.conftest import REPOSITORY, World

DEPLOYMENTS = f"{REPOSITORY}/deployments"


def deploy(client: httpx2.Client, ref: str = "main", **more: Any) -> httpx2.Response:
    return client.post(DEPLOYMENTS, json={"ref": ref, "auto_merge": False, "required_contexts": [], **more})


def test_a_deployment_is_made_and_found(world: World, operator: httpx2.Client) -> None:
    workflow = world.app("deployments:write", login="github-actions[bot]")
    payload = {"vercel": "dpl_1"}
    first = deploy(workflow, environment="staging", payload=payload, description="A try")
    assert (first.status_code, first.json()["creator"]["login"]) == (201, "github-actions[bot]")
    second = deploy(workflow, ref="develop", task="deploy:migrations").json()
    assert (second["environment"], second["production_environment"]) == ("production", True)

    def ids(**query: str) -> list[int]:
        return [deployment["id"] for deployment in operator.get(DEPLOYMENTS, params=query).json()]

    assert ids() == [second["id"], first.json()["id"]]
    assert ids(environment="staging") == ids(ref="main", task="deploy") == [first.json()["id"]]
    assert ids(sha=second["sha"], task="deploy:migrations") == [second["id"]]
    assert operator.get(first.json()["url"]).json()["payload"] == payload
    assert operator.get(f"{DEPLOYMENTS}/1").status_code == 404


def test_a_success_makes_earlier_ones_of_its_environment_inactive(operator: httpx2.Client) -> None:
    def states(deployment: str) -> list[str]:
        return [status["state"] for status in operator.get(f"{deployment}/statuses").json()]

    staging = [deploy(operator, environment="staging").json()["url"] for _ in range(3)]
    production = [deploy(operator).json()["url"] for _ in range(2)]
    for link in (*staging, *production):
        operator.post(f"{link}/statuses", json={"state": "in_progress"})
        more = {"auto_inactive": False} if link == staging[1] else {}
        status = {"state": "success", "environment_url": "https://app.example", "log_url": "https://log.example"}
        assert operator.post(f"{link}/statuses", json={**status, **more}).status_code == 201
    assert [states(link)[0] for link in staging] == ["inactive", "inactive", "success"]
    assert [states(link) for link in production] == [["success", "in_progress"]] * 2


@pytest.mark.parametrize(
    ("body", "status"),
    [({"ref": "none"}, 422), ({"ref": "main", "payload": 3}, 422), ({"ref": "main", "description": "x" * 141}, 422)],
)
def test_a_deployment_that_cannot_be_is_refused(operator: httpx2.Client, body: dict[str, Any], status: int) -> None:
    assert operator.post(DEPLOYMENTS, json=body).status_code == status
    link = deploy(operator).json()["url"]
    assert operator.post(f"{link}/statuses", json={"state": "done"}).status_code == 422


def test_a_deployment_needs_the_permission_to_write_it(world: World) -> None:
    assert deploy(world.app("deployments:read")).status_code == 403
    assert deploy(world.user("hubot")).status_code == 403


def test_without_saying_otherwise_a_deployment_waits_for_statuses_and_the_default_branch(
    world: World, operator: httpx2.Client
) -> None:
    commit = push_files(world.state, world.repository, "topic", {"a.txt": "a"}, login="mona")
    operator.post(f"{REPOSITORY}/statuses/{commit['sha']}", json={"state": "failure", "context": "ci"})
    assert operator.post(DEPLOYMENTS, json={"ref": "topic"}).status_code == 409
    assert deploy(operator, ref="topic", required_contexts=["other"]).status_code == 409
    operator.post(f"{REPOSITORY}/statuses/{commit['sha']}", json={"state": "success", "context": "ci"})
    push_files(world.state, world.repository, "main", {"b.txt": "b"}, login="mona")
    merged = operator.post(DEPLOYMENTS, json={"ref": "topic"})
    assert (merged.status_code, merged.json()["message"]) == (202, "Auto-merged main into topic on deployment.")
    assert operator.post(DEPLOYMENTS, json={"ref": "topic"}).status_code == 201
    push_files(world.state, world.repository, "main", {"a.txt": "other"}, login="mona")
    assert operator.post(DEPLOYMENTS, json={"ref": "topic"}).status_code == 409
