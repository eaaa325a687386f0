"""What a push starts, and what it does to pull requests."""

from typing import Any

import httpx2
import pytest

from sandbox.actions import event
from sandbox.world.github import git_objects, history
from sandbox.world.github.pulls import open_pull_request
from sandbox.world.state import Document
from tests.sandbox.world.github.clones import ON_PUSH
from tests.sandbox.world.github.conftest import REPOSITORY, Cloned, Put, World, tip


def test_a_push_is_in_the_world_and_starts_what_it_starts(world: World, cloned: Cloned, put: Put) -> None:
    put(".github/workflows/build.yml", ON_PUSH, branch="develop", message="Add it [skip ci]")
    mine = cloned("mona")
    mine.write("app/page.txt", "hello")
    (mine.folder / "run.sh").write_text("true\n")
    (mine.folder / "run.sh").chmod(0o755)
    (mine.folder / "link").symlink_to("app/page.txt")
    first = mine.commit("Say hello")
    mine.write("app/page.txt", "hello again")
    second = mine.commit("Say it again", GIT_AUTHOR_DATE="2026-01-02T03:04:05+0530")

    mine.git("push", "--quiet", "origin", "develop")

    assert tip(world) == second
    pushed = history.find_commit(world.state, world.repository, second)
    assert pushed is not None
    assert (pushed["parents"], pushed["message"]) == ([first], "Say it again\n")
    assert pushed["author"] == {"name": "Mona", "email": "mona@example.com", "date": "2026-01-01T21:34:05Z"}
    assert history.read_file(world.state, pushed, "app/page.txt") == b"hello again"
    modes = {name: entry.mode for name, entry in git_objects.list_tree(world.state, pushed["tree"]).items()}
    assert (modes["run.sh"], modes["link"]) == ("100755", "120000")
    assert [(run["event"], run["head_sha"], run["actor"]) for run in world.runs()] == [("push", second, "mona")]
    moves = list(world.state.collection("github.activities").values())
    assert (moves[-1]["activity_type"], moves[-1]["actor"], moves[-1]["after"]) == ("push", "mona", second)


def on_push(**filters: str) -> str:
    """A workflow that starts on pushes with these filters, each one pattern."""
    lines = "".join(f"    {name}: ['{pattern}']\n" for name, pattern in filters.items())
    return f"on:\n  push:\n{lines}jobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [{{run: 'true'}}]\n"


def event_of(world: World, run: Document) -> dict[str, Any]:
    commit = history.find_commit(world.state, world.repository, run["sha"])
    assert commit is not None
    return event.payload(world.state, world.repository, run, commit)


@pytest.mark.parametrize("branch", ["develop", "feature"], ids=["a known branch", "a new one"])
def test_a_filter_of_paths_looks_at_all_that_a_push_brings(world: World, cloned: Cloned, put: Put, branch: str) -> None:
    for name in ("app", "docs", "other"):
        put(f".github/workflows/{name}.yml", on_push(paths=f"{name}/**"), branch="develop", message="Add [skip ci]")
    mine = cloned("mona")
    for path in ("app/page.txt", "docs/page.txt"):
        mine.write(path, "x")
        mine.commit()
    mine.git("push", "--quiet", "origin", f"HEAD:refs/heads/{branch}")
    assert [run["path"] for run in world.runs()] == [f".github/workflows/{name}.yml" for name in ("app", "docs")]


def test_a_filter_of_paths_looks_at_what_a_merge_brings_from_either_side(
    world: World, cloned: Cloned, put: Put
) -> None:
    for name in ("app", "docs"):
        put(f".github/workflows/{name}.yml", on_push(paths=f"{name}/**"), branch="develop", message="Add [skip ci]")
    mine = cloned("mona")
    mine.write("app/page.txt", "x")
    mine.commit()
    put("docs/page.txt", "x", branch="develop")
    before = len(world.runs())
    mine.git("pull", "--quiet", "--no-rebase", "--no-edit")
    mine.git("push", "--quiet")
    # Against where the branch was, only the side that it did not have is new.
    assert [run["path"] for run in world.runs()[before:]] == [".github/workflows/app.yml"]


INVALID = {
    "an event in a list that is no name": b"on: [push, {x: 1}]\njobs: {}\n",
    "a number of an event": b"on: 5\njobs: {}\n",
    "a list of a list of itself": b"a: &a [*a]\non: *a\njobs: {}\n",
    "patterns that hold themselves": b"on: {push: {branches: &a [*a]}}\njobs: {}\n",
    "nested too deeply": b"on: " + b"[" * 3000 + b"]" * 3000,
    "a date that is none": b"name: 2020-99-99\non: push\njobs: {}\n",
    "no UTF-8": b"on: push\nname: caf\xe9\njobs: {}\n",
    "no pattern": b"on: {push: {branches: ['+a']}}\njobs: {}\n",
    "a text for a configuration": b"on: {push: branches}\njobs: {}\n",
    "inputs that are none": b"run-name: x\non: {push: , workflow_dispatch: {inputs: [1]}}\njobs: {}\n",
    "a list for a name": b"name: [1]\non: push\njobs: {}\n",
    "empty": b"",
}


