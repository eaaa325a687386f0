"""Moments that an option gives."""

import argparse
from datetime import UTC, datetime

from deploy.errors import WrongUsageError


def add_started(parser: argparse.ArgumentParser) -> None:
    """Add the argument that says when the work on a release began."""
    parser.add_argument(
        "--started", default="", metavar="ISO8601", help="when the work on the release began, for its DORA record (now)"
    )


def moment_of(option: str, text: str) -> datetime | None:
    """The moment that an option gives; None where it gives none.

    Args:
        option: its name, for the error.
        text: ISO 8601; without a time zone it is UTC.

    Raises:
        WrongUsageError: when it is none.
    """
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUsageError(f"{option} {text!r} is no moment.", "write it as 2026-01-31T12:00:00Z.") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)
