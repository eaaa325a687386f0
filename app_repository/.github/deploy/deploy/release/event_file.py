"""The event that started a run, in the file that GITHUB_EVENT_PATH names.

Source: https://docs.github.com/actions/reference/workflows-and-actions/variables.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from deploy.errors import WrongUsageError
from deploy.settings import Settings

Read = TypeVar("Read")


def read_event(settings: Settings, kind: str, reader: Callable[[Any], Read]) -> Read:
    """What a reader makes of the event.

    Args:
        settings: must have GITHUB_EVENT_PATH.
        kind: what event it has to be, for the error.
        reader: takes the event; raises KeyError, TypeError or ValueError where it is another.

    Raises:
        WrongUsageError: there is no such event.
    """
    settings.require("GITHUB_EVENT_PATH")
    try:
        return reader(json.loads(Path(settings["GITHUB_EVENT_PATH"]).read_text(encoding="utf-8")))
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise WrongUsageError(
            f"GITHUB_EVENT_PATH is no file with an event of {kind} ({type(error).__name__}).",
            f"run it in a workflow that starts on {kind}.",
        ) from error
