"""`deploy command`: carries out what people write in comments, from a comment's event or from a terminal."""

import argparse
import json
from dataclasses import replace
from typing import Any

from deploy.clients.github import NEEDED, GitHub
from deploy.command import Command, Context, Done
from deploy.comments import author, locking
from deploy.comments.answering import failure, refusal
from deploy.comments.catalogue import PREFIX, table
from deploy.comments.parsing import Command as Asked
from deploy.comments.parsing import RefusedError, parse
from deploy.comments.plan import facts_of_command
from deploy.comments.planning import plan
from deploy.comments.starting import queued, start
from deploy.comments.status import status
from deploy.comments.thread import REFUSED, STARTED, Heard, find_answer, heard, react, update
from deploy.errors import DeployError, FailedError
from deploy.http_client import CallFailedError
from deploy.release import lock
from deploy.release.event_file import read_event
from deploy.release.team import run_link

STARTING = ("deploy", "preview", "rollback")


def _configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("text", nargs="?", metavar="TEXT", help="the command, such as '@workflow:status'")
    parser.add_argument("--answer", type=int, metavar="ID", help="the comment's event is read, and this answer changed")
    parser.add_argument("--pull-request", type=int, metavar="N", help="which one a preview is of")
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print as JSON what it would do, and do nothing; without GITHUB_TOKEN only the words are looked at",
    )


def _run(arguments: argparse.Namespace, context: Context) -> Done:
    if (arguments.text is None) == (arguments.answer is None):
        raise RefusedError(
            "There is either a command in words, or a comment to answer.", "see `deploy command --help`."
        )
    if arguments.answer is not None:
        return _from_comment(arguments.answer, context)
    return _from_terminal(arguments, context)


def _from_comment(answer: int, context: Context) -> Done:
    """Carry out the command of the comment that started this run; whatever comes of it is written into the answer."""
    context.settings.require(*NEEDED)
    given = read_event(context.settings, "issue_comment", heard)
    github = GitHub(context.http, context.settings)
    facts: dict[str, Any] = {}
    reaction = STARTED
    ended: DeployError | None = None
    try:
        asked = _asked(given)
        facts = {"command": asked.name}
        _refuse_again(given, github, context, answer)
        _allow(asked, given, github, context)
        text, data = _carry_out(asked, given, github, context, answer)
        facts |= {"done": True, **{name: data[name] for name in ("run", "commit") if data.get(name)}}
    except RefusedError as error:
        text, data, reaction = refusal(error), {"refused": str(error)}, REFUSED
    except (CallFailedError, DeployError) as error:
        text, data, reaction = failure(error, run_link(context)), {}, REFUSED
        ended = error if isinstance(error, DeployError) else _failed(error)
    try:
        update(github, answer, text, facts)
        if given.comment is not None:
            react(github, given.comment, reaction)
    except CallFailedError as error:
        context.console.warn(f"The answer was not written, for GitHub {error.why}. It would have said: {text}")
    if ended is not None:
        raise ended
    return Done(text, data)


def _refuse_again(given: Heard, github: GitHub, context: Context, answer: int) -> None:
    """Refuse a job that is run again: whoever may write can do that, and a command is carried out once."""
    if context.settings.get("GITHUB_RUN_ATTEMPT", "1") == "1":
        return
    found = find_answer(github, answer)
    if found is not None and found[1].get("done"):
        raise RefusedError("This command was carried out already.", "write it again.")
    if context.settings.get("GITHUB_TRIGGERING_ACTOR").lower() != given.author.lower():
        raise RefusedError("Only who wrote a command can have it run again.", "write it yourself.")


def _from_terminal(arguments: argparse.Namespace, context: Context) -> Done:
    given = Heard(
        text=arguments.text,
        author="",
        moment=context.clock.now(),
        issue=arguments.pull_request,
        is_pull_request=arguments.pull_request is not None,
    )
    asked = _asked(given)
    if arguments.dry_run and not context.settings.get("GITHUB_TOKEN"):
        return _printed({**facts_of_command(asked), "checked": False})
    if asked.name == "help" and not arguments.dry_run:
        return Done(table(), facts_of_command(asked), tuple(table().splitlines()))
    context.settings.require(*NEEDED)
    github = GitHub(context.http, context.settings)
    try:
        given = replace(given, author=github.get("who this is", "//user", dict)["login"])
        _allow(asked, given, github, context)
        if arguments.dry_run:
            planned = plan(asked, given, github, context).data if asked.name in STARTING else facts_of_command(asked)
            if asked.name == "lock" and (held := lock.read(github, asked.environment)) is not None:
                raise RefusedError(f"{held}.", f"`{PREFIX}unlock {asked.environment}` first.")
            return _printed({**planned, "checked": True, "by": given.author})
        text, data = _carry_out(asked, given, github, context, None)
    except CallFailedError as error:
        raise _failed(error) from error
    return Done(text, {**facts_of_command(asked), **data}, tuple(text.splitlines()))


def _asked(given: Heard) -> Asked:
    if not given.is_person:
        raise RefusedError("Only what a person writes is carried out.", "write it yourself.")
    asked = parse(given.text)
    if asked is None:
        raise RefusedError(
            f"{given.text[:100]!r} is no command.", f"a command begins with {PREFIX}, as {PREFIX}help does."
        )
    return asked


def _allow(asked: Asked, given: Heard, github: GitHub, context: Context) -> None:
    needed = author.needed(context.settings)[asked.name]
    if needed:
        author.require(author.role_of(github, given.author), asked.name, needed)


def _carry_out(
    asked: Asked, given: Heard, github: GitHub, context: Context, answer: int | None
) -> tuple[str, dict[str, Any]]:
    """Do it: what to answer, and what machines should know."""
    if asked.name in STARTING:
        planned = plan(asked, given, github, context)
        run, page = start(github, planned, given.author, answer)
        return queued(planned, page), {**planned.data, "run": run, "url": page}
    if asked.name == "status":
        return status(github, context)
    if asked.name == "lock":
        return locking.take(asked, given, github), {}
    if asked.name == "unlock":
        return locking.let_go(asked, github), {}
    return table(), {}


def _printed(data: dict[str, Any]) -> Done:
    """A dry run's result is JSON with or without `--json`."""
    return Done(json.dumps(data, ensure_ascii=False), data)


def _failed(error: CallFailedError) -> FailedError:
    doubt = "It may have been started all the same." if error.maybe_done else "Nothing was started."
    return FailedError(
        f"GitHub: {error.why}.", state=doubt, following=f"`{PREFIX}status` says where things are; then try again."
    )


COMMAND = Command(
    name="command",
    summary="carry out a command of the kind that comments hold, such as '@workflow:status'",
    configure=_configure,
    run=_run,
)
