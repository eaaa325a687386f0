"""What Git pushes into the world, and what the world does not keep."""

import os
import threading
from typing import Any

import httpx2
import pytest

from sandbox.world.github import git_objects, history
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.ref_moves import Move, move_refs
from tests.sandbox.world.github.conftest import REPOSITORY, SCOPES, Cloned, Put, World, tip


def test_what_was_pushed_is_cloned_again_byte_for_byte(cloned: Cloned) -> None:
    mine = cloned("mona")
    mine.write("a.txt", "a")
    sha = mine.commit("Zoned", GIT_COMMITTER_DATE="2026-01-02T03:04:05-0800", GIT_AUTHOR_NAME="M. <O> N")
    mine.git("push", "--quiet")
    other = cloned("hubot")
    assert other.git("rev-parse", "HEAD").strip() == sha
    assert other.git("cat-file", "commit", sha) == mine.git("cat-file", "commit", sha)
    other.git("fsck", "--strict")


def test_a_shallow_clone_pushes_as_well(world: World, cloned: Cloned, put: Put) -> None:
    put("one.txt", "1", branch="develop")
    put("two.txt", "2", branch="develop")
    mine = cloned("mona", options=("--depth", "1"))
    mine.write("three.txt", "3")
    sha = mine.commit()
    mine.git("push", "--quiet")
    assert tip(world) == sha


