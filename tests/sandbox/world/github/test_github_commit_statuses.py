from typing import Any

import httpx2
import pytest

from tests.sandbox.world.github.conftest import REPOSITORY, World


@pytest.fixture
def sha(operator: httpx2.Client) -> str:
    return operator.get(f"{REPOSITORY}/git/ref/heads/main").json()["object"]["sha"]


def _give(client: httpx2.Client, sha: str, state: str, **more: Any) -> httpx2.Response:
    return client.post(f"{REPOSITORY}/statuses/{sha}", json={"state": state, **more})


def test_a_status_is_given_and_read_back(world: World, sha: str) -> None:
    client = world.app("statuses:write", login="github-actions[bot]")
    told = {"target_url": "https://example.com/run/1", "description": "Staged", "context": "deploy/staging"}
    given = _give(client, sha, "pending", **told)
    assert given.status_code == 201
    shown = given.json()
    assert {name: shown[name] for name in told} == told
    assert shown["state"] == "pending"
    assert given.headers["location"] == shown["url"]
    assert client.get(f"{REPOSITORY}/commits/main/statuses").json() == [shown]


def test_statuses_are_listed_newest_first_and_in_pages(operator: httpx2.Client, sha: str) -> None:
    for number in range(3):
        _give(operator, sha, "success", description=str(number), **({"context": "x"} if number else {}))
    listed = operator.get(f"{REPOSITORY}/commits/{sha}/statuses", params={"per_page": 2})
    assert [status["description"] for status in listed.json()] == ["2", "1"]
    assert 'rel="next"' in listed.headers["link"]
    rest = operator.get(f"{REPOSITORY}/commits/{sha}/statuses", params={"per_page": 2, "page": 2}).json()
    assert [(status["description"], status["context"]) for status in rest] == [("0", "default")]


@pytest.mark.parametrize(
    ("given", "state", "total"),
    [
        ([], "pending", 0),
        ([("a", "success")], "success", 1),
        ([("a", "success"), ("b", "pending")], "pending", 2),
        ([("a", "pending"), ("b", "failure")], "failure", 2),
        ([("a", "error"), ("b", "success")], "failure", 2),
        ([("a", "failure"), ("A", "success")], "success", 1),
        ([("a", "success"), ("a", "failure")], "failure", 1),
    ],
)
def test_the_last_word_of_each_context_makes_the_whole(
    operator: httpx2.Client, sha: str, given: list[tuple[str, str]], state: str, total: int
) -> None:
    for context, word in given:
        _give(operator, sha, word, context=context, target_url="https://example.com/")
    combined = operator.get(f"{REPOSITORY}/commits/main/status").json()
    assert (combined["state"], combined["total_count"], combined["sha"]) == (state, total, sha)
    assert len(combined["statuses"]) == total
    assert combined["repository"]["full_name"] == "acme/ai-tools"


def test_a_branch_with_slashes_has_statuses_too(operator: httpx2.Client, sha: str) -> None:
    operator.post(f"{REPOSITORY}/git/refs", json={"ref": "refs/heads/topic/status", "sha": sha})
    _give(operator, sha, "success", target_url="https://example.com/")
    for ref in ("topic/status", "topic%2Fstatus"):
        assert operator.get(f"{REPOSITORY}/commits/{ref}/status").json()["state"] == "success"


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"state": "done"}, "state is not included"),
        ({"state": "success", "description": "x" * 141}, "description is too long"),
        ({"state": "success", "target_url": "ftp://example.com"}, "http(s)"),
        ({"state": 1}, "is not a string"),
        ({}, "wasn't supplied"),
    ],
)
def test_a_wrong_status_is_refused(operator: httpx2.Client, sha: str, body: dict[str, Any], problem: str) -> None:
    refused = operator.post(f"{REPOSITORY}/statuses/{sha}", json=body)
    assert refused.status_code == 422
    assert problem in refused.text
    assert operator.get(f"{REPOSITORY}/commits/main/statuses").json() == []


def test_a_commit_that_is_not_there_has_no_status(operator: httpx2.Client) -> None:
    assert _give(operator, "0" * 40, "success").status_code == 422
    for page in ("status", "statuses"):
        assert operator.get(f"{REPOSITORY}/commits/nothing/{page}").status_code == 404


def test_a_status_needs_its_permission(world: World, sha: str) -> None:
    assert _give(world.app("contents:write", "statuses:read"), sha, "success").status_code == 403
    assert _give(world.user("hubot"), sha, "success").status_code == 404
    assert _give(world.user("mona"), sha, "success").status_code == 201
    path = f"{REPOSITORY}/commits/main/statuses"
    assert world.app("contents:write").get(path).status_code == 403
    assert world.app("statuses:read").get(path).status_code == 200
    assert world.user("stranger").get(path).status_code == 404
