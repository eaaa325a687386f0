"""The command line: arguments in, an exit code out."""

import argparse
import os
from collections.abc import Mapping, Sequence
from typing import TextIO

from deploy.clock import Clock
from deploy.command import Command, Context
from deploy.commands.approval import APPROVAL
from deploy.commands.backup import BACKUP
from deploy.commands.health import HEALTH
from deploy.commands.migrate import MIGRATE
from deploy.commands.notify import NOTIFY
from deploy.commands.promote import PROMOTE
from deploy.commands.record import RECORD
from deploy.commands.rollback import ROLLBACK
from deploy.commands.settle import SETTLE
from deploy.commands.stage import STAGE
from deploy.commands.window import WINDOW
from deploy.console import Console
from deploy.errors import DONE, WRONG_USAGE, DeployError, NeedsPersonError
from deploy.http_client import HttpClient
from deploy.settings import Settings

COMMANDS = (WINDOW, BACKUP, STAGE, HEALTH, APPROVAL, MIGRATE, PROMOTE, SETTLE, ROLLBACK, NOTIFY, RECORD)

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
    parser = _parser()
    try:
        arguments = parser.parse_args(argv)
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
    console.done(done.message, done.data)
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m deploy",
        description="Releases a build to one environment on Vercel, verifies it, and takes it back.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
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
