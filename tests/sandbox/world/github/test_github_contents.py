import base64
import subprocess
from pathlib import Path

import httpx2
import pytest

from tests.sandbox.world.github.conftest import REPOSITORY, Put, World

WORKFLOW = "on:\n  push:\n    branches: [develop]\njobs: {}\n"


def test_a_file_is_created_read_replaced_and_deleted(operator: httpx2.Client, put: Put) -> None:
    created = put("docs/a file.md", "one\n", branch="develop")
    assert created.status_code == 201
    read = operator.get(created.json()["content"]["url"]).json()
    assert base64.b64decode(read["content"]) == b"one\n"
    assert (read["encoding"], read["size"], read["path"]) == ("base64", 4, "docs/a file.md")
    assert read["url"].endswith("/api/v3/repos/acme/ai-tools/contents/docs/a%20file.md?ref=develop")

    replaced = put("docs/a file.md", "two\n", branch="develop", sha=read["sha"])
    assert (replaced.status_code, replaced.json()["commit"]["message"]) == (200, "Write docs/a file.md")
    sha = replaced.json()["content"]["sha"]
    deletion = {"message": "Remove it", "sha": sha, "branch": "develop"}
    deleted = operator.request("DELETE", f"{REPOSITORY}/contents/docs/a file.md", json=deletion)
    assert (deleted.status_code, deleted.json()["content"]) == (200, None)
    assert operator.get(f"{REPOSITORY}/contents/docs", params={"ref": "develop"}).status_code == 404


def test_a_commit_stands_on_the_branch_it_was_made_on_and_no_other(operator: httpx2.Client, put: Put) -> None:
    before = operator.get(f"{REPOSITORY}/branches/develop").json()["commit"]["sha"]
    commit = put("a.txt", "a", branch="develop").json()["commit"]
    assert [parent["sha"] for parent in commit["parents"]] == [before]
    assert operator.get(f"{REPOSITORY}/branches/develop").json()["commit"]["sha"] == commit["sha"]
    assert operator.get(f"{REPOSITORY}/contents/a.txt").status_code == 404


@pytest.mark.parametrize(
    ("path", "more", "status", "message"),
    [
        ("README.md", {}, 422, 'Invalid request.\n\n"sha" wasn\'t supplied.'),
        ("README.md", {"sha": "deadbeef"}, 409, "README.md does not match deadbeef"),
        ("README.md", {"branch": "none", "sha": "deadbeef"}, 404, "Branch none not found"),
        ("new.md", {"sha": "deadbeef"}, 201, None),
        ("new.md", {"content": "%%%"}, 422, "content is not valid Base64"),
        ("new.md", {"content": 3}, 422, "Invalid request.\n\nFor 'properties/content', 3 is not a string."),
        ("new.md", {"message": None}, 422, 'Invalid request.\n\n"message" wasn\'t supplied.'),
        ("a%2F..%2Fb", {}, 422, "path contains a malformed path component"),
        (".git/config", {}, 422, "path contains a malformed path component"),
        ("README.md/inside", {}, 422, "README.md is a file"),
    ],
)
def test_a_write_is_refused_as_github_refuses_it(
    operator: httpx2.Client, path: str, more: dict[str, object], status: int, message: str | None
) -> None:
    body = {"message": "Write", "content": "YQ==", **more}
    response = operator.put(f"{REPOSITORY}/contents/{path}", json=body)
    assert (response.status_code, response.json().get("message")) == (status, message)


def test_a_write_that_is_refused_changes_nothing(operator: httpx2.Client, put: Put) -> None:
    before = operator.get(f"{REPOSITORY}/branches/main").json()["commit"]["sha"]
    assert put("README.md", "x", sha="0" * 40).status_code == 409
    assert operator.get(f"{REPOSITORY}/branches/main").json()["commit"]["sha"] == before


