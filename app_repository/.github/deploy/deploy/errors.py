"""How a command ends when it is not done. The exit codes are a contract: see `deploy --help`."""

from collections.abc import Mapping
from typing import Any

DONE = 0
FAILED = 1
WRONG_USAGE = 2
NEEDS_A_PERSON = 3


class DeployError(Exception):
    """Ends a command: what happened, what state things are in now, and what to type next."""

    exit_code = FAILED

    def __init__(self, what: str, *, state: str, following: str, data: Mapping[str, Any] | None = None) -> None:
        """Compose the three sentences.

        Args:
            what: what happened.
            state: what state things are in now.
            following: the next command, or the next thing to do.
            data: more for machines, printed under `--json`.
        """
        super().__init__(what)
        self.what = what
        self.state = state
        self.following = following
        self.data = data or {}

    def __str__(self) -> str:
        return f"{self.what} {self.state} Next: {self.following}"


class FailedError(DeployError):
    """It did not work, and what served before serves: exit code 1."""


class WrongUsageError(DeployError):
    """An argument, a variable or a secret is missing or cannot be meant: exit code 2. Nothing was called."""

    exit_code = WRONG_USAGE

    def __init__(self, what: str, following: str) -> None:
        super().__init__(what, state="Nothing was changed.", following=following)


class NeedsPersonError(DeployError):
    """What serves is not known to be good, and this program cannot make it so: exit code 3."""

    exit_code = NEEDS_A_PERSON
