"""The words of an answer."""

import re

from deploy.comments.catalogue import PREFIX
from deploy.comments.markup import code, link
from deploy.comments.parsing import Command, RefusedError
from deploy.errors import DeployError
from deploy.http_client import CallFailedError

_LIVE = re.compile(r"(?<=[@#])|(?<=:/)(?=/)|(?<=www)(?=\.)|(?<=gh)(?=-[0-9])", re.IGNORECASE)
"""Where a mention, a link or a reference to an issue has to be broken: they survive a backslash."""


def taken_up(command: Command) -> str:
    """While it is looked at."""
    return f"👀 {code(command.text)}: being looked at."


def refusal(error: RefusedError) -> str:
    """Why nothing comes of it. What people wrote is in it, so all of it is shown as it is."""
    return f"⛔ Nothing was started. {plain(error.what)}\n\nNext: {plain(error.following)}"


def failure(error: CallFailedError | DeployError, run: str) -> str:
    """When it is not known whether something was started, or could not be."""
    what = f"GitHub: {error.why}" if isinstance(error, CallFailedError) else str(error)
    doubt = isinstance(error, CallFailedError) and error.maybe_done
    said = "It may have been started all the same: look before you ask again." if doubt else "Nothing was started."
    return f"❌ {plain(what)}\n\n{said} {link('What happened', run)}. Next: `{PREFIX}status` says where things are."


def plain(text: str) -> str:
    """A sentence with data in it, in Markdown: its own code stays, and nothing else in it means anything."""
    # A blank line would end a sentence, and code with it.
    line = " ".join(text.split())
    parts = line.split("`")
    # With an odd number of backticks, or several in a row, it is not known which part is code.
    if len(parts) % 2 == 0 or "``" in line:
        return code(line)
    return "".join(f"`{part}`" if index % 2 else _escaped(part) for index, part in enumerate(parts))


def _escaped(text: str) -> str:
    escaped = "".join(f"\\{sign}" if sign in "\\*_[]()#|~>!<&" else sign for sign in text)
    return _LIVE.sub("\u200b", escaped)
