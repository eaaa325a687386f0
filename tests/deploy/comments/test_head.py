from datetime import UTC, datetime, timedelta

import pytest

from deploy.http_client import CallFailedError
from deploy.release.head import head_at, head_of
from sandbox.world.github.pushes import force_push
from tests.deploy.comments.hostile import BRANCHES
from tests.deploy.comments.team import FOR_GOOD, Team

MOMENT = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


def push(team: Team, text: str, moment: datetime, branch: str = "main") -> str:
    """Push a commit at a moment."""
    return team.push(branch, {"text.txt": text}, login="mona", ago=(datetime.now(UTC) - moment).total_seconds())


def test_what_was_pushed_before_counts(team: Team) -> None:
    push(team, "a", MOMENT - timedelta(minutes=1))
    sha = push(team, "b", MOMENT - timedelta(seconds=1))
    assert head_at(team.github(), "main", MOMENT) == head_of(team.github(), "main") == sha


@pytest.mark.parametrize("after", [0, 1, 60])
def test_what_is_pushed_within_the_second_or_later_does_not(team: Team, after: int) -> None:
    before = push(team, "a", MOMENT - timedelta(minutes=1))
    push(team, "b", MOMENT + timedelta(seconds=after))
    last = push(team, "c", MOMENT + timedelta(seconds=after + 1))
    assert head_at(team.github(), "main", MOMENT) == before
    assert head_of(team.github(), "main") == last


def test_what_moves_other_branches_does_not_matter(team: Team) -> None:
    sha = team.head("main")
    push(team, "a", MOMENT + timedelta(minutes=1), "develop")
    push(team, "b", MOMENT + timedelta(minutes=1), "main2")
    assert head_at(team.github(), "main", MOMENT) == sha


def test_a_branch_that_nothing_is_known_of_has_what_it_has(team: Team) -> None:
    team.production.state.collection("github.activities").clear()
    assert head_at(team.github(), "main", MOMENT) == team.head("main")


def test_where_only_later_moves_are_known_it_had_what_the_first_of_them_left(team: Team) -> None:
    before = team.head("main")
    team.production.state.collection("github.activities").clear()
    push(team, "a", MOMENT + timedelta(minutes=1))
    push(team, "b", MOMENT + timedelta(minutes=2))
    assert head_at(team.github(), "main", MOMENT) == before


def test_a_branch_that_was_forced_elsewhere_had_what_it_had(team: Team) -> None:
    first = team.head("main")
    second = push(team, "a", MOMENT - timedelta(minutes=1))
    force_push(team.production.state, team.repository, "main", first, login="operator")
    team.age((datetime.now(UTC) - MOMENT).total_seconds() - 60)
    assert head_of(team.github(), "main") == first
    assert head_at(team.github(), "main", MOMENT) == second
    assert head_at(team.github(), "main", MOMENT + timedelta(minutes=2)) == first


def test_of_more_moves_than_a_page_the_oldest_listed_says_what_was_before(team: Team) -> None:
    before = team.head("main")
    commits = [push(team, str(number), MOMENT + timedelta(minutes=1)) for number in range(101)]
    assert head_at(team.github(), "main", MOMENT) in (before, commits[0])
    assert head_at(team.github(), "main", MOMENT) != commits[-1]


@pytest.mark.parametrize("branch", BRANCHES)
def test_a_branch_is_the_one_of_exactly_that_name(team: Team, branch: str) -> None:
    for similar in {"a", "a+b=c", "x", "main"} - {branch}:
        push(team, f"similar {similar}", MOMENT, similar)
    sha = push(team, "odd", MOMENT - timedelta(minutes=1), branch)
    assert head_at(team.github(), branch, MOMENT) == sha
    assert head_of(team.github(), branch) == sha
    team.production.state.collection("github.activities").clear()
    assert head_at(team.github(), branch, MOMENT) == sha


@pytest.mark.parametrize("way", [{"status": 401}, {"status": 500}, {"kind": "broken"}])
def test_where_github_does_not_tell_nobody_knows(team: Team, way: dict[str, object]) -> None:
    team.production.arm(service="github", times=FOR_GOOD, **way)
    with pytest.raises(CallFailedError):
        head_at(team.github(), "main", MOMENT)
    with pytest.raises(CallFailedError):
        head_of(team.github(), "main")


def test_a_branch_that_is_not_there_has_no_commit(team: Team) -> None:
    with pytest.raises(CallFailedError) as caught:
        head_of(team.github(), "nowhere")
    assert caught.value.status == 404
