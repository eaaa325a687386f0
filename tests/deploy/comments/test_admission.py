from dataclasses import replace
from pathlib import Path

import pytest

from deploy.release import lock
from deploy.release.staging_first import tree_of, verified_by
from tests.deploy.comments.team import FOR_GOOD, Team
from tests.deploy.comments.test_lock import WANTED
from tests.deploy.ended import Ended
from tests.deploy.releases.production import NOW


@pytest.fixture
def output(tmp_path: Path) -> Path:
    return tmp_path / "output"


def admit(team: Team, *argv: str, output: Path, commit: str = "", **environ: str) -> Ended:
    """Run the command as the first job of production.yml does."""
    token = team.app_token("ghs_token_of_admission", "actions:read", "contents:read")
    sha = commit or team.head("main")
    argv = argv or ("--environment=production",)
    environ = {"GITHUB_TOKEN": token, "GITHUB_SHA": sha, "GITHUB_OUTPUT": str(output), **environ}
    ended = team.run("admit", "--json", *argv, **environ)
    assert not team.changes
    assert output.exists() == (ended.code == 0)
    return ended


def test_the_same_tree_in_another_commit_is_admitted(team: Team, output: Path) -> None:
    assert team.head("main") != team.head("develop")
    ended = admit(team, output=output)
    assert ended.code == 0, ended
    told = f"Staging verified the same tree as commit {team.head('develop')[:12]}: "
    assert ended.document["message"].startswith(f"Nothing holds production. {told}")
    assert (ended.document["staging_verified"], ended.document["commit"]) == (True, team.head("main"))
    started, staging = output.read_text().splitlines()
    assert started == f"started={NOW.isoformat()}"
    assert staging.startswith(f"staging={told}")
    assert "warning" not in ended.err


def test_the_newest_run_that_verified_the_tree_is_named(team: Team) -> None:
    newest = team.verify()
    team.verify("failure")
    github = team.github()
    verified = verified_by(github, tree_of(github, team.head("main")))
    assert verified is not None
    assert (verified.run, verified.commit) == (newest, team.head("develop"))
    assert verified.link.endswith(f"/actions/runs/{newest}")


def test_what_was_verified_and_left_behind_by_develop_is_admitted(team: Team, output: Path) -> None:
    team.push("develop", {"app.txt": "2"}, login="mona")
    assert admit(team, output=output).code == 0


def unverified(team: Team) -> None:
    """Let main have what staging has not verified, for all that looks like it."""
    team.push("main", {"app.txt": "2"}, login="octocat")
    team.push("develop", {"app.txt": "2"}, login="mona")
    for conclusion in ("failure", "cancelled", "timed_out"):
        team.verify(conclusion)
    team.run_of("staging.yml", "main", event="workflow_dispatch", conclusion="success")
    team.run_of("preview.yml", "develop", event="workflow_dispatch", conclusion="success")
    team.run_of("staging.yml", "develop")


def test_what_staging_has_not_verified_is_refused_with_what_to_do(team: Team, output: Path) -> None:
    unverified(team)
    ended = admit(team, output=output)
    assert ended.code == 1, ended
    assert f"Staging has not verified the tree of commit {team.head('main')[:12]}." in ended.err
    assert "Nothing was released." in ended.err
    assert "push the same files to develop" in ended.document["next"]


@pytest.mark.parametrize(
    ("argv", "variable", "said"),
    [(("--type=hotfix",), "", "a hotfix goes on without"), ((), "false", "this stack does not ask for it")],
)
def test_a_hotfix_and_a_stack_that_does_not_ask_go_on_with_a_warning(
    team: Team, output: Path, argv: tuple[str, ...], variable: str, said: str
) -> None:
    unverified(team)
    ended = admit(team, "--environment=production", *argv, output=output, REQUIRE_STAGING=variable)
    assert ended.code == 0, ended
    assert ended.document["staging_verified"] is False
    (warning,) = ended.document["warnings"]
    assert said in warning
    assert said in output.read_text()


