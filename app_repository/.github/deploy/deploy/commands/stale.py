"""`deploy stale`: a pull request has a new commit, and the answer that shows its preview says that it is older."""

import argparse
from collections.abc import Mapping
from typing import Any

from deploy.clients.github import NEEDED, GitHub
from deploy.command import Command, Context, Done
from deploy.comments.catalogue import PREFIX
from deploy.comments.markup import code
from deploy.comments.thread import answers_of, update
from deploy.errors import FailedError
from deploy.http_client import CallFailedError
from deploy.release.event_file import read_event


def _configure(_parser: argparse.ArgumentParser) -> None:
    """It takes no arguments: the event says it all."""


def _run(_arguments: argparse.Namespace, context: Context) -> Done:
    context.settings.require(*NEEDED)
    number, head = read_event(context.settings, "pull_request_target", _pull_of)
    github = GitHub(context.http, context.settings)
    changed: list[int] = []
    try:
        for answer, body, facts in answers_of(github, number):
            if facts.get("command") == "preview" and facts.get("commit") not in (None, head) and not facts.get("stale"):
                text = body.rpartition("<!-- deploy ")[0].rstrip()
                shown = code(str(facts["commit"])[:12])
                told = f"⚠️ **Stale**: this shows commit {shown}, and the pull request is at {code(head[:12])}."
                text = f"{told} `{PREFIX}preview` shows that.\n\n{text}"
                update(github, answer, text, {**facts, "stale": True})
                changed.append(answer)
    except CallFailedError as error:
        raise FailedError(
            f"The preview's answer may not say that it is stale, for GitHub {error.why}.",
            state="The preview itself is as it was.",
            following="re-run this job.",
        ) from error
    return Done(f"{len(changed)} answers say that their preview is stale.", {"answers": changed})


def _pull_of(event: Mapping[str, Any]) -> tuple[int, str]:
    return int(event["pull_request"]["number"]), str(event["pull_request"]["head"]["sha"])


STALE = Command(
    name="stale",
    summary="say in a pull request that its preview shows an older commit",
    configure=_configure,
    run=_run,
)
