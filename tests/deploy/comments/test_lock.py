import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from deploy.comments import locking
from deploy.comments.parsing import Command, RefusedError
from deploy.comments.thread import Heard
from deploy.http_client import CallFailedError
from deploy.release import lock
from deploy.release.lock import Lock
from sandbox.world.github import history
from tests.deploy.comments.hostile import TEXTS
from tests.deploy.comments.team import FOR_GOOD, Team

WANTED = Lock(
    environment="production",
    reason="an audit",
    by="octocat",
    since="2026-11-23T12:00:00Z",
    link="https://github.com/acme/ai-tools/issues/1#issuecomment-1",
)
REF = "refs/heads/deploy-lock/production"
LOST: dict[str, dict[str, Any]] = {
    "reset": {"kind": "reset", "applied": True},
    "500": {"status": 500, "applied": True},
    "timeout": {"kind": "timeout", "applied": True},
}
"""Ways in which an answer is lost although what was asked for is done."""


def ref_of(team: Team) -> str | None:
    return history.find_ref(team.production.state, team.repository, REF)


def heard(text: str, login: str = "octocat") -> Heard:
    moment = datetime(2026, 11, 23, 12, tzinfo=UTC)
    return Heard(text=text, author=login, moment=moment, issue=1, comment=1, link="https://github.com/x#issuecomment-1")


def test_a_lock_says_who_holds_the_environment_and_why(team: Team) -> None:
    github = team.github()
    assert lock.read(github, "production") is None
    runs = len(team.production.state.collection("github.workflow_runs"))
    assert lock.take(github, WANTED) == WANTED
    assert lock.read(github, "production") == WANTED
    assert lock.read(github, "staging") is None
    sha = ref_of(team)
    assert sha is not None
    commit = team.ask("GET", f"/commits/{sha}")
    assert (commit["parents"], [file["filename"] for file in commit["files"]]) == ([], ["lock.json"])
    assert len(team.production.state.collection("github.workflow_runs")) == runs


def test_what_is_held_stays_with_whoever_was_first(team: Team) -> None:
    github = team.github()
    lock.take(github, WANTED)
    assert lock.take(github, replace(WANTED, by="mona", reason="mine")) == WANTED
    assert lock.read(github, "production") == WANTED


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_reason_is_kept_as_it_was_given(team: Team, text: str) -> None:
    wanted = replace(WANTED, reason=text, by="<b>[bot]", link="")
    assert lock.take(team.github(), wanted) == wanted
    assert lock.read(team.github(), "production") == wanted


def test_what_is_let_go_is_free(team: Team) -> None:
    github = team.github()
    lock.take(github, WANTED)
    assert lock.let_go(github, "production") == WANTED
    assert ref_of(team) is None
    assert lock.let_go(github, "production") is None
    assert lock.take(github, replace(WANTED, by="mona")).by == "mona"


def test_of_several_at_once_exactly_one_holds_it(team: Team) -> None:
    people = [f"person-{number}" for number in range(4)]
    together = threading.Barrier(len(people))

    def take(login: str) -> Lock:
        github = team.github()
        together.wait(timeout=20)
        return lock.take(github, replace(WANTED, by=login))

    with ThreadPoolExecutor(len(people)) as threads:
        held = list(threads.map(take, people))
    (holder,) = {found.by for found in held}
    assert holder in people
    read = lock.read(team.github(), "production")
    assert read is not None
    assert read.by == holder


@pytest.mark.parametrize("path", ["/git/trees$", "/git/commits$", "/git/refs$"])
@pytest.mark.parametrize("way", LOST.values(), ids=LOST)
def test_a_lost_answer_does_not_make_ones_own_lock_somebody_elses(team: Team, path: str, way: dict[str, Any]) -> None:
    team.production.arm(service="github", method="POST", path=path, **way)
    assert lock.take(team.github(), WANTED) == WANTED
    assert lock.read(team.github(), "production") == WANTED


@pytest.mark.parametrize("way", LOST.values(), ids=LOST)
def test_a_lost_answer_lets_go_all_the_same(team: Team, way: dict[str, Any]) -> None:
    lock.take(team.github(), WANTED)
    team.production.arm(service="github", method="DELETE", **way)
    assert lock.let_go(team.github(), "production") == WANTED
    assert ref_of(team) is None


