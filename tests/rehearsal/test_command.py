"""`make rehearse` as a command: what it ends with."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from rehearsal import __main__ as command
from rehearsal.step import Step
from rehearsal.theatre import NotReadyError


@dataclass
class Stage:
    """Stands where a team would.

    Attributes:
        homes: that were asked for.
        is_over: whether people play from now on.
        handlers: by the signals that they are for.
    """

    homes: list[Path] = field(default_factory=list)
    is_over: bool = False
    handlers: dict[int, Any] = field(default_factory=dict)


@pytest.fixture(autouse=True)
def empty_theatre(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """Nothing is brought up."""
    stage = Stage()

    @contextmanager
    def theatre(home: Path, _console: object) -> Iterator[Stage]:
        stage.homes.append(home)
        yield stage

    monkeypatch.setattr(command, "theatre", theatre)
    monkeypatch.setattr(command.signal, "signal", stage.handlers.__setitem__)
    return stage


def run(monkeypatch: pytest.MonkeyPatch, story: tuple[Step[object], ...], *, home: Path, steps: int = 0) -> int:
    monkeypatch.setattr(command, "STORY", story)
    monkeypatch.setattr(sys, "argv", ["rehearsal"])
    with pytest.raises(SystemExit) as end:
        command.main(steps or len(story), home=home)
    assert isinstance(end.value.code, int)
    return end.value.code


GOOD: Step[object] = Step("A release", ("it serves",), lambda _team: ("it serves",))
BAD: Step[object] = Step("A bad release", ("it does not serve",), lambda _team: ("it serves",))


def test_a_rehearsal_that_goes_as_expected_ends_with_0(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_theatre: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, (GOOD, GOOD), home=tmp_path / "home") == 0
    assert empty_theatre.homes == [tmp_path / "home"]
    assert "2 steps in" in capsys.readouterr().out


def test_a_step_that_differs_ends_it_with_1(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert run(monkeypatch, (GOOD, BAD), home=tmp_path) == 1


def test_only_the_first_steps_are_played_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, (GOOD, BAD), home=tmp_path, steps=1) == 0
    assert "A bad release" not in capsys.readouterr().out


def test_without_steps_people_play_and_are_told_how(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, empty_theatre: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_seconds: float) -> None:
        assert empty_theatre.is_over
        raise KeyboardInterrupt

    monkeypatch.setattr(command.time, "sleep", interrupt)
    with pytest.raises(SystemExit) as end:
        command.main(0, keep=True, home=tmp_path)
    assert end.value.code == 0
    said = capsys.readouterr().out
    assert f"python -m sandbox exec --home {tmp_path} -- bash" in said
    assert "The rehearsal" not in said


@pytest.mark.parametrize(
    ("number", "ended"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit), (signal.SIGHUP, SystemExit)]
)
def test_a_signal_ends_it_and_a_second_one_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    empty_theatre: Stage,
    number: signal.Signals,
    ended: type[BaseException],
) -> None:
    run(monkeypatch, (GOOD,), home=tmp_path)
    with pytest.raises(ended):
        empty_theatre.handlers[number](number, None)
    assert set(empty_theatre.handlers.values()) == {signal.SIG_IGN}


def test_what_cannot_begin_says_why_and_ends_with_1(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def none(_home: Path, _console: object) -> None:
        raise NotReadyError("staging did not come up: no key [yet]")

    monkeypatch.setattr(command, "theatre", none)
    assert run(monkeypatch, (GOOD,), home=tmp_path) == 1
    assert "staging did not come up: no key [yet]" in capsys.readouterr().out
