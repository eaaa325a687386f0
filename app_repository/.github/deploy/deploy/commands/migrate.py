"""`deploy migrate`: the app's database. Its arguments are here; what it does needs packages: `migrations/`."""

import argparse
import contextlib
import importlib
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from deploy.command import Command, Context, Done
from deploy.errors import FailedError, WrongUsageError

FOLDER = Path("migrations")
PACKAGES = "requirements-migrate.txt"
SHORTEST, LONGEST = 0.001, 2_147_483.0
"""What PostgreSQL takes as a timeout, in seconds. To it 0 is none at all, and what is shorter is 0."""


@dataclass(frozen=True, slots=True)
class Subcommand:
    """One of the things that can be done with a database: `migrations/NAME.py` does it.

    Attributes:
        name: what is typed.
        summary: one line.
        arguments: adds its own arguments.
    """

    name: str
    summary: str
    arguments: Callable[[argparse.ArgumentParser], None]


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 <= seconds < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is no time that ends")
    return seconds


def _timeout(text: str) -> float:
    seconds = _seconds(text)
    if not SHORTEST <= seconds <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text} is no timeout: {SHORTEST:g} to {LONGEST:.0f}, and 0 would be none")
    return seconds


def _add_bounds(parser: argparse.ArgumentParser) -> None:
    bounds = {
        "--lock-timeout": (_timeout, 0.075, "how long one attempt waits for a lock: the longest that a writer stalls"),
        "--lock-budget": (_seconds, 300.0, "how long to go on trying for a revision's locks; 0 is once"),
        "--lock-wait": (_seconds, 60.0, "how long to wait for another run; 0 is not at all"),
        "--statement-timeout": (_timeout, 3.0, "how long a statement may take while it holds its locks"),
        "--deadline": (_timeout, 3600.0, "how long a statement may take that nobody waits for, as an index's build"),
    }
    for option, (kind, default, meaning) in bounds.items():
        parser.add_argument(option, type=kind, default=default, metavar="SECONDS", help=f"{meaning} (%(default)g)")


def _up(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to", metavar="REVISION", help="the last to apply; contracts are applied only when this names or follows them"
    )
    parser.add_argument(
        "--restore-point",
        default="",
        metavar="WHAT",
        help="the file of a dump in the custom format, or what `deploy backup` handed over",
    )
    parser.add_argument(
        "--no-restore-point", action="store_true", help="apply contracts without one: nobody would miss the data"
    )
    parser.add_argument(
        "--restore-point-age",
        type=_seconds,
        default=21_600.0,
        metavar="SECONDS",
        help="how old it may be (%(default)g)",
    )
    _add_bounds(parser)


def _down(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", required=True, metavar="REVISION", help="the last to stay; base is none")
    parser.add_argument("--accept-data-loss", action="store_true", help="go down although what is counted is lost")
    _add_bounds(parser)


def _plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--since", metavar="COMMIT", help="without a database: pending is what this Git commit's migrations have not"
    )
    parser.add_argument(
        "--measure-locks",
        action="store_true",
        help="run what is pending in a transaction that is taken back, and show which locks it held and for how long",
    )


def _adopt(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--at", default="", metavar="REVISION", help="the last one whose effect the database has already (none)"
    )
    _add_bounds(parser)


def _drift(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--accept", action="store_true", help="record the schema as it is now")
    _add_bounds(parser)


def _backup(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--file", type=Path, required=True, help="where the dump goes, or is")
    parser.add_argument("--check-only", action="store_true", help="read the file that is there; make none")


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="a few words, such as add_revenue_tracking")
    parser.add_argument("--kind", choices=("expand", "concurrent", "backfill", "contract"), default="expand")


def _nothing(_parser: argparse.ArgumentParser) -> None:
    """It has no arguments of its own."""


SUBCOMMANDS = (
    Subcommand("new", "write the file of a new revision", _new),
    Subcommand("plan", "show what `up` would do: SQL, locks, table sizes, findings; blocking ones fail", _plan),
    Subcommand("up", "apply what is pending", _up),
    Subcommand("down", "take revisions back, after counting what that destroys", _down),
    Subcommand("status", "show each revision and what became of it", _nothing),
    Subcommand("adopt", "take over a database that somebody else has migrated, such as Prisma", _adopt),
    Subcommand("drift", "compare the schema with what the last migration left", _drift),
    Subcommand("backup", "make a dump and read it in full, or read one", _backup),
)


def _configure(parser: argparse.ArgumentParser) -> None:
    subcommands = parser.add_subparsers(required=True, metavar="SUBCOMMAND", dest="subcommand")
    for subcommand in SUBCOMMANDS:
        added = subcommands.add_parser(
            subcommand.name, help=subcommand.summary, description=subcommand.summary, allow_abbrev=False
        )
        # Given before the subcommand, it stays given.
        added.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print the result as one JSON document"
        )
        added.add_argument(
            "--folder", type=Path, default=FOLDER, help="the app's migrations (%(default)s, below the current folder)"
        )
        subcommand.arguments(added)


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    name = f"`deploy migrate {arguments.subcommand}`"
    try:
        # Standard output is the result's alone. What the app's own code prints goes to the log.
        with contextlib.redirect_stdout(sys.stderr):
            return _module(arguments.subcommand).run(arguments, context)
    except KeyboardInterrupt:
        raise FailedError(
            f"{name} was interrupted.",
            state="What was under way was either done whole or taken back; the ledger says which.",
            following="`python3 -m deploy migrate status`, then run the same again: it goes on from there.",
        ) from None
    except SystemExit as error:
        raise FailedError(
            f"{name} was ended by the app's own code, which called exit({error.code}).",
            state="What was under way was taken back.",
            following="take that call out of the migrations, then run the same again.",
        ) from error


def _module(subcommand: str) -> ModuleType:
    try:
        return importlib.import_module(f"deploy.migrations.{subcommand}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "deploy":
            raise
        raise WrongUsageError(
            f"`deploy migrate` needs the package {error.name}, which is not installed.",
            f"`python3 -m pip install --require-hashes --target=packages --requirement={PACKAGES}` in .github/deploy, "
            "with PYTHONPATH=packages.",
        ) from error


MIGRATE = Command(
    name="migrate", summary="move the app's database, show where it is, or take it back", configure=_configure, run=_run
)
