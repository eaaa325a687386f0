"""The command line: arguments in, an exit code out."""

import argparse
import importlib
import os
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

from deploy.clock import Clock
from deploy.command import Command, Context
from deploy.console import Console
from deploy.errors import DONE, WRONG_USAGE, DeployError, NeedsPersonError
from deploy.http_client import HttpClient
from deploy.settings import Settings

NAMES = (
    *("window", "admit", "backup", "stage", "health", "approval", "migrate", "promote", "settle", "rollback", "notify"),
    *("record", "command", "hear", "answer", "preview", "stale"),
)
"""The commands, each in the module of `deploy.commands` that has its name."""

EXIT_CODES = """exit codes:
  0  done
  1  failed and safe: what served before serves
  2  wrong usage or configuration: nothing was called
  3  needs a person now"""

LOOK_FIRST = "`python3 -m deploy settle` says what serves, and shouts where that is not healthy."


def main(
    argv: Sequence[str] | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
    timeout_seconds: float = 20.0,
    out: TextIO | None = None,
    err: TextIO | None = None,
) -> int:
    """Run one command.

    Args:
        argv: the arguments; those of the process by default.
        environ: the environment variables; those of the process by default.
        clock: what tells the time and waits.
        timeout_seconds: how long one attempt of an outgoing call may take.
        out: where results go; standard output by default.
        err: where the log goes; standard error by default.

    Returns:
        0 done, 1 failed and safe, 2 wrong usage or configuration, 3 needs a person now.
    """
    variables = os.environ if environ is None else environ
    words = sys.argv[1:] if argv is None else argv
    # A rollback does not wait for Python to compile what it does not need.
    parser = _parser([load(words[0])] if words and words[0] in NAMES else load_all())
    try:
        arguments = parser.parse_args(words)
    except SystemExit as ended:  # argparse has printed its help, or what is wrong
        return ended.code if isinstance(ended.code, int) else WRONG_USAGE
    command: Command = arguments.command
    clock = clock or Clock()
    console = Console(variables, as_json=arguments.json, out=out, err=err)
    context = Context(
        settings=Settings(variables),
        console=console,
        clock=clock,
        http=HttpClient(console, clock, timeout_seconds=timeout_seconds),
    )
    try:
        done = command.run(arguments, context)
    except DeployError as error:
        console.fail(error)
        return error.exit_code
    except KeyboardInterrupt:
        interrupted = NeedsPersonError(
            f"`deploy {command.name}` was interrupted.", state="What it had asked for goes on.", following=LOOK_FIRST
        )
        console.fail(interrupted)
        return interrupted.exit_code
    console.done(done.message, done.data, done.lines)
    return DONE


def load(name: str) -> Command:
    """The command of that name."""
    command: Command = getattr(importlib.import_module(f"deploy.commands.{name}"), name.upper())
    return command


def load_all() -> list[Command]:
    """Every command."""
    return [load(name) for name in NAMES]


def _parser(known: Sequence[Command]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m deploy",
        description="Releases a build to one environment on Vercel, verifies it, and takes it back.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in known:
        added = commands.add_parser(
            command.name,
            help=command.summary,
            description=command.summary,
            epilog=EXIT_CODES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        added.add_argument("--json", action="store_true", help="print the result as one JSON document")
        command.configure(added)
        added.set_defaults(command=command)
    return parser
