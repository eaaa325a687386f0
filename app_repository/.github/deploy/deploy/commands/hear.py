"""`deploy hear`: reads the comment that started this run, reacts at once, and says what is to be done about it.

It runs before anything may be changed: with a token that comments, and does nothing else.
"""

import argparse

from deploy.clients.github import NEEDED, GitHub
from deploy.command import Command, Context, Done
from deploy.comments import author
from deploy.comments.answering import refusal, taken_up
from deploy.comments.catalogue import CATALOGUE, FLOOR, table
from deploy.comments.parsing import RefusedError, parse
from deploy.comments.thread import EYES, REFUSED, Heard, heard, post, react
from deploy.errors import FailedError
from deploy.http_client import CallFailedError
from deploy.release.event_file import read_event


def _configure(_parser: argparse.ArgumentParser) -> None:
    """It takes no arguments: the event says it all."""


def _run(_arguments: argparse.Namespace, context: Context) -> Done:
    context.settings.require(*NEEDED)
    given = read_event(context.settings, "issue_comment", heard)
    github = GitHub(context.http, context.settings)
    try:
        name, answer = _answer(given, github)
    except CallFailedError as error:
        raise FailedError(
            f"GitHub did not take the answer, or does not say what its author may do: it {error.why}.",
            state="Nothing was started.",
            following="re-run this job, or write the command again.",
        ) from error
    context.console.output(command=name, answer=str(answer or ""))
    what = f"`@workflow:{name}` is taken up" if name else "Nothing is to be done"
    return Done(f"{what} ({given.author}).", {"command": name, "answer": answer})


def _answer(given: Heard, github: GitHub) -> tuple[str, int | None]:
    """The command to carry out, empty for none, and the number of the answer that follows it."""
    if not given.is_person or given.comment is None or given.issue is None:
        return "", None
    try:
        command = parse(given.text)
        if command is None:
            return "", None
        react(github, given.comment, EYES)
        if CATALOGUE[command.name].level:
            author.require(author.role_of(github, given.author), command.name, FLOOR)
    except RefusedError as error:
        react(github, given.comment, REFUSED)
        return "", post(github, given.issue, refusal(error), {})
    if command.name == "help":
        return "", post(github, given.issue, table(), {})
    return command.name, post(github, given.issue, taken_up(command), {"command": command.name})


HEAR = Command(
    name="hear",
    summary="read the comment that started this run, react, and answer what needs nothing else",
    configure=_configure,
    run=_run,
)