def test_a_directory_lists_its_entries_and_the_raw_media_type_gives_the_file(operator: httpx2.Client, put: Put) -> None:
    put("src/deep/app.ts", "export {}\n")
    put("src/page.tsx", "page\n")
    listed = operator.get(f"{REPOSITORY}/contents/src").json()
    assert [(entry["path"], entry["type"]) for entry in listed] == [("src/deep", "dir"), ("src/page.tsx", "file")]
    raw = operator.get(f"{REPOSITORY}/contents/src/deep/app.ts", headers={"Accept": "application/vnd.github.raw+json"})
    assert raw.content == b"export {}\n"


@pytest.mark.parametrize(
    ("path", "ref", "message"),
    [("none.md", "main", "Not Found"), ("README.md", "no", "No commit found for the ref no")],
)
def test_a_file_that_is_not_there_is_404(operator: httpx2.Client, path: str, ref: str, message: str) -> None:
    response = operator.get(f"{REPOSITORY}/contents/{path}", params={"ref": ref})
    assert (response.status_code, response.json()["message"]) == (404, message)


def test_the_given_author_is_the_commits(operator: httpx2.Client, put: Put) -> None:
    robot = {"name": "Robot", "email": "robot@example.com", "date": "2026-01-02T03:04:05Z"}
    sha = put("a.txt", "a", author=robot, committer=robot).json()["commit"]["sha"]
    commit = operator.get(f"{REPOSITORY}/commits/{sha}").json()
    assert commit["commit"]["author"] == robot
    assert commit["author"] is None
    sha = put("b.txt", "b").json()["commit"]["sha"]
    assert operator.get(f"{REPOSITORY}/commits/{sha}").json()["author"]["login"] == "operator"


def test_without_the_workflow_scope_workflow_files_are_404_and_others_are_not(world: World) -> None:
    client = world.user("operator", scopes=("repo",))
    body = {"message": "Write", "content": "YQ=="}
    assert client.put(f"{REPOSITORY}/contents/.github/workflows/a.yml", json=body).status_code == 404
    assert client.put(f"{REPOSITORY}/contents/.github/CODEOWNERS", json=body).status_code == 201


@pytest.mark.parametrize(
    ("permissions", "status"), [(("contents:write",), 403), (("contents:write", "workflows:write"), 201)]
)
def test_an_app_writes_workflow_files_only_with_the_workflows_permission(
    world: World, permissions: tuple[str, ...], status: int
) -> None:
    body = {"message": "Write", "content": "YQ=="}
    response = world.app(*permissions).put(f"{REPOSITORY}/contents/.github/workflows/a.yml", json=body)
    assert response.status_code == status


def test_a_reader_cannot_write_and_is_not_told_why(world: World) -> None:
    body = {"message": "Write", "content": "YQ=="}
    assert world.user("hubot").put(f"{REPOSITORY}/contents/a.txt", json=body).status_code == 404


def test_a_push_starts_the_workflows_that_ask_for_it(world: World, put: Put) -> None:
    put(".github/workflows/staging.yml", WORKFLOW, branch="develop", message="Deliver [skip ci]")
    assert world.runs() == []
    pushed = put("src/app.ts", "1", branch="develop").json()["commit"]["sha"]
    (run,) = world.runs()
    assert (run["event"], run["path"], run["ref"]) == ("push", ".github/workflows/staging.yml", "refs/heads/develop")
    assert (run["head_sha"], run["actor"], run["status"]) == (pushed, "operator", "queued")


@pytest.mark.parametrize(
    "marker",
    ["[skip ci]", "[ci skip]", "[no ci]", "[skip actions]", "[actions skip]", "[SKIP CI]", "\n\n\nskip-checks: true"],
)
def test_a_message_that_skips_starts_nothing(world: World, put: Put, marker: str) -> None:
    put(".github/workflows/staging.yml", WORKFLOW, branch="develop", message=f"Deliver {marker}")
    put("src/app.ts", "1", branch="develop", message=f"Change the app {marker}")
    assert world.runs() == []


