"""`deploy answer`: a run that a comment started has ended, and the comment's answer says how.

GitHub starts it when the run ends, however that is: finished, refused by its window, cancelled while it waited, lost
with its runner. The run's title holds the answer's number and the answer holds the run's: only both together count.
"""

import argparse
import re
from collections.abc import Mapping
from typing import Any

from deploy.clients.github import BOT, NEEDED, GitHub, unreadable
from deploy.command import Command, Context, Done
from deploy.comments.answering import plain
from deploy.comments.catalogue import PREFIX
from deploy.comments.markup import code, link
from deploy.comments.planning import PREVIEW_WORKFLOW, ROLLBACK_WORKFLOW
from deploy.comments.thread import find_answer, update
from deploy.errors import FailedError
from deploy.http_client import CallFailedError
from deploy.release import serving_record
from deploy.release.environments import PRODUCTION
from deploy.release.event_file import read_event

_TITLE = re.compile(r".* \(answer ([0-9]{1,18})\)")
QUOTED = {"Deploy the preview": "notice", "Roll back": "warning"}
"""The jobs that are quoted beyond their errors: they run this program alone, and none of the app's code."""
LONGEST = 1500
"""Characters of one message."""
RUNNERS = ("Process completed with exit code", "exit status")
_ADDRESS = re.compile(r"https://[a-z0-9-]+\.vercel\.app")
PAUSES = (2.0, 5.0, 10.0, 20.0, 30.0)
"""Seconds between looks at an answer that does not yet say which run it is about."""
_FAILED = ("failure", "cancelled", "timed_out", "startup_failure")
_SIGNS = {"success": "✅", "cancelled": "🚫"}
_SAID = {"success": "done", "cancelled": "cancelled", "timed_out": "timed out"}
_FILES = {"deploy": PRODUCTION.workflow, "preview": PREVIEW_WORKFLOW, "rollback": ROLLBACK_WORKFLOW}
_PLACES = {"deploy": PRODUCTION, "rollback": PRODUCTION}


def _configure(_parser: argparse.ArgumentParser) -> None:
    """It takes no arguments: the event says it all."""


def _run(_arguments: argparse.Namespace, context: Context) -> Done:
    context.settings.require(*NEEDED)
    run = read_event(context.settings, "workflow_run", _run_of)
    title = _TITLE.fullmatch(run["display_title"])
    if title is None:
        return Done("No comment asked for this run.", {"answered": None})
    answer = int(title[1])
    github = GitHub(context.http, context.settings)
    try:
        found = _find(context, github, answer)
        if found is None or not _is_about(found[1], run):
            return Done(f"The answer {answer} is not about the run {run['id']}.", {"answered": None})
        facts = {**found[1], "run": run["id"], "conclusion": run["conclusion"]}
        update(github, answer, _text(github, run, facts), facts)
    except CallFailedError as error:
        raise FailedError(
            f"The answer does not say how the run ended, for GitHub {error.why}.",
            state="What serves is not touched by that.",
            following="re-run this job.",
        ) from error
    return Done(f"The answer {answer} says how the run {run['id']} ended.", {"answered": answer})


def _find(context: Context, github: GitHub, answer: int) -> tuple[str, dict[str, Any]] | None:
    """The answer, once it says which run it is about: a run may end before whoever started it has written that."""
    found = find_answer(github, answer)
    for pause in PAUSES:
        if found is None or "run" in found[1]:
            break
        context.clock.sleep(pause)
        found = find_answer(github, answer)
    return found


def _is_about(facts: Mapping[str, Any], run: Mapping[str, Any]) -> bool:
    """Whether an answer is of a run: it says so; or it could not be changed any more, and waits for such a run."""
    if "run" in facts:
        return bool(facts["run"] == run["id"])
    started = (run.get("actor") or {}).get("login") == BOT
    return started and str(run.get("path", "")).endswith(f"/{_FILES.get(str(facts.get('command')), 'none')}")


def _run_of(event: Mapping[str, Any]) -> Mapping[str, Any]:
    run: Mapping[str, Any] = event["workflow_run"]
    kinds = {"id": int, "display_title": str, "conclusion": str, "html_url": str}
    if any(not isinstance(run[name], kind) for name, kind in kinds.items()):
        raise ValueError("no run that has ended")
    return run


def _text(github: GitHub, run: Mapping[str, Any], facts: Mapping[str, Any]) -> str:
    conclusion, command = run["conclusion"], str(facts.get("command", ""))
    commit = f", commit {code(str(facts['commit'])[:12])}" if facts.get("commit") else ""
    sign, said = _SIGNS.get(conclusion, "❌"), _SAID.get(conclusion, "failed")
    lines = [f"{sign} **{command.title()}**{commit}: {link(said, run['html_url'])}."]
    if facts.get("stale"):
        lines.insert(0, f"⚠️ **Stale**: the pull request has a newer commit. `{PREFIX}preview` shows that.")
    notices, errors = _words(github, run["id"])
    lines += [_quoted(notice) for notice in notices]
    lines += [f"{code(job)}: {plain(error)}" for job, error in errors]
    place = _PLACES.get(command)
    if place is not None:
        serving = serving_record.newest(github, place.name)
        now = (
            f"{link(serving.deployment, serving.url)}, {plain(str(serving))}" if serving else "nothing that is recorded"
        )
        lines.append(f"Serves {place} now: {now}.")
    if conclusion != "success":
        lines.append(f"Next: `{PREFIX}status` says where things are" + _then(command) + ".")
    return "\n\n".join(lines)


def _quoted(message: str) -> str:
    """A message with the addresses of deployments as links, and nothing else in it meaning anything."""
    parts = [part.strip() for part in re.split(f"({_ADDRESS.pattern})", message)]
    return " ".join(f"<{part}>" if index % 2 else plain(part) for index, part in enumerate(parts) if part)


def _then(command: str) -> str:
    return {
        "deploy": f"; if users see errors, `{PREFIX}rollback previous reason…`",
        "rollback": f"; another target is `{PREFIX}rollback dpl_… reason…`",
        "preview": f"; `{PREFIX}preview` tries again",
    }.get(command, "")


def _words(github: GitHub, run: int) -> tuple[list[str], list[tuple[str, str]]]:
    """What the run said in annotations: the preview's notices, and of each job that failed its name and first error.

    `GET /repos/{owner}/{repo}/actions/runs/{run_id}/jobs`, `GET /repos/{owner}/{repo}/check-runs/{id}/annotations`.
    """
    name = "what the run said"
    notices: list[str] = []
    errors: list[tuple[str, str]] = []
    jobs = github.get(name, f"/actions/runs/{run}/jobs", dict, per_page="100")
    try:
        for job in jobs["jobs"]:
            failed = job["conclusion"] in _FAILED
            if not failed and job["conclusion"] != "success":
                continue
            said = github.find(name, f"/check-runs/{job['id']}/annotations", list, per_page="50") or []
            level = QUOTED.get(job["name"], "")
            notices += [note["message"][:LONGEST] for note in said if note["annotation_level"] == level]
            wrong = [note["message"] for note in said if note["annotation_level"] == "failure"]
            # The runner's own last word, which says nothing.
            wrong = [message for message in wrong if not message.startswith(RUNNERS)]
            errors += [(job["name"], wrong[0][:LONGEST] if wrong else str(job["conclusion"]))] if failed else []
    except (KeyError, TypeError):
        raise unreadable(name) from None
    return notices, errors


ANSWER = Command(
    name="answer",
    summary="write into a comment's answer how the run that it started has ended",
    configure=_configure,
    run=_run,
)
