import base64
from typing import Any

import httpx2
import pytest

from tests.sandbox.world.github.conftest import REPOSITORY, Put, World

GIT = f"{REPOSITORY}/git"


def test_an_orphan_branch_with_a_slash_is_made_of_a_tree_and_a_commit(world: World, operator: httpx2.Client) -> None:
    writer = world.app("contents:write", login="github-actions[bot]")
    path = f"{REPOSITORY}/contents/state/lock.json"
    assert operator.get(path, params={"ref": "deploy/state"}).status_code == 404
    entries = [{"path": "state/lock.json", "mode": "100644", "type": "blob", "content": "{}"}]
    tree = writer.post(f"{GIT}/trees", json={"tree": entries}).json()
    assert [entry["path"] for entry in tree["tree"]] == ["state"]
    commit = writer.post(f"{GIT}/commits", json={"message": "Begin", "tree": tree["sha"], "parents": []}).json()
    assert (commit["parents"], commit["author"]["name"]) == ([], "github-actions[bot]")
    ref = {"ref": "refs/heads/deploy/state", "sha": commit["sha"]}
    assert writer.post(f"{GIT}/refs", json=ref).status_code == 201
    again = writer.post(f"{GIT}/refs", json=ref)
    assert (again.status_code, again.json()["message"]) == (422, "Reference already exists")
    shown = operator.get(path, params={"ref": "deploy/state"}).json()
    assert base64.b64decode(shown["content"]) == b"{}"
    assert operator.get(f"{GIT}/trees/deploy/state", params={"recursive": "1"}).json()["tree"][1]["size"] == 2


def test_a_tree_on_top_of_another_changes_only_what_it_names(put: Put, operator: httpx2.Client) -> None:
    put("a/one.txt", "1")
    base = put("a/two.txt", "2").json()["commit"]
    blob = operator.post(f"{GIT}/blobs", json={"content": "Mw==", "encoding": "base64"}).json()["sha"]
    assert base64.b64decode(operator.get(f"{GIT}/blobs/{blob}").json()["content"]) == b"3"
    entries: list[dict[str, Any]] = [
        {"path": "a/one.txt", "mode": "100644", "type": "blob", "sha": None},
        {"path": "b.sh", "mode": "100755", "type": "blob", "sha": blob},
    ]
    tree = operator.post(f"{GIT}/trees", json={"base_tree": base["tree"]["sha"], "tree": entries}).json()["sha"]
    shown = operator.get(f"{GIT}/trees/{tree}", params={"recursive": "1"}).json()["tree"]
    assert {entry["path"]: entry["mode"] for entry in shown if entry["path"] in ("a/one.txt", "a/two.txt", "b.sh")} == {
        "a/two.txt": "100644",
        "b.sh": "100755",
    }
    author = {"name": "Mona", "email": "mona@example.com", "date": "2026-01-02T03:04:05Z"}
    body = {"message": "Change", "tree": tree, "parents": [base["sha"]], "author": author}
    commit = operator.post(f"{GIT}/commits", json=body).json()
    assert commit["author"] == commit["committer"] == author
    changed = operator.get(f"{REPOSITORY}/commits/{commit['sha']}").json()["files"]
    assert {(file["filename"], file["status"]) for file in changed} == {("a/one.txt", "removed"), ("b.sh", "added")}


@pytest.mark.parametrize(
    ("path", "body", "reason"),
    [
        ("trees", {"tree": []}, "Invalid tree info"),
        ("trees", {"tree": [{"path": "x"}]}, "Must supply either tree.sha or tree.content"),
        ("trees", {"tree": [{"path": "x", "sha": "1" * 40}]}, f"tree.sha {'1' * 40} is not a valid blob"),
        ("trees", {"tree": [{"path": "../x", "content": ""}]}, "tree.path contains a malformed path component"),
        ("trees", {"base_tree": "1" * 40, "tree": [{"path": "x", "content": ""}]}, "base_tree is not a valid tree oid"),
        ("commits", {"message": "x", "tree": "1" * 40}, "Tree SHA does not exist"),
        ("blobs", {"content": "?", "encoding": "base64"}, "content is not valid Base64"),
    ],
)
def test_objects_that_cannot_be_are_refused(
    operator: httpx2.Client, path: str, body: dict[str, Any], reason: str
) -> None:
    response = operator.post(f"{GIT}/{path}", json=body)
    assert (response.status_code, response.json()["message"]) == (422, reason)


def test_objects_are_written_by_who_may_write_content(world: World) -> None:
    assert world.app("contents:read").post(f"{GIT}/blobs", json={"content": "x"}).status_code == 403
    assert world.user("hubot").post(f"{GIT}/blobs", json={"content": "x"}).status_code == 404