@pytest.mark.parametrize("content", INVALID.values(), ids=INVALID)
def test_an_invalid_workflow_starts_nothing_and_the_others_start(world: World, cloned: Cloned, content: bytes) -> None:
    mine = cloned("mona")
    mine.write(".github/workflows/good.yml", ON_PUSH)
    (mine.folder / ".github/workflows/a.yml").write_bytes(content)
    sha = mine.commit()
    mine.git("push", "--quiet")
    assert tip(world) == sha
    assert [run["path"] for run in world.runs()] == [".github/workflows/good.yml"]


def test_a_push_by_force_says_so(world: World, cloned: Cloned, put: Put) -> None:
    put(".github/workflows/build.yml", ON_PUSH, branch="develop", message="Add [skip ci]")
    mine = cloned("mona")
    mine.write("a.txt", "a")
    mine.commit()
    mine.git("push", "--quiet")
    mine.git("commit", "--quiet", "--amend", "--message", "Another")
    mine.git("push", "--quiet", "--force")
    assert [event_of(world, run)["forced"] for run in world.runs()] == [False, True]


def test_a_new_branchs_commits_are_those_that_no_branch_had(world: World, cloned: Cloned, put: Put) -> None:
    put(".github/workflows/build.yml", on_push(branches="feature"), branch="develop", message="Add [skip ci]")
    mine = cloned("mona")
    made = []
    for name in ("a.txt", "b.txt"):
        mine.write(name, "x")
        made.append(mine.commit())
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/feature")
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/develop")
    (run,) = world.runs()
    said = event_of(world, run)
    assert (said["created"], [commit["id"] for commit in said["commits"]]) == (True, made)


def test_a_tag_starts_what_asks_for_tags(world: World, operator: httpx2.Client, cloned: Cloned, put: Put) -> None:
    wanted = {"tags": on_push(tags="v*"), "both": on_push(tags="v*", branches="main"), "all": on_push()}
    for name, text in {**wanted, "branches": on_push(branches="**"), "others": on_push(tags="w*")}.items():
        put(f".github/workflows/{name}.yml", text, branch="develop", message="Add [skip ci]")
    mine = cloned("mona")
    mine.write("a.txt", "a")
    sha = mine.commit()
    mine.git("push", "--quiet", "origin", "HEAD:refs/tags/v1")
    runs = {run["path"]: run for run in world.runs()}
    assert set(runs) == {f".github/workflows/{name}.yml" for name in wanted}
    run = runs[".github/workflows/tags.yml"]
    assert (run["ref"], run["head_branch"], run["sha"]) == ("refs/tags/v1", "v1", sha)
    said = event_of(world, run)
    context = event.github_context(world.repository, run, world.state, said)
    assert (said["ref"], context["ref_type"], context["ref_name"]) == ("refs/tags/v1", "tag", "v1")
    mine.git("push", "--quiet", "origin", "--delete", "v1")
    assert len(world.runs()) == len(wanted)
    operator.post(f"{REPOSITORY}/git/refs", json={"ref": "refs/tags/v2", "sha": sha}).raise_for_status()
    assert {run["ref"] for run in world.runs()[len(wanted) :]} == {"refs/tags/v2"}


def test_pushing_a_pull_requests_head_into_its_base_merges_it(
    world: World, operator: httpx2.Client, cloned: Cloned
) -> None:
    mine = cloned("mona")
    numbers = []
    for branch in ("one", "two"):
        mine.git("checkout", "--quiet", "-b", branch, "develop")
        mine.write(f"{branch}.txt", "x")
        mine.commit()
        mine.git("push", "--quiet", "origin", branch)
        numbers.append(
            open_pull_request(world.state, world.repository, login="mona", title=branch, head=branch, base="develop")
        )
    mine.git("push", "--quiet", "origin", "one:develop")
    merged, other = (operator.get(f"{REPOSITORY}/pulls/{number}").json() for number in numbers)
    assert (merged["state"], merged["merged"], merged["merged_by"]["login"]) == ("closed", True, "mona")
    assert merged["merge_commit_sha"] == tip(world, "one")
    assert (merged["commits"], merged["changed_files"]) == (1, 1)
    assert (other["state"], other["merged"]) == ("open", False)


@pytest.mark.parametrize("deleted", ["base", "feature"])
def test_deleting_a_branch_of_a_pull_request_closes_it(
    world: World, operator: httpx2.Client, cloned: Cloned, deleted: str
) -> None:
    mine = cloned("mona")
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/base")
    mine.write("a.txt", "a")
    mine.commit()
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/feature")
    number = open_pull_request(world.state, world.repository, login="mona", title="Add it", head="feature", base="base")
    mine.git("push", "--quiet", "origin", "--delete", deleted)
    pull = operator.get(f"{REPOSITORY}/pulls/{number}").json()
    assert (pull["state"], pull["merged"]) == ("closed", False)