@pytest.mark.parametrize(
    ("trigger", "starts"),
    [
        ("on: push", True),
        ("on: [pull_request, push]", True),
        ("on:\n  push:", True),
        ("on: pull_request", False),
        ("on:\n  push:\n    branches: [main]", False),
        ("on:\n  push:\n    branches: ['dev*', '!develop']", False),
        ("on:\n  push:\n    branches-ignore: [develop]", False),
        ("on:\n  push:\n    tags: [v1]", False),
        ("on:\n  push:\n    paths: ['src/**']", True),
        ("on:\n  push:\n    paths: [docs/*]", False),
        ("on:\n  push:\n    paths-ignore: ['**/*.ts']", False),
        ("on: {push: [", False),
    ],
)
def test_a_workflows_filters_decide_whether_a_push_starts_it(
    world: World, put: Put, trigger: str, starts: bool
) -> None:
    put(".github/workflows/w.yml", f"{trigger}\njobs: {{}}\n", branch="develop", message="Deliver [skip ci]")
    put("src/deep/app.ts", "1", branch="develop")
    assert len(world.runs()) == starts


def test_what_a_workflows_own_token_pushes_starts_nothing(world: World, put: Put) -> None:
    put(".github/workflows/staging.yml", WORKFLOW, branch="develop", message="Deliver [skip ci]")
    client = world.app("contents:write", login="github-actions[bot]")
    body = {"message": "Write", "content": "YQ==", "branch": "develop"}
    assert client.put(f"{REPOSITORY}/contents/a.txt", json=body).status_code == 201
    assert world.runs() == []


def test_commits_are_named_as_git_would_name_them(operator: httpx2.Client, put: Put, tmp_path: Path) -> None:
    robot = {"name": "Robot", "email": "robot@example.com", "date": "2026-01-02T03:04:05Z"}
    put("src/b.ts", "b\n")
    commit = put("src-a.ts", "a\n", author=robot, committer=robot, message="Two lines\n\nof text").json()["commit"]

    def git(*arguments: str, stdin: bytes = b"") -> str:
        person = {f"GIT_{who}_{what.upper()}": robot[what] for who in ("AUTHOR", "COMMITTER") for what in robot}
        environment = {"PATH": "/usr/bin:/bin:/usr/local/bin", "HOME": str(tmp_path), **person}
        command = ["git", "-C", str(tmp_path), *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, check=True, env=environment).stdout.decode()

    git("init", "--quiet")
    for entry in ("README.md", "package.json", "src/b.ts", "src-a.ts"):
        raw = operator.get(f"{REPOSITORY}/contents/{entry}", headers={"Accept": "application/vnd.github.raw"}).content
        (tmp_path / entry).parent.mkdir(exist_ok=True)
        (tmp_path / entry).write_bytes(raw)
    git("add", ".")
    tree = git("write-tree").strip()
    assert tree == commit["tree"]["sha"]
    parent = operator.get(f"{REPOSITORY}/git/commits/{commit['parents'][0]['sha']}").json()
    people = "author Robot <robot@example.com> 1767323045 +0000\ncommitter Robot <robot@example.com> 1767323045 +0000"
    text = f"tree {tree}\nparent {parent['sha']}\n{people}\n\n{commit['message']}"
    assert (
        git("hash-object", "-t", "commit", "-w", "--stdin", "--literally", stdin=text.encode()).strip() == commit["sha"]
    )


def test_hundreds_of_commits_of_thirty_files_stay_small(world: World, put: Put) -> None:
    for number in range(30):
        assert put(f"folder/{number}.txt", str(number)).status_code == 201
    sha = put("folder/30.txt", "0").json()["content"]["sha"]
    for number in range(100):
        sha = put("folder/30.txt", f"{number}!", sha=sha).json()["content"]["sha"]
    largest = {
        name: max(len(str(document)) for document in world.state.collection(f"github.{name}").values())
        for name in ("commits", "trees", "refs")
    }
    assert max(largest.values()) < 4_000, largest
