"""Who may push what, and what rules make of a push."""

from typing import Any

import httpx2
import pytest

from sandbox.world.github import git_objects, history
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.check_runs import ACTIONS_APP, add_check_run
from tests.sandbox.world.github.clones import ON_PUSH
from tests.sandbox.world.github.conftest import REPOSITORY, SCOPES, Cloned, Put, World, tip


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


def _tree(world: World) -> str:
    commit = history.find_commit(world.state, world.repository, tip(world) or "")
    assert commit is not None
    return commit["tree"]


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


CHECKED = {"required_status_checks": [{"context": "test"}], "strict_required_status_checks_policy": False}


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ({"conclusion": "success"}, True),
        ({"conclusion": "skipped"}, True),
        ({"conclusion": "failure"}, False),
        ({"conclusion": None}, False),
        ({"conclusion": "success", "app_id": 77}, False),
    ],
    ids=["passed", "skipped", "failed", "not ended", "another app's"],
)
def test_a_commit_whose_required_checks_have_passed_may_be_pushed(
    world: World, operator: httpx2.Client, cloned: Cloned, said: dict[str, Any], takes: bool
) -> None:
    required = {**CHECKED, "required_status_checks": [{"context": "test", "integration_id": ACTIONS_APP}]}
    protect(operator, required_status_checks=required)
    mine = cloned("mona")
    mine.write("a.txt", "a")
    sha = mine.commit()
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/feature")
    assert 'Required status check "test" is expected.' in mine.git("push", ok=False)
    add_check_run(world.state, world.repository, sha, "test", **said)
    mine.git("push", ok=takes)
    assert (tip(world) == sha) is takes


def test_the_newest_status_of_a_commit_counts_as_a_check_too(
    world: World, operator: httpx2.Client, cloned: Cloned
) -> None:
    protect(operator, required_status_checks=CHECKED)
    mine = cloned("mona")
    mine.write("a.txt", "a")
    sha = mine.commit()
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/feature")
    for state in ("success", "failure", "success"):
        operator.post(f"{REPOSITORY}/statuses/{sha}", json={"state": state, "context": "test"}).raise_for_status()
        if state == "failure":
            assert "is expected" in mine.git("push", ok=False)
    mine.git("push", "--quiet")
    assert tip(world) == sha


def test_a_linear_history_takes_no_merges(world: World, operator: httpx2.Client, cloned: Cloned) -> None:
    protect(operator, required_linear_history={})
    mine = cloned("mona")
    mine.git("checkout", "--quiet", "-b", "side")
    mine.write("a.txt", "a")
    straight = mine.commit()
    mine.git("push", "--quiet", "origin", "side:develop")
    assert tip(world) == straight
    mine.git("checkout", "--quiet", "develop")
    mine.write("b.txt", "b")
    mine.commit()
    mine.git("merge", "--quiet", "--no-edit", "side")
    assert "This branch must not contain merge commits." in mine.git("push", ok=False)
    assert tip(world) == straight


def test_a_ruleset_for_tags_is_about_tags_alone(world: World, operator: httpx2.Client, cloned: Cloned) -> None:
    answer = operator.post(
        f"{REPOSITORY}/rulesets",
        json={
            "name": "tags",
            "target": "tag",
            "enforcement": "active",
            "conditions": {"ref_name": {"include": ["~ALL"], "exclude": []}},
            "rules": [{"type": "creation"}],
        },
    )
    assert answer.status_code == 201, answer.text
    mine = cloned("mona")
    assert "creations being restricted" in mine.git("push", "origin", "HEAD:refs/tags/v1", ok=False)
    mine.git("push", "--quiet", "origin", "HEAD:refs/heads/feature")
    assert tip(world, "feature") == tip(world)
