import httpx2
import pytest

from sandbox.world.github import history
from sandbox.world.github.pulls import (
    add_fork,
    close_pull_request,
    merge_pull_request,
    open_pull_request,
    submit_review,
)
from sandbox.world.github.pushes import push_files
from tests.sandbox.world.github.conftest import REPOSITORY, World

PULL = f"{REPOSITORY}/pulls/1"
TARGET = "on: {pull_request_target: {types: [opened, synchronize, closed]}}\njobs: {}\n"
SKIPPED = "Deliver [skip ci]"


@pytest.fixture(autouse=True)
def pull_request(world: World) -> int:
    push_files(world.state, world.repository, "feature/x", {"a.txt": "a\n"}, login="mona")
    return open_pull_request(
        world.state, world.repository, login="mona", title="Change the app", head="feature/x", base="main"
    )


def test_a_pull_request_follows_its_branch(world: World, operator: httpx2.Client) -> None:
    shown = operator.get(PULL).json()
    assert (shown["head"]["ref"], shown["base"]["ref"], shown["mergeable_state"]) == ("feature/x", "main", "clean")
    assert (shown["commits"], shown["changed_files"], shown["additions"], shown["merged"]) == (1, 1, 1, False)
    commit = push_files(world.state, world.repository, "feature/x", {"b.txt": "b\n"}, login="mona")
    shown = operator.get(PULL).json()
    assert (shown["head"]["sha"], shown["commits"]) == (commit["sha"], 2)
    merge = operator.get(f"{REPOSITORY}/git/ref/pull/1/merge").json()["object"]["sha"]
    assert shown["merge_commit_sha"] == merge


def test_pull_requests_are_found_by_state_head_base_and_commit(world: World, operator: httpx2.Client) -> None:
    sha = operator.get(PULL).json()["head"]["sha"]

    def numbers(path: str, **query: str) -> list[int]:
        return [pull["number"] for pull in operator.get(REPOSITORY + path, params=query).json()]

    assert numbers("/pulls") == numbers("/pulls", head="acme:feature/x", base="main") == [1]
    assert numbers("/pulls", base="develop") == numbers("/pulls", head="mona:feature/x") == []
    assert numbers("/pulls", state="closed") == []
    assert numbers(f"/commits/{sha}/pulls") == [1]
    close_pull_request(world.state, world.repository, 1, login="mona")
    assert numbers("/pulls", state="closed") == [1]
    assert numbers(f"/commits/{sha}/pulls") == []


def test_a_merge_has_the_heads_tree_when_the_base_has_nothing_else(world: World, operator: httpx2.Client) -> None:
    head = operator.get(PULL).json()["head"]["sha"]
    merge = merge_pull_request(world.state, world.repository, 1, login="octocat")
    commit = operator.get(f"{REPOSITORY}/git/commits/{merge}").json()
    tree = operator.get(f"{REPOSITORY}/git/commits/{head}").json()["tree"]["sha"]
    assert ([parent["sha"] for parent in commit["parents"]][1], commit["tree"]["sha"]) == (head, tree)
    shown = operator.get(PULL).json()
    assert (shown["merged"], shown["merged_by"]["login"], shown["merge_commit_sha"]) == (True, "octocat", merge)
    assert [pull["number"] for pull in operator.get(f"{REPOSITORY}/commits/{merge}/pulls").json()] == [1]
    assert [pull["number"] for pull in operator.get(f"{REPOSITORY}/commits/{head}/pulls").json()] == [1]
    with pytest.raises(LookupError, match="is closed"):
        merge_pull_request(world.state, world.repository, 1, login="octocat")


def test_a_merge_keeps_what_the_base_has_besides_and_conflicts_are_refused(world: World) -> None:
    push_files(world.state, world.repository, "main", {"c.txt": "c\n"}, login="mona")
    push_files(world.state, world.repository, "clash", {"a.txt": "other\n"}, login="mona")
    clash = open_pull_request(world.state, world.repository, login="mona", title="Clash", head="clash", base="main")
    merge_pull_request(world.state, world.repository, 1, login="octocat")
    head = history.resolve(world.state, world.repository, "main")
    assert head is not None
    with pytest.raises(LookupError, match="conflicts"):
        merge_pull_request(world.state, world.repository, clash, login="octocat")


def test_a_review_is_of_the_commit_it_was_given_at(world: World, operator: httpx2.Client) -> None:
    sha = operator.get(PULL).json()["head"]["sha"]
    submit_review(world.state, world.repository, 1, "octocat", "APPROVED")
    push_files(world.state, world.repository, "feature/x", {"b.txt": "b\n"}, login="mona")
    submit_review(world.state, world.repository, 1, "octocat", "CHANGES_REQUESTED")
    reviews = operator.get(f"{PULL}/reviews").json()
    assert [(review["state"], review["commit_id"] == sha) for review in reviews] == [
        ("APPROVED", True),
        ("CHANGES_REQUESTED", False),
    ]
    assert operator.get(f"{REPOSITORY}/pulls/9/reviews").status_code == 404


def test_a_forks_pull_request_runs_only_what_the_default_branch_has(world: World, operator: httpx2.Client) -> None:
    push_files(
        world.state, world.repository, "main", {".github/workflows/t.yml": TARGET}, login="mona", message=SKIPPED
    )
    fork = add_fork(world.state, world.repository, "mallory")
    evil = {".github/workflows/t.yml": "on: [pull_request_target, pull_request]\njobs: {}\n"}
    commit = push_files(world.state, fork, "evil", evil, login="mallory")
    before = len(world.runs())
    number = open_pull_request(
        world.state,
        world.repository,
        login="mallory",
        title="Help",
        head="evil",
        base="main",
        head_repository=fork["full_name"],
    )
    runs = [run for run in world.runs()[before:] if run["event"] == "pull_request_target"]
    (run,) = runs
    assert run["sha"] == history.find_ref(world.state, world.repository, "refs/heads/main")
    assert (run["ref"], run["head_sha"], run["head_branch"]) == ("refs/heads/main", commit["sha"], "evil")
    shown = operator.get(f"{REPOSITORY}/pulls/{number}").json()
    assert (shown["head"]["repo"]["full_name"], shown["head"]["repo"]["fork"]) == ("mallory/ai-tools", True)
    assert shown["author_association"] == "NONE"
    shown_run = operator.get(f"{REPOSITORY}/actions/runs/{run['id']}").json()
    assert (shown_run["head_repository"]["full_name"], shown_run["pull_requests"]) == ("mallory/ai-tools", [])


def test_a_deleted_branch_closes_its_pull_request(operator: httpx2.Client) -> None:
    assert operator.delete(f"{REPOSITORY}/git/refs/heads/feature/x").status_code == 204
    assert operator.get(PULL).json()["state"] == "closed"
    issue = operator.get(f"{REPOSITORY}/issues/1").json()
    assert (issue["state"], issue["pull_request"]["url"].endswith("/pulls/1")) == ("closed", True)
