"""`@workflow:lock` and `@workflow:unlock`."""

import re

from deploy.clients.github import GitHub
from deploy.comments.markup import code, link
from deploy.comments.parsing import Command, RefusedError
from deploy.comments.thread import Heard
from deploy.release import lock
from deploy.release.lock import Lock

_ADDRESS = re.compile(r"https://[A-Za-z0-9./_#-]+")


def take(command: Command, heard: Heard, github: GitHub) -> str:
    """Hold the environment for the author; what to answer.

    Raises:
        RefusedError: somebody holds it already.
        CallFailedError: when GitHub did not say that it is held.
    """
    wanted = Lock(
        environment=command.environment,
        reason=command.reason,
        by=heard.author,
        since=lock.said(heard.moment),
        link=heard.link,
    )
    held = lock.take(github, wanted)
    if held != wanted:
        raise RefusedError(f"{held}.", f"talk to {held.by}, or `@workflow:unlock {command.environment}` first.")
    return (
        f"🔒 **{command.environment} is locked** by {heard.author}: {code(command.reason)}.\n\n"
        f"Nothing is deployed to it until `@workflow:unlock {command.environment}`; a rollback still goes."
    )


def let_go(command: Command, github: GitHub) -> str:
    """Let go of the environment; what to answer.

    Raises:
        CallFailedError: when GitHub did not say that it is free.
    """
    held = lock.let_go(github, command.environment)
    if held is None:
        return f"🔓 **{command.environment}** was not locked."
    return f"🔓 **{command.environment} is unlocked.** {shown(held)}"


def shown(held: Lock) -> str:
    """A lock in Markdown."""
    # It was written into a branch that whoever may push can write to.
    where = f" ({link('where', held.link)})" if _ADDRESS.fullmatch(held.link) else ""
    return f"Locked by {code(held.by)} since {code(held.since)}{where}: {code(held.reason)}."
