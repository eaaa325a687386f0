"""Git itself against the world: cloning and fetching."""

import threading
from pathlib import Path

import httpx2
import pytest

from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.git_store import GitStore
from sandbox.world.github.seed import seed
from sandbox.world.state import State
from tests.sandbox.world.github.clones import Clone
from tests.sandbox.world.github.conftest import SCOPES, Cloned, Put, World, tip


def test_a_clone_has_what_the_api_has(world: World, cloned: Cloned, put: Put) -> None:
    put("docs/read me.md", "grüße\n", branch="develop")
    mine = cloned("hubot")
    assert (mine.folder / "docs/read me.md").read_text() == "grüße\n"
    assert mine.git("rev-parse", "HEAD").strip() == tip(world)
    assert mine.git("rev-parse", "origin/main").strip() == tip(world, "main")
    mine.git("fsck", "--strict")


@pytest.mark.parametrize("version", ["0", "2"])
def test_a_fetch_brings_what_came_since(world: World, cloned: Cloned, put: Put, version: str) -> None:
    mine = cloned("mona", options=("-c", f"protocol.version={version}"))
    put("new.txt", "new", branch="develop")
    mine.git("-c", f"protocol.version={version}", "pull", "--quiet")
    assert (mine.folder / "new.txt").read_text() == "new"
    assert mine.git("rev-parse", "HEAD").strip() == tip(world)


def test_git_is_asked_for_a_token_and_a_wrong_one_is_refused(world: World, tmp_path: Path) -> None:
    for token in ("", "wrong"):
        stranger = Clone(tmp_path, f"{world.url}/acme/ai-tools.git", token)
        assert "Authentication failed" in stranger.git("clone", stranger.url, "there", ok=False)


def test_a_client_that_does_not_speak_the_protocol_is_told_so(world: World) -> None:
    grant_token(world.state, "ghp_mona", login="mona", scopes=SCOPES)
    for service in ("", "git-upload-archive"):
        answer = httpx2.get(
            f"{world.url}/acme/ai-tools/info/refs",
            params={"service": service},
            auth=("mona", "ghp_mona"),
            trust_env=False,
        )
        assert answer.status_code == 403


@pytest.mark.parametrize("version", ["0", "2"])
def test_a_commit_that_no_ref_reaches_any_more_can_be_fetched_and_an_unknown_one_cannot(
    cloned: Cloned, version: str
) -> None:
    mine = cloned("mona", options=("-c", f"protocol.version={version}"))
    mine.write("a.txt", "a")
    lost = mine.commit()
    mine.git("push", "--quiet")
    mine.git("commit", "--quiet", "--amend", "--message", "Another")
    mine.git("push", "--quiet", "--force")
    theirs = cloned("hubot", options=("-c", f"protocol.version={version}"))
    theirs.git("fetch", "--quiet", "origin", lost)
    assert theirs.git("show", "FETCH_HEAD:a.txt") == "a"
    assert f"not our ref {'1' * 40}" in theirs.git("fetch", "origin", "1" * 40, ok=False)
    theirs.git("fsck", "--strict")


def test_a_clone_without_contents_fetches_them_when_they_are_needed(cloned: Cloned, put: Put) -> None:
    put("a.txt", "a", branch="develop")
    mine = cloned("mona", options=("--filter=blob:none", "--no-checkout"))
    assert "?" in mine.git("rev-list", "--objects", "--missing=print", "HEAD")
    assert mine.git("show", "HEAD:a.txt") == "a"


def test_refs_that_come_and_go_do_not_disturb_who_asks(world: World, cloned: Cloned) -> None:
    mine = cloned("mona")
    names = [f"refs/tags/t{number}" for number in range(200)]
    stopped = threading.Event()

    def change() -> None:
        while not stopped.is_set():
            for sha in (tip(world), None):
                for name in names:
                    history.set_ref(world.state, world.repository, name, sha)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        for _ in range(8):
            mine.git("ls-remote", "--quiet", "origin")
    finally:
        stopped.set()
        changing.join()


HOSTILE = """[safe]
\tbareRepository = explicit
[receive]
\tadvertisePushOptions = true
[uploadpack]
\thideRefs = refs/heads
"""


def test_the_worlds_git_obeys_nothing_that_is_meant_for_whoever_started_it(
    world: World, cloned: Cloned, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    mine = cloned("mona")
    mine.write("a.txt", "a")
    sha = mine.commit()
    own = Clone(tmp_path / "own", "", "")
    own.folder.mkdir()
    own.git("init", "--quiet")
    (tmp_path / "gitconfig").write_text(HOSTILE)
    monkeypatch.setenv("GIT_DIR", str(own.folder / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(own.folder))
    monkeypatch.setenv("GIT_INDEX_FILE", str(own.folder / ".git/index"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    assert "does not support push options" in mine.git("push", "--push-option=ci.skip", ok=False)
    mine.git("push", "--quiet")
    assert tip(world) == sha
    cloned("hubot").git("fsck", "--strict")
    assert own.git("count-objects").startswith("0 objects")
    assert own.git("for-each-ref") == ""


def test_what_has_been_written_out_once_stays_until_the_world_is_closed() -> None:
    state = State()
    seed(state, owner="acme", repository="ai-tools", branches=[], users={}, teams={})
    repository = find_repository(state, "acme", "ai-tools")
    assert repository is not None
    bare = GitStore(state).update(repository)
    before = {path: path.stat().st_ino for path in bare.rglob("objects/??/*")}
    assert GitStore(state).update(repository) == bare
    assert {path: path.stat().st_ino for path in bare.rglob("objects/??/*")} == before != {}
    state.close()
    assert not bare.exists()


def test_a_repository_that_was_half_written_is_completed(world: World, cloned: Cloned, put: Put) -> None:
    for number in range(3):
        put(f"{number}.txt", str(number), branch="develop")
    head = history.find_commit(world.state, world.repository, tip(world) or "")
    assert head is not None
    # What a kill leaves: everything but the newest commit and one that it is made on.
    bare = GitStore(world.state).update(world.repository)
    for sha in (head["sha"], *head["parents"]):
        (bare / "objects" / sha[:2] / sha[2:]).unlink()
    mine = cloned("mona")
    assert mine.git("rev-parse", "HEAD").strip() == head["sha"]
    mine.git("fsck", "--strict")
