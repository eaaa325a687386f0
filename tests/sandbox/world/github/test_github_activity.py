from datetime import UTC, datetime, timedelta

import httpx2

from sandbox.world.github.pulls import merge_pull_request, open_pull_request
from sandbox.world.github.pushes import force_push, push_files
from tests.sandbox.world.github.conftest import REPOSITORY, Put, World

ACTIVITY = f"{REPOSITORY}/activity"


def test_every_move_of_a_branch_is_told_newest_first(world: World, operator: httpx2.Client) -> None:
    state, repository = world.state, world.repository
    first = push_files(state, repository, "feature/x", {"a.txt": "a\n"}, login="mona")
    push_files(state, repository, "feature/x", {"a.txt": "b\n"}, login="mona")
    force_push(state, repository, "feature/x", first["sha"], login="octocat")
    number = open_pull_request(state, repository, login="mona", title="X", head="feature/x", base="main")
    merge = merge_pull_request(state, repository, number, login="octocat")
    operator.delete(f"{REPOSITORY}/git/refs/heads/feature/x")

    shown = operator.get(ACTIVITY, params={"ref": "feature/x"}).json()
    assert [(entry["activity_type"], entry["actor"]["login"]) for entry in shown] == [
        ("branch_deletion", "operator"),
        ("force_push", "octocat"),
        ("push", "mona"),
        ("push", "mona"),
        ("branch_creation", "mona"),
    ]
    assert (shown[1]["after"], shown[3]["after"]) == (first["sha"], first["sha"])
    moment = datetime.fromisoformat(shown[0]["timestamp"])
    assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)
    (merged,) = operator.get(ACTIVITY, params={"activity_type": "pr_merge"}).json()
    assert (merged["ref"], merged["after"]) == ("refs/heads/main", merge)


def test_activity_is_asked_for_by_actor_and_page(world: World, put: Put, operator: httpx2.Client) -> None:
    for text in ("a", "b"):
        push_files(world.state, world.repository, "main", {"x.txt": text}, login="mona")
    put("y.txt", "y", committer={"name": "Somebody", "email": "else@example.com"})
    assert operator.get(ACTIVITY, params={"per_page": 1}).json()[0]["actor"]["login"] == "operator"
    of_mona = operator.get(ACTIVITY, params={"actor": "mona", "ref": "refs/heads/main", "time_period": "day"}).json()
    assert [entry["activity_type"] for entry in of_mona] == ["push", "push"]
    assert world.app("issues:read").get(ACTIVITY).status_code == 403
    assert operator.get(ACTIVITY, params={"activity_type": "deed"}).status_code == 422


def test_a_ref_moves_forward_and_further_only_by_force(world: World, operator: httpx2.Client) -> None:
    first = push_files(world.state, world.repository, "feature", {"a.txt": "a"}, login="mona")
    second = push_files(world.state, world.repository, "feature", {"a.txt": "b"}, login="mona")
    ref = f"{REPOSITORY}/git/refs/heads/feature"
    assert operator.patch(ref, json={"sha": first["sha"]}).status_code == 422
    assert operator.patch(ref, json={"sha": first["sha"], "force": True}).status_code == 200
    assert operator.patch(ref, json={"sha": second["sha"]}).json()["object"]["sha"] == second["sha"]
