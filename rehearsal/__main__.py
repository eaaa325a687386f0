"""`make rehearse`: plays the story on this machine, and ends with a table; 1 when a step went another way."""

import functools
import shlex
import signal
import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from operations.stack_files import StackFileError
from rehearsal.step import play, show
from sandbox.actions.npm import NpmError
from sandbox.actions.pip import PipError
from sandbox.browser import BrowserError
from sandbox.go_tools import ToolError
from sandbox.paths import HOME
from sandbox.postgres import PostgresError

try:
    # The story's names are the stack files'.
    from rehearsal.story import STORY
    from rehearsal.theatre import NotReadyError, theatre
except StackFileError as error:
    sys.stderr.write(f"{error}\n")
    sys.exit(2)

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
REFUSALS = (NotReadyError, StackFileError, NpmError, PipError, BrowserError, ToolError, PostgresError)


def main(
    steps: Annotated[int, typer.Option(min=0, max=len(STORY), help="Play only the first so many steps.")] = len(STORY),
    keep: Annotated[bool, typer.Option("--keep", help="Go on afterwards, for people to play, until Ctrl-C.")] = False,
    home: Annotated[
        Path, typer.Option(help="Where its world is kept; deleted at the start.", resolve_path=True, file_okay=False)
    ] = HOME / "rehearsal",
) -> None:
    """Play the story on this machine."""
    console = Console(highlight=False, emoji=False)
    for number in ENDINGS:
        signal.signal(number, functools.partial(_end, console))
    started = time.monotonic()
    story = STORY[:steps]
    try:
        with theatre(home, console) as team:
            console.print(f"Everything is up after {time.monotonic() - started:.0f} s.")
            passed = True
            if story:
                passed = show(console, story, play(story, team, console))
                how = "Everything went as expected." if passed else "A step went another way: its logs are above."
                console.print(f"{len(story)} steps in {time.monotonic() - started:.0f} s. {how}")
            team.is_over = True
            if keep:
                _hand_over(home, console)
    except REFUSALS as refusal:
        console.print(str(refusal), style="red", markup=False, soft_wrap=True)
        passed = False
    sys.exit(0 if passed else 1)


def _end(console: Console, number: int, _frame: object) -> None:
    """End and clear away what was started; a second signal changes nothing about that."""
    for each in ENDINGS:
        signal.signal(each, signal.SIG_IGN)
    console.print("Ending what was started …")
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    sys.exit(128 + number)


def _hand_over(home: Path, console: Console) -> None:
    """Tell people how to go on by themselves, and wait for Ctrl-C."""
    console.print(
        "It is yours now, until Ctrl-C. A shell in which github.com and all else are this world's, elsewhere:\n"
        f"  .venv/bin/python -m sandbox exec --home {shlex.quote(str(home))} -- bash\n"
        "What can be done there is in docs/rehearsal.md, under The playground.",
        soft_wrap=True,
        markup=False,
    )
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    typer.run(main)
