"""Running squawk (https://squawkhq.com), which reads SQL and says what of it would hurt."""

import json
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import alembic

from deploy.errors import WrongUsageError

POSTGRES = "14"
"""The oldest server that this program is meant for."""
_SECONDS = 60
_PARAMETER = re.compile(r"(?<!:):(first|last)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Remark:
    """One thing that squawk says.

    Attributes:
        rule: its name, as on squawk's pages.
        message: what it is.
        help: what to do instead; may be empty.
        statement: of which statement, the first being 0.
    """

    rule: str
    message: str
    help: str
    statement: int


def read(statements: Sequence[str], *, in_transaction: bool) -> list[Remark]:
    """What squawk says of some statements.

    Args:
        statements: a revision's, in their order, without semicolons.
        in_transaction: whether they run in one.

    Raises:
        WrongUsageError: when it is not installed, or does not answer.
    """
    if not statements:
        return []
    # Nothing that lies about in the app's folders decides what is found, nor its own environment variables.
    options = ["--reporter=json", f"--pg-version={POSTGRES}", "--config=/dev/null"]
    if in_transaction:
        options.append("--assume-in-transaction")
    # A backfill's parameters, as PostgreSQL numbers them; and a line that comes to its end, for a comment may end it.
    texts = [f"{_PARAMETER.sub(_numbered, statement)}\n;\n" for statement in statements]
    try:
        done = subprocess.run(
            [program(), *options],
            input="".join(texts),
            capture_output=True,
            text=True,
            check=False,
            timeout=_SECONDS,
            env={},
        )
        remarks = json.loads(done.stdout)
    except (OSError, subprocess.TimeoutExpired, ValueError) as error:
        raise WrongUsageError(
            f"squawk, which reads the SQL, does not answer: {type(error).__name__}.",
            "install requirements-migrate.txt anew.",
        ) from error
    ends = [sum(text.count("\n") for text in texts[: number + 1]) for number in range(len(texts))]
    return [
        Remark(
            rule=remark["rule_name"],
            message=remark["message"],
            help=remark["help"] or "",
            statement=next((number for number, end in enumerate(ends) if remark["line"] < end), len(ends) - 1),
        )
        for remark in remarks
    ]


def program() -> str:
    """Where it is: installed into a folder of its own (`pip install --target`), for this Python, or for the machine.

    Raises:
        WrongUsageError: when it is nowhere.
    """
    candidates = [
        Path(alembic.__file__).parents[1] / "bin/squawk",
        Path(sysconfig.get_path("scripts")) / "squawk",
        Path(sys.executable).parent / "squawk",
    ]
    found = next((str(path) for path in candidates if path.is_file()), None) or shutil.which("squawk")
    if found is None:
        raise WrongUsageError(
            "squawk, which reads the SQL, is not installed.",
            "`python3 -m pip install --require-hashes --target=packages --requirement=requirements-migrate.txt` in "
            ".github/deploy, with PYTHONPATH=packages.",
        )
    return found


def _numbered(parameter: re.Match[str]) -> str:
    return "$1" if parameter[1] == "first" else "$2"
