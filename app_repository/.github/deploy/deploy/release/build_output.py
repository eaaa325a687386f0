"""A build as `vercel build` leaves it, before it is uploaded."""

import re
from pathlib import Path

from deploy.errors import WrongUsageError

OUTPUT = Path(".vercel/output")
_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def check(folder: Path) -> None:
    """See that a folder has a build, and one that does not point outside itself: the upload would follow.

    Raises:
        WrongUsageError: it has none, or one that does.
    """
    output = folder / OUTPUT
    if not (output / "config.json").is_file():
        raise WrongUsageError(f"There is no build in {output}.", "`vercel build` first.")
    for path in output.rglob("*"):
        if path.is_symlink() and not path.resolve().is_relative_to(output.resolve()):
            raise WrongUsageError(
                f"{path} is a link that leads out of the build.", "build again; a build contains what it deploys."
            )


def check_version(version: str) -> None:
    """See that a version can be written onto a deployment and be looked for.

    Raises:
        WrongUsageError: it cannot.
    """
    if not _VERSION.fullmatch(version):
        raise WrongUsageError(
            f"The version {version[:100]!r} is not made of letters, digits, dots and dashes.",
            "pass the NEXT_PUBLIC_VERSION that the app was built with.",
        )
