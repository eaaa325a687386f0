"""The machinery of the rehearsal, played by a team that only says what it is told to say."""

import io
from collections.abc import Callable

import pytest
from rich.console import Console

from rehearsal.step import Step, play, show

Team = list[str]


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(output: io.StringIO) -> Console:
    return Console(file=output, width=140, color_system=None)


@pytest.fixture
def ticking() -> Callable[[], float]:
    """A clock on which seven seconds pass between two looks."""
    seconds = iter(range(0, 700, 7))
    return lambda: float(next(seconds))


def cells(output: io.StringIO, rows: int) -> list[list[str]]:
    """The first three columns of the table's first so many rows."""
    lines = [line for line in output.getvalue().splitlines() if line.startswith("│")]
    return [[cell.strip() for cell in line.strip("│").split("│")[:3]] for line in lines[:rows]]


def says(*seen: str) -> Callable[[Team], tuple[str, ...]]:
    def tell(team: Team) -> tuple[str, ...]:
        team.append(seen[0])
        return seen

    return tell


def fails(_team: Team) -> tuple[str, ...]:
    raise LookupError("there is no branch\nand no more to say")


RELEASE = Step("A release", ("it serves",), says("it serves"))
BAD_ONE = Step("A bad release", ("the old one serves", "Slack was told"), says("the old one serves", "nobody was told"))
BROKEN = Step("A rollback", ("the old one serves",), fails)
LAST = Step("A hotfix", ("it serves",), says("it serves, too"))


def test_steps_are_played_in_their_order_and_their_time_is_taken(
    console: Console, ticking: Callable[[], float]
) -> None:
    team: Team = []
    played = play([RELEASE, Step("Another", ("again",), says("again"))], team, console, clock=ticking)
    assert team == ["it serves", "again"]
    assert [(entry.number, entry.seconds, entry.as_expected) for entry in played] == [(1, 7, True), (2, 7, True)]


def test_a_story_that_goes_as_expected_passes_and_its_table_says_so(
    console: Console, output: io.StringIO, ticking: Callable[[], float]
) -> None:
    assert show(console, [RELEASE], play([RELEASE], [], console, clock=ticking))
    (row,) = [line for line in output.getvalue().splitlines() if "1 A release" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == ["1 A release", "it serves", "as expected", "7"]


def test_a_step_that_differs_fails_the_story_and_what_builds_upon_it_is_not_played(
    console: Console, output: io.StringIO
) -> None:
    team: Team = []
    steps = [RELEASE, BAD_ONE, LAST]
    played = play(steps, team, console)
    assert not show(console, steps, played)
    assert team == ["it serves", "the old one serves"]
    assert cells(output, 4) == [
        ["1 A release", "it serves", "as expected"],
        ["2 A bad release", "the old one serves", "as expected"],
        ["", "Slack was told", "nobody was told"],
        ["3 A hotfix", "it serves", "not played"],
    ]


def test_a_step_that_cannot_be_played_fails_the_story_and_says_why(console: Console, output: io.StringIO) -> None:
    played = play([BROKEN, LAST], [], console)
    assert not show(console, [BROKEN, LAST], played)
    assert played[0].seen == ("it could not be played: LookupError: there is no branch",)
    assert "Traceback" in output.getvalue()


def test_less_than_expected_is_another_way_too(console: Console, output: io.StringIO) -> None:
    step = Step("A rollback", ("it serves", "Slack was told"), says("it serves"))
    assert not show(console, [step], play([step], [], console))
    assert cells(output, 2)[1] == ["", "Slack was told", "not seen"]


def test_more_than_expected_is_another_way_too(console: Console, output: io.StringIO) -> None:
    step = Step("A rollback", ("it serves",), says("it serves", "it broke"))
    assert not show(console, [step], play([step], [], console))
    assert cells(output, 2)[1] == ["", "", "it broke"]


def test_what_was_seen_twice_is_another_way_too(console: Console) -> None:
    step = Step("A rollback", ("it serves",), says("it serves", "it serves"))
    assert not show(console, [step], play([step], [], console))


def test_the_order_in_which_things_were_seen_says_nothing(console: Console) -> None:
    step = Step("A rollback", ("it serves", "Slack was told"), says("Slack was told", "it serves"))
    assert show(console, [step], play([step], [], console))