@pytest.mark.parametrize("path", ["/contents/", "/git/ref/", "/git/trees$", "/git/commits$", "/git/refs$"])
@pytest.mark.parametrize("status", [401, 403, 500])
def test_nobody_is_told_that_it_is_held_where_github_does_not_say_so(team: Team, path: str, status: int) -> None:
    team.production.arm(service="github", path=path, times=FOR_GOOD, status=status)
    with pytest.raises(CallFailedError):
        lock.take(team.github(), WANTED)
    assert ref_of(team) is None


def test_an_answer_that_is_not_json_may_have_taken_it(team: Team) -> None:
    team.production.arm(service="github", method="POST", path="/git/refs$", kind="broken")
    with pytest.raises(CallFailedError) as caught:
        lock.take(team.github(), WANTED)
    assert caught.value.maybe_done
    assert lock.take(team.github(), WANTED) == WANTED


@pytest.mark.parametrize("status", [401, 500])
def test_nobody_is_told_that_it_is_free_where_github_does_not_say_so(team: Team, status: int) -> None:
    lock.take(team.github(), WANTED)
    team.production.arm(service="github", method="DELETE", times=FOR_GOOD, status=status)
    with pytest.raises(CallFailedError):
        lock.let_go(team.github(), "production")
    team.production.disarm()
    assert lock.read(team.github(), "production") == WANTED


def test_a_rule_that_forbids_the_branch_is_said(team: Team) -> None:
    ref_name: dict[str, list[str]] = {"include": ["refs/heads/deploy-lock/**/*"], "exclude": []}
    team.ask(
        "POST",
        "/rulesets",
        name="No branches",
        target="branch",
        enforcement="active",
        conditions={"ref_name": ref_name},
        rules=[{"type": "creation"}],
    )
    with pytest.raises(CallFailedError, match="creations being restricted"):
        lock.take(team.github(), WANTED)


def test_a_branch_that_was_made_by_hand_holds_it_too(team: Team) -> None:
    team.ask("POST", "/git/refs", ref=REF, sha=team.head("main"))
    held = lock.take(team.github(), WANTED)
    assert held.by == "somebody"
    assert "deploy-lock/production" in held.reason
    assert lock.let_go(team.github(), "production") == held
    assert ref_of(team) is None


@pytest.mark.parametrize(
    "content",
    ["", "held", "[]", "{}", "null", '{"environment": "production"}', "[" * 100_000, "\x00", json.dumps({"by": 1})],
    ids=["nothing", "no JSON", "list", "empty", "null", "little", "deep", "zero", "other"],
)
def test_what_cannot_be_read_holds_it_too(team: Team, content: str) -> None:
    team.push("deploy-lock/production", {"lock.json": content}, login="mona")
    assert lock.take(team.github(), WANTED).by == "somebody"


def test_a_folder_in_the_files_place_is_no_answer(team: Team) -> None:
    team.push("deploy-lock/production", {"lock.json/x": "y"}, login="mona")
    with pytest.raises(CallFailedError):
        lock.read(team.github(), "production")


def test_whoever_locks_is_told_so_and_how_to_unlock(team: Team) -> None:
    command = Command(name="lock", environment="staging", reason="`x` <b>")
    said = locking.take(command, heard(command.text), team.github())
    assert "**staging is locked** by octocat: `` `x` <b> ``" in said
    assert "`@workflow:unlock staging`" in said
    held = lock.read(team.github(), "staging")
    assert held is not None
    assert (held.by, held.since, held.link) == (
        "octocat",
        "2026-11-23T12:00:00Z",
        "https://github.com/x#issuecomment-1",
    )


def test_whoever_comes_second_is_told_who_holds_it(team: Team) -> None:
    command = Command(name="lock", environment="production", reason="mine")
    lock.take(team.github(), WANTED)
    with pytest.raises(
        RefusedError, match="production is locked by octocat since 2026-11-23T12:00:00Z: an audit"
    ) as it:
        locking.take(command, heard(command.text, "mona"), team.github())
    assert "talk to octocat" in it.value.following


def test_whoever_unlocks_is_told_what_was_held(team: Team) -> None:
    command = Command(name="unlock", environment="production")
    assert "was not locked" in locking.let_go(command, team.github())
    lock.take(team.github(), WANTED)
    said = locking.let_go(command, team.github())
    assert "**production is unlocked.** Locked by `octocat`" in said
    assert f"([where]({WANTED.link})): `an audit`" in said
