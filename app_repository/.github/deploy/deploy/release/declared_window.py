"""The window and the freezes that a stack declares, as its GitHub environment's variables hold them."""

import json
from collections.abc import Sequence

from deploy.errors import WrongUsageError
from deploy.release.deploy_window import EXAMPLE, Freeze, Window
from deploy.settings import Settings


def window_of(settings: Settings, given: str | None = None) -> Window:
    """The window that is given, or else DEPLOY_WINDOW.

    Raises:
        WrongUsageError: when there is none, or it cannot be read.
    """
    text = given or settings.get("DEPLOY_WINDOW")
    if not text:
        raise WrongUsageError(
            "There is no window: neither --window nor DEPLOY_WINDOW.",
            f"`pulumi config set deployWindow '{EXAMPLE}'` and `pulumi up`.",
        )
    try:
        return Window.parse(text)
    except ValueError as error:
        raise WrongUsageError(f"The window {error}.", f"write it as {EXAMPLE!r}.") from error


def freezes_of(settings: Settings, given: Sequence[str] | None = None) -> list[Freeze]:
    """The freezes that are given, or else DEPLOY_FREEZES.

    Raises:
        WrongUsageError: when one cannot be read.
    """
    try:
        listed = given if given is not None else json.loads(settings.get("DEPLOY_FREEZES", "[]"))
        return [Freeze.parse(entry) for entry in listed]
    except (ValueError, TypeError, AttributeError) as error:
        raise WrongUsageError(f"A freeze cannot be read: {error}.", "write it as 2026-12-24/2027-01-02.") from error
