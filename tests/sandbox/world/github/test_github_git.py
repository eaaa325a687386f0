"""Git itself against the world: cloning, pushing, and what a push is refused for."""

import os
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx2
import pytest

from sandbox.world.github import git_objects, history
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.ref_moves import Move, move_refs
from tests.sandbox.world.github.conftest import REPOSITORY, SCOPES, Put, World

ON_PUSH = (
    "on:\n  push:\n    branches: [develop]\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps: [{run: 'true'}]\n"
)
QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Mona",
    "GIT_AUTHOR_EMAIL": "mona@example.com",
    "GIT_COMMITTER_NAME": "Mona",
    "GIT_COMMITTER_EMAIL": "mona@example.com",
}


class Clone:
    """A person's clone."""

    def __init__(self, folder: Path, url: str, token: str) -> None:
        self.folder, self.url, self.token = folder, url, token

    def git(self, *arguments: str, ok: bool = True, more: Mapping[str, str] | None = None) -> str:
        """Run git; what it says. Raises AssertionError when it does not end as it should."""
        running = self.start(*arguments, more=more)
        said = running.communicate()[0]
        assert (running.returncode == 0) is ok, said
        return said

    def start(self, *arguments: str, more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        """Begin to run git."""
        helper = f"!f() {{ echo username=x-access-token; echo password={self.token}; }}; f"
        configuration = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "credential.helper", "GIT_CONFIG_VALUE_0": helper}
        return subprocess.Popen(
            ["git", *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **QUIET, **configuration, **(more or {})},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def commit(self, message: str = "Change it", **more: str) -> str:
        """Commit everything; the commit's ID."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message, more=more)
        return self.git("rev-parse", "HEAD").strip()

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


Cloned = Callable[..., Clone]


@pytest.fixture
def cloned(world: World, tmp_path: Path) -> Cloned:
    """Clone the repository as somebody: `cloned("mona", "develop")`."""

    def clone(
        login: str, branch: str = "develop", scopes: tuple[str, ...] = SCOPES, options: tuple[str, ...] = ()
    ) -> Clone:
        token = f"ghp_{login}_{len(scopes)}"
        grant_token(world.state, token, login=login, scopes=scopes)
        folder = tmp_path / login
        folder.mkdir()
        made = Clone(folder, f"{world.url}/acme/ai-tools.git", token)
        made.git("clone", "--quiet", *options, "--branch", branch, made.url, ".")
        return made

    return clone


def tip(world: World, branch: str = "develop") -> str | None:
    return history.find_ref(world.state, world.repository, f"refs/heads/{branch}")


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


def protect(operator: httpx2.Client, **rules: object) -> None:
    answer = operator.post(
        f"{REPOSITORY}/rulesets",
        json={
            "name": "develop",
            "target": "branch",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["refs/heads/develop"], "exclude": []}},
            "rules": [{"type": name, **({"parameters": more} if more else {})} for name, more in rules.items()],
            "bypass_actors": [{"actor_id": 5, "actor_type": "RepositoryRole", "bypass_mode": "always"}],
        },
    )
    assert answer.status_code == 201, answer.text


REVIEWED = {
    "required_approving_review_count": 1,
    "dismiss_stale_reviews_on_push": False,
    "require_code_owner_review": False,
    "require_last_push_approval": False,
    "required_review_thread_resolution": False,
}


def test_a_push_that_breaks_a_rule_is_declined_and_only_who_may_passes(
    world: World, operator: httpx2.Client, cloned: Cloned
) -> None:
    protect(operator, pull_request=REVIEWED)
    before = tip(world)
    mine = cloned("mona")
    mine.write("a.txt", "a")
    sha = mine.commit()
    said = mine.git("push", ok=False)
    assert "GH013: Repository rule violations found for refs/heads/develop." in said
    assert "Changes must be made through a pull request." in said
    assert "push declined due to repository rule violations" in said
    assert tip(world) == before
    assert world.runs() == []
    mine.git("push", "--quiet", "origin", "develop:feature")
    assert tip(world, "feature") == sha
    theirs = cloned("operator")
    theirs.write("b.txt", "b")
    other = theirs.commit()
    theirs.git("push", "--quiet")
    assert tip(world) == other


def test_a_push_that_loses_commits_needs_force_and_a_rule_forbids_it(
    world: World, operator: httpx2.Client, cloned: Cloned, put: Put
) -> None:
    mine = cloned("mona")
    put("theirs.txt", "theirs", branch="develop")
    mine.write("mine.txt", "mine")
    sha = mine.commit()
    assert "fetch first" in mine.git("push", ok=False)
    mine.git("push", "--quiet", "--force")
    assert tip(world) == sha
    moves = list(world.state.collection("github.activities").values())
    assert moves[-1]["activity_type"] == "force_push"
    protect(operator, non_fast_forward={})
    mine.git("commit", "--quiet", "--amend", "--message", "Another")
    assert "Cannot force-push to this branch" in mine.git("push", "--force", ok=False)
    assert tip(world) == sha


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


def test_an_atomic_push_moves_everything_or_nothing(world: World, operator: httpx2.Client, cloned: Cloned) -> None:
    protect(operator, pull_request=REVIEWED)
    mine = cloned("mona")
    mine.write("a.txt", "a")
    mine.commit()
    said = mine.git("push", "--atomic", "origin", "develop", "develop:feature", ok=False)
    assert "atomic push failure" in said
    assert tip(world, "feature") is None
    mine.git("push", "origin", "develop", "develop:feature", ok=False)
    assert tip(world, "feature") is not None


def test_workflow_files_need_the_scope_for_them(world: World, cloned: Cloned) -> None:
    mine = cloned("mona", scopes=("repo",))
    mine.write(".github/workflows/mine.yml", ON_PUSH)
    mine.commit()
    said = mine.git("push", ok=False)
    assert "create or update workflow `.github/workflows/mine.yml` without `workflow` scope" in said
    assert world.runs() == []


@pytest.mark.parametrize(
    ("login", "scopes", "said"),
    [("hubot", SCOPES, "403"), ("mona", (), "not found"), ("stranger", SCOPES, "not found")],
    ids=["a reader", "a token without scopes", "somebody without access"],
)
def test_who_may_not_write_cannot_push(
    world: World, cloned: Cloned, login: str, scopes: tuple[str, ...], said: str
) -> None:
    mine = cloned("octocat")
    mine.write("a.txt", "a")
    mine.commit()
    mine.token = f"ghp_other_{login}"
    grant_token(world.state, mine.token, login=login, scopes=scopes)
    assert said in mine.git("push", ok=False)
    assert "a.txt" not in (name for name in git_objects.list_tree(world.state, _tree(world)))


def _tree(world: World) -> str:
    commit = history.find_commit(world.state, world.repository, tip(world) or "")
    assert commit is not None
    return commit["tree"]


def test_git_is_asked_for_a_token_and_a_wrong_one_is_refused(world: World, tmp_path: Path) -> None:
    for token in ("", "wrong"):
        stranger = Clone(tmp_path, f"{world.url}/acme/ai-tools.git", token)
        assert "Authentication failed" in stranger.git("clone", stranger.url, "there", ok=False)


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
