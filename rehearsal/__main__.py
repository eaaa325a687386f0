"""`make rehearse`: plays the story on this machine, and ends with a table; 1 when a step went another way."""

import sys
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from rehearsal.step import play, show
from rehearsal.story import STORY
from rehearsal.theatre import NotReadyError, theatre
from sandbox.actions.npm import NpmError
from sandbox.actions.pip import PipError
from sandbox.browser import BrowserError
from sandbox.go_tools import ToolError
from sandbox.paths import HOME
from sandbox.postgres import PostgresError

REFUSALS = (NotReadyError, NpmError, PipError, BrowserError, ToolError, PostgresError)


def main(
    steps: Annotated[int, typer.Option(min=1, max=len(STORY), help="Play only the first so many steps.")] = len(STORY),
    keep: Annotated[bool, typer.Option("--keep", help="Go on serving the page afterwards, until Ctrl-C.")] = False,
    home: Annotated[Path, typer.Option(help="Where its world is kept; deleted at the start.")] = HOME / "rehearsal",
) -> None:
    """Play the story on this machine."""
    console = Console(highlight=False, emoji=False)
    started = time.monotonic()
    story = STORY[:steps]
    try:
        with theatre(home, console) as team:
            console.print(f"Everything is up after {time.monotonic() - started:.0f} s.")
            passed = show(console, story, play(story, team, console))
            console.print(
                f"{len(story)} steps in {time.monotonic() - started:.0f} s. "
                + ("Everything went as expected." if passed else "A step went another way: its jobs' logs are above.")
            )
            if keep:
                console.print(f"The live page is still served. Ctrl-C ends it; its world stays in {home}.")
                _wait()
    except REFUSALS as refusal:
        console.print(str(refusal), style="red", markup=False, soft_wrap=True)
        passed = False
    sys.exit(0 if passed else 1)


def _wait() -> None:
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    typer.run(main)
