"""The steps of a story, what became of them, and the table that says so."""

import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rich.console import Console
from rich.table import Table
from rich.text import Text

Actor = TypeVar("Actor")


@dataclass(frozen=True, slots=True)
class Step(Generic[Actor]):
    """One step of a story.

    Attributes:
        title: what happens.
        expected: what is to be seen afterwards, a sentence each.
        play: makes it happen, and returns what was seen, in the words of `expected` where it is so.
    """

    title: str
    expected: tuple[str, ...]
    play: Callable[[Actor], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Played:
    """What became of a step.

    Attributes:
        number: from 1.
        title: the step's.
        expected: the step's.
        seen: what was seen instead or as well; where it could not be played, why.
        seconds: how long it took.
        could_be_played: False where it ended with an error of its own.
    """

    number: int
    title: str
    expected: tuple[str, ...]
    seen: tuple[str, ...]
    seconds: float
    could_be_played: bool = True

    @property
    def as_expected(self) -> bool:
        """Whether everything was seen, and nothing else."""
        return self.could_be_played and Counter(self.seen) == Counter(self.expected)


def play(
    steps: Sequence[Step[Actor]],
    actor: Actor,
    console: Console,
    *,
    clock: Callable[[], float] = time.monotonic,
) -> list[Played]:
    """Play steps one after the other. The first that goes another way is the last: the others build upon it.

    Args:
        steps: in the order in which they happen.
        actor: who plays them.
        console: where each is announced, and a traceback shown.
        clock: tells seconds.
    """
    played: list[Played] = []
    for number, step in enumerate(steps, 1):
        console.rule(f"{number}  {step.title}", align="left")
        started = clock()
        could_be_played = True
        try:
            seen = step.play(actor)
        except Exception as error:  # noqa: BLE001 - whatever it is belongs into the table
            console.print(traceback.format_exc(), markup=False, soft_wrap=True)
            seen, could_be_played = (f"it could not be played: {_line(error)}",), False
        made = Played(number, step.title, step.expected, seen, clock() - started, could_be_played)
        played.append(made)
        for sentence in made.seen:
            console.print(f"  {'=' if sentence in made.expected else '!'} {sentence}", markup=False, soft_wrap=True)
        if not made.as_expected:
            break
    return played


def show(console: Console, steps: Sequence[Step[Actor]], played: Sequence[Played]) -> bool:
    """Print the table; returns whether every step was played and seen as expected."""
    table = Table(title="The rehearsal", title_justify="left")
    table.add_column("step", overflow="fold", ratio=2)
    table.add_column("expected", overflow="fold", ratio=4)
    table.add_column("seen", overflow="fold", ratio=3)
    table.add_column("seconds", justify="right", no_wrap=True)
    for number, step in enumerate(steps, 1):
        entry = played[number - 1] if number <= len(played) else None
        rows = list(_rows(step, entry))
        for row, (expected, seen) in enumerate(rows):
            first = row == 0
            table.add_row(
                Text(f"{number} {step.title}" if first else ""),
                Text(expected),
                seen,
                f"{entry.seconds:.0f}" if entry and first else "",
                end_section=row == len(rows) - 1,
            )
    console.print(table)
    return len(played) == len(steps) and all(entry.as_expected for entry in played)


def _rows(step: Step[Actor], played: Played | None) -> Iterator[tuple[str, Text]]:
    """A step's sentences: what was expected, and what was seen of it. What was not expected comes last."""
    seen = list(played.seen) if played else []
    other = [sentence for sentence in seen if seen.count(sentence) > step.expected.count(sentence)]
    for sentence in step.expected:
        if played is None:
            yield sentence, Text("not played", "bold red")
        elif sentence in seen:
            yield sentence, Text("as expected", "green")
        else:
            # Mostly the sentence that stands in its place says what happened instead.
            yield sentence, Text(other.pop(0) if other else "not seen", "bold red")
    for sentence in other:
        yield "", Text(sentence, "bold red")


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"