def test_a_large_push_arrives_in_pieces(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    (mine.folder / "large.bin").write_bytes(os.urandom(3_000_000))
    sha = mine.commit()
    mine.git("push", "--quiet")
    assert tip(world) == sha


def test_branches_and_tags_are_made_and_deleted(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/feature/x", "HEAD:refs/tags/v1")
    assert tip(world, "feature/x") == tip(world)
    assert history.find_ref(world.state, world.repository, "refs/tags/v1") == tip(world)
    mine.git("push", "--quiet", "origin", "--delete", "feature/x", "v1")
    assert tip(world, "feature/x") is None
    assert history.find_ref(world.state, world.repository, "refs/tags/v1") is None


def test_two_who_push_at_once_do_not_lose_each_others_commits(world: World, cloned: Cloned) -> None:
    clones = [cloned(login) for login in ("mona", "octocat", "operator")]
    commits = []
    for clone in clones:
        clone.write(f"{clone.token}.txt", "x")
        commits.append(clone.commit())
    pushes = [clone.start("push") for clone in clones]
    said = [push.communicate()[0] for push in pushes]
    ended = [push.returncode for push in pushes]
    assert sorted(ended) == [0, 1, 1], said
    assert tip(world) == commits[ended.index(0)]


def test_a_ref_that_has_moved_since_the_pusher_looked_stays(world: World, put: Put) -> None:
    before = tip(world)
    put("new.txt", "new", branch="develop")
    after = tip(world)
    identity = {"login": "mona", "type": "User", "scopes": SCOPES}
    late = Move("refs/heads/develop", before, tip(world, "main"))
    refused = move_refs(world.state, world.repository, [late], identity, atomic=False)
    assert refused["refs/heads/develop"].reason == "fetch first"
    assert tip(world) == after


def test_what_this_world_does_not_keep_is_refused_with_its_name(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    mine.git("tag", "--annotate", "v1", "--message", "One")
    assert "annotated tags" in mine.git("push", "origin", "v1", ok=False)
    mine.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendored")
    mine.git("commit", "--quiet", "--message", "Vendor it")
    before = tip(world)
    assert "no submodules, and vendored is one" in mine.git("push", ok=False)
    assert tip(world) == before


@pytest.mark.parametrize("body", [b"", b"00", b"0001", b"zzzz", b"0010short", b"0006ab0000"])
def test_what_is_no_push_is_refused(world: World, body: bytes) -> None:
    grant_token(world.state, "ghp_mona", login="mona", scopes=SCOPES)
    answer = httpx2.post(
        f"{world.url}/acme/ai-tools.git/git-receive-pack", content=body, auth=("mona", "ghp_mona"), trust_env=False
    )
    assert answer.status_code == 400
    assert world.runs() == []


def test_a_name_of_a_file_that_is_not_utf8_is_refused(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    (mine.folder / os.fsdecode(b"caf\xe9")).write_text("x")
    mine.commit()
    before = tip(world)
    assert "names of files in UTF-8, and b'caf\\xe9' is not" in mine.git("push", ok=False)
    assert tip(world) == before


def test_any_other_name_of_a_file_is_kept(cloned: Cloned) -> None:
    mine = cloned("mona")
    (mine.folder / 'a\nb\t"c é').write_text("x")
    mine.commit()
    mine.git("push", "--quiet")
    theirs = cloned("hubot")
    theirs.git("fsck", "--strict")
    assert (theirs.folder / 'a\nb\t"c é').exists()


def test_a_date_after_the_year_9999_is_refused(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    mine.write("a.txt", "a")
    mine.commit(GIT_COMMITTER_DATE="@99999999999999 +0000")
    before = tip(world)
    assert "no dates after the year 9999" in mine.git("push", ok=False)
    assert tip(world) == before


@pytest.mark.parametrize(("there", "new"), [("feature/x", "feature"), ("feature", "feature/x/y")])
def test_a_branch_beside_one_of_which_it_would_be_the_folder_is_refused(
    world: World, operator: httpx2.Client, cloned: Cloned, there: str, new: str
) -> None:
    mine = cloned("mona")
    mine.git("push", "--quiet", "origin", f"HEAD:refs/heads/{there}")
    said = mine.git("push", "origin", f"HEAD:refs/heads/{new}", ok=False)
    exists = f"'refs/heads/{there}' exists; cannot create 'refs/heads/{new}'"
    assert f"error: cannot lock ref 'refs/heads/{new}': {exists}" in said
    assert "failed to update ref" in said
    answer = operator.post(f"{REPOSITORY}/git/refs", json={"ref": f"refs/heads/{new}", "sha": tip(world)})
    assert (answer.status_code, answer.json()["message"]) == (422, "Reference update failed")
    assert tip(world, new) is None
    mine.git("push", "--quiet", "origin", "--delete", there)
    mine.git("push", "--quiet", "origin", f"HEAD:refs/heads/{new}")
    cloned("hubot")


def test_of_two_such_branches_in_one_push_the_first_is_made(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    pushed = ("HEAD:refs/heads/feature", "HEAD:refs/heads/feature/x")
    assert "atomic push failure" in mine.git("push", "--atomic", "origin", *pushed, ok=False)
    assert tip(world, "feature") is None
    assert "cannot lock ref" in mine.git("push", "origin", *pushed, ok=False)
    assert (tip(world, "feature"), tip(world, "feature/x")) == (tip(world), None)
    cloned("hubot")


def test_a_large_push_is_kept_whole(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    for number in range(600):
        mine.write(f"d{number % 20}/{number}.txt", str(number))
    first = mine.commit()
    for number in range(20):
        mine.write(f"d{number}/{number}.txt", "changed")
        mine.commit()
    mine.git("push", "--quiet")
    kept = history.find_commit(world.state, world.repository, first)
    assert kept is not None
    assert len(kept["files"]) == 600
    theirs = cloned("hubot")
    assert theirs.git("rev-list", "HEAD") == mine.git("rev-list", "HEAD")
    theirs.git("fsck", "--strict")


def test_others_are_answered_while_a_push_is_kept(
    world: World, operator: httpx2.Client, cloned: Cloned, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping, answered = threading.Event(), threading.Event()
    keep = git_objects.keep_trees

    def keep_slowly(*arguments: Any) -> None:
        keeping.set()
        assert answered.wait(20)
        keep(*arguments)

    monkeypatch.setattr(git_objects, "keep_trees", keep_slowly)
    mine = cloned("mona")
    mine.write("a.txt", "a")
    sha = mine.commit()
    push = mine.start("push", "--quiet")
    assert keeping.wait(20)
    assert operator.get(REPOSITORY).status_code == 200
    assert tip(world) != sha
    answered.set()
    assert (push.communicate()[0], push.returncode, tip(world)) == ("", 0, sha)


def test_what_a_commit_changes_is_told_file_by_file(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    for path in ("same/a.txt", "folder/a.txt", "folder/b.txt", "file", "run.sh"):
        mine.write(path, path)
    mine.commit()
    mine.git("rm", "--quiet", "-r", "folder", "file")
    mine.write("folder", "a file now")
    mine.write("file/inside.txt", "a folder now")
    (mine.folder / "run.sh").chmod(0o755)
    sha = mine.commit()
    mine.git("push", "--quiet")
    commit = history.find_commit(world.state, world.repository, sha)
    assert commit is not None
    assert [(change["path"], change["status"]) for change in commit["files"]] == [
        ("file", "removed"),
        ("file/inside.txt", "added"),
        ("folder", "added"),
        ("folder/a.txt", "removed"),
        ("folder/b.txt", "removed"),
        ("run.sh", "modified"),
    ]