@pytest.mark.parametrize("variable", ["", "true", "no", "0"])
def test_nothing_but_false_loosens_it(team: Team, output: Path, variable: str) -> None:
    unverified(team)
    assert admit(team, output=output, REQUIRE_STAGING=variable).code == 1


def test_staging_asks_nobody(team: Team, output: Path) -> None:
    unverified(team)
    ended = admit(team, "--environment=staging", output=output, commit=team.head("develop"))
    assert (ended.code, ended.document["staging"]) == (0, ""), ended
    assert output.read_text().endswith("\nstaging=\n")


@pytest.mark.parametrize("kind", ["standard", "hotfix"])
def test_what_is_locked_is_refused_with_who_holds_it(team: Team, output: Path, kind: str) -> None:
    lock.take(team.github(), WANTED)
    lock.take(team.github(), replace(WANTED, environment="staging", reason="load test"))
    before = len(team.changes)
    token = team.app_token("ghs_token_of_admission", "actions:read", "contents:read")
    for environment, reason in (("production", "an audit"), ("staging", "load test")):
        argv = ("admit", f"--environment={environment}", f"--type={kind}")
        ended = team.run(*argv, GITHUB_TOKEN=token, GITHUB_SHA=team.head("main"), GITHUB_OUTPUT=str(output))
        assert ended.code == 1, ended
        assert f"{environment} is locked by octocat since 2026-11-23T12:00:00Z: {reason}" in ended.err
        assert f"`@workflow:unlock {environment}`" in ended.err
    assert len(team.changes) == before
    assert not output.exists()


def test_a_commit_that_was_not_asked_for_is_refused(team: Team, output: Path) -> None:
    asked = team.head("main")
    assert admit(team, "--environment=production", f"--commit={asked}", output=output).code == 0
    output.unlink()
    team.push("main", {"app.txt": "2"}, login="octocat")
    ended = admit(team, "--environment=production", f"--commit={asked}", output=output)
    assert ended.code == 1, ended
    assert f"Commit {asked[:12]} was asked for, and the branch is at {team.head('main')[:12]} by now." in ended.err


@pytest.mark.parametrize("commit", ["main", "0123abc", "A" * 40, "$(id)", f"{'a' * 40}\n", " "])
def test_what_is_no_full_commit_is_wrong_usage(team: Team, output: Path, commit: str) -> None:
    before = len(team.production.exchanges())
    ended = admit(team, "--environment=production", f"--commit={commit}", output=output)
    assert (ended.code, len(team.production.exchanges())) == (2, before), ended


@pytest.mark.parametrize("missing", ["GITHUB_SHA", "GITHUB_TOKEN", "GITHUB_REPOSITORY"])
def test_what_is_not_set_is_wrong_usage(team: Team, output: Path, missing: str) -> None:
    ended = admit(team, output=output, **{missing: ""})
    assert ended.code == 2, ended
    assert missing in ended.err


DOWN: list[dict[str, object]] = [{"status": 500}, {"status": 403}, {"kind": "reset"}]


@pytest.mark.parametrize(
    ("path", "way"),
    [
        *((path, way) for path in ("/contents/", "/git/ref/", "/git/commits/", "/runs") for way in DOWN),
        *((path, {"kind": "broken"}) for path in ("/git/commits/", "/runs")),
    ],
)
@pytest.mark.parametrize("kind", ["standard", "hotfix"])
def test_where_github_does_not_say_nothing_is_released(
    team: Team, output: Path, path: str, way: dict[str, object], kind: str
) -> None:
    team.production.arm(service="github", path=path, times=FOR_GOOD, **way)
    ended = admit(team, "--environment=production", f"--type={kind}", output=output)
    assert ended.code == 1, ended
    assert "GitHub does not say" in ended.err
    assert "Nothing was released. Next: re-run the failed job." in ended.err
