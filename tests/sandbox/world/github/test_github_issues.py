import httpx2
import pytest

from sandbox.world.github.access import find_repository
from sandbox.world.github.issues import open_issue
from tests.sandbox.world.github.conftest import REPOSITORY, World

COMMENTS = f"{REPOSITORY}/issues/1/comments"


@pytest.fixture(autouse=True)
def pull_request(world: World) -> int:
    repository = find_repository(world.state, "acme", "ai-tools")
    assert repository is not None
    return open_issue(world.state, repository, login="mona", title="Change the app", pull_request=True)


def test_a_comment_is_made_read_and_changed(world: World) -> None:
    workflow = world.app("issues:write", login="github-actions[bot]")
    made = workflow.post(COMMENTS, json={"body": "queued"})
    assert (made.status_code, made.json()["user"]["login"]) == (201, "github-actions[bot]")
    one = f"{REPOSITORY}/issues/comments/{made.json()['id']}"
    assert made.headers["location"] == made.json()["url"] == f"{world.url}/api/v3{one}"
    assert workflow.patch(one, json={"body": "done"}).json()["body"] == "done"
    assert workflow.get(one).json()["body"] == "done"
    assert [comment["body"] for comment in workflow.get(COMMENTS).json()] == ["done"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/issues/9/comments", {"body": "x"}, 404),
        ("/issues/comments/9", None, 404),
        ("/issues/1/comments", {}, 422),
        ("/issues/1/comments", {"body": " "}, 422),
        ("/issues/1/comments", {"body": "x" * 65_537}, 422),
        ("/issues/comments/9/reactions", {"content": "eyes"}, 404),
    ],
)
def test_a_comment_that_cannot_be_is_refused(
    operator: httpx2.Client, path: str, body: dict[str, str] | None, status: int
) -> None:
    response = operator.get(REPOSITORY + path) if body is None else operator.post(REPOSITORY + path, json=body)
    assert response.status_code == status


def test_the_same_reaction_counts_once(world: World, operator: httpx2.Client) -> None:
    number = operator.post(COMMENTS, json={"body": "@workflow:help"}).json()["id"]
    reactions = f"{REPOSITORY}/issues/comments/{number}/reactions"
    workflow = world.app("pull_requests:write", login="github-actions[bot]")
    assert workflow.post(reactions, json={"content": "eyes"}).status_code == 201
    assert workflow.post(reactions, json={"content": "eyes"}).status_code == 200
    assert workflow.post(reactions, json={"content": "rocket"}).status_code == 201
    assert workflow.post(reactions, json={"content": "clap"}).status_code == 422
    counts = operator.get(f"{REPOSITORY}/issues/comments/{number}").json()["reactions"]
    assert (counts["eyes"], counts["rocket"], counts["total_count"]) == (1, 1, 2)


def test_a_readers_comment_is_their_own_and_nobody_elses(world: World, operator: httpx2.Client) -> None:
    number = operator.post(COMMENTS, json={"body": "mine"}).json()["id"]
    reader = world.user("hubot")
    assert reader.patch(f"{REPOSITORY}/issues/comments/{number}", json={"body": "yours"}).status_code == 403
    own = reader.post(COMMENTS, json={"body": "hello"}).json()["id"]
    assert reader.patch(f"{REPOSITORY}/issues/comments/{own}", json={"body": "bye"}).status_code == 200


def test_ones_own_reaction_is_taken_back(world: World, operator: httpx2.Client) -> None:
    number = operator.post(COMMENTS, json={"body": "hello"}).json()["id"]
    reactions = f"{REPOSITORY}/issues/comments/{number}/reactions"
    mona = world.user("mona")
    eyes = mona.post(reactions, json={"content": "eyes"}).json()["id"]
    operator.post(reactions, json={"content": "rocket"})
    assert [reaction["content"] for reaction in operator.get(reactions).json()] == ["eyes", "rocket"]
    assert len(operator.get(reactions, params={"content": "eyes"}).json()) == 1
    assert operator.delete(f"{reactions}/{eyes}").status_code == 404
    assert mona.delete(f"{reactions}/{eyes}").status_code == 204
    assert [reaction["content"] for reaction in mona.get(reactions).json()] == ["rocket"]


def test_an_issue_is_opened_with_the_next_number(operator: httpx2.Client) -> None:
    made = operator.post(f"{REPOSITORY}/issues", json={"title": "Checkout fails"})
    assert (made.status_code, made.json()["number"], made.json()["title"]) == (201, 2, "Checkout fails")
    assert operator.get(f"{REPOSITORY}/issues/2").json()["user"]["login"] == "operator"
    assert operator.post(f"{REPOSITORY}/issues", json={}).status_code == 422


def test_issues_are_found_by_label_and_state_and_closed_with_a_reason(world: World, operator: httpx2.Client) -> None:
    made = operator.post(f"{REPOSITORY}/issues", json={"title": "Drift", "body": "text", "labels": ["drift"]}).json()
    assert (made["body"], [label["name"] for label in made["labels"]]) == ("text", ["drift"])
    operator.post(f"{REPOSITORY}/issues", json={"title": "Checkout fails"})
    listed = operator.get(f"{REPOSITORY}/issues").json()
    assert [(issue["number"], "pull_request" in issue) for issue in listed] == [(3, False), (2, False), (1, True)]
    assert [issue["number"] for issue in operator.get(f"{REPOSITORY}/issues?labels=Drift").json()] == [2]
    one = f"{REPOSITORY}/issues/2"
    closed = operator.patch(one, json={"state": "closed", "state_reason": "completed"}).json()
    assert (closed["state"], closed["state_reason"]) == ("closed", "completed")
    assert closed["closed_at"] is not None
    assert operator.get(f"{REPOSITORY}/issues?labels=drift").json() == []
    assert [issue["number"] for issue in operator.get(f"{REPOSITORY}/issues?state=closed").json()] == [2]
    reopened = operator.patch(one, json={"state": "open", "title": "Drift again"}).json()
    assert (reopened["title"], reopened["state"], reopened["closed_at"]) == ("Drift again", "open", None)
    assert operator.patch(one, json={"state": "ended"}).status_code == 422
    assert world.app("contents:read").patch(one, json={"title": "x"}).status_code == 403
