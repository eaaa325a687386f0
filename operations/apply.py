"""An `up` that does what was reviewed, or nothing; and the check that follows it.

The engine's own update plan (`pulumi preview --save-plan`, `pulumi up --plan`; experimental in 3.259.0) holds each step
to the preview of the same process, so nothing slips in between the two. It never leaves the process: a plan file has
secrets only encrypted, but the stack's plain configuration as it is. What ties the preview to the one that a person
reviewed is its digest.
"""

import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
from pulumi.automation import CommandError

from operations.markdown import headline
from operations.preview import preview_of
from operations.stack import OnResource, Stack, complaint
from policies.plan import Plan
from policies.report import mandatory
from policies.rule import Rule, Violation, check

HEALTH_PATH = "/api/health"
CHECK_SECONDS = 60
"""How long what answered before may take to answer again."""
PAUSE_SECONDS = 5
REFRESH: Mapping[str, Any] = {"refresh": True, "run_program": True}
"""How the accounts are read first: with the credentials that the program has now. A refresh alone takes those of the
state, which a rotation has made worthless."""


_START_AGAIN = (
    "Start the workflow `Apply` again from main (`gh workflow run apply.yml --ref main`): it shows the new plan to the "
    "reviewer."
)


class ApplyError(Exception):
    """The stack is not as the program says. The message says what state things are in, and what to type."""

    exit_code = 1


class UrgentError(ApplyError):
    """Users see it: a person is needed now."""

    exit_code = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """What an `apply` tells, and asks outside the engine."""

    tell: Callable[[str], None]
    is_healthy: Callable[[str], bool]
    pause: Callable[[float], None] = time.sleep


def apply(
    stack: Stack,
    reviewed: str | None,
    surroundings: Surroundings,
    on_resource: OnResource | None = None,
    rules: Sequence[Rule] = (),
) -> None:
    """Preview, hold it to the rules, compare, `up`, preview again.

    Args:
        stack: which.
        reviewed: the digest of the preview that was reviewed; None where nobody had to.
        surroundings: whom to tell and how to ask the site.
        on_resource: called with each resource that the `up` finishes.
        rules: what the plan must meet.

    Raises:
        ApplyError: it was refused, it failed, or a second preview is not empty.
        UrgentError: the site answered before and does not now.
    """
    if reviewed == "":
        raise ApplyError(
            "The digest of the reviewed plan is empty, so nobody knows what was reviewed. "
            f"{stack.name} was not touched. {_START_AGAIN}"
        )
    try:
        cut_off = stack.cut_off()
    except subprocess.CalledProcessError as error:
        raise ApplyError(
            _failed(stack.name, [error.stderr.strip()], "The state cannot be read. Nothing was changed.")
        ) from error
    if cut_off:
        raise ApplyError(explain_cut_off(stack.name, cut_off))
    url = _url(stack, "Nothing was changed.")
    served = bool(url) and surroundings.is_healthy(url)
    try:
        _up(stack, reviewed, surroundings, on_resource, rules)
    except ApplyError as failed:
        # Whether users see what was done half-way decides how soon somebody must come.
        if served and not _answers(url, surroundings):
            raise UrgentError(f"{failed}\n{_urgent(stack.name, url, url)}") from failed
        raise
    # The `up` may have given the site another address, and taken the old one away.
    now = _url(stack, "The `up` succeeded, and what came of it was not looked at.") or url
    left = _left(stack)
    if not left:
        surroundings.tell(f"{stack.name} is what the program says: a second preview changes nothing.")
    if not served:
        surroundings.tell(f"{url or stack.name} did not answer before either, so it was not asked again.")
    elif _answers(now, surroundings):
        surroundings.tell(f"{now} answers as before." if now == url else f"{now} answers, as {url} did before.")
    else:
        raise UrgentError("\n".join(filter(None, [left, _urgent(stack.name, url, now)])))
    if left:
        raise ApplyError(left)


def _up(
    stack: Stack,
    reviewed: str | None,
    surroundings: Surroundings,
    on_resource: OnResource | None,
    rules: Sequence[Rule],
) -> None:
    with TemporaryDirectory() as folder:
        plan = str(Path(folder) / "plan.json")
        watched = Plan(stack.name, stack.project) if rules else None
        previewed = stack.run("preview", on_event=watched.take if watched else None, plan=plan, **REFRESH)
        if not previewed.succeeded:
            raise ApplyError(_failed(stack.name, previewed.diagnostics, "The preview failed, so nothing was changed."))
        preview = preview_of(previewed)
        surroundings.tell(headline(preview))
        if watched and (broken := mandatory(check(watched.stack(), rules))):
            raise ApplyError(explain_broken(stack.name, broken))
        if reviewed is not None and preview.digest != reviewed:
            raise ApplyError(
                f"This is not what was reviewed: the digest of the reviewed plan is {reviewed}, and now it is "
                f"{preview.digest}. Nothing was changed: the accounts or {stack.name}'s state have changed since. "
                f"{_START_AGAIN}"
            )
        done = stack.run("up", on_resource, plan=plan, **REFRESH)
    if done.locked_by:
        raise ApplyError(explain_lock(stack.name, done.locked_by))
    if not done.succeeded:
        kept = f"{stack.name} is half-way; what was done is kept, and the next run goes on from there."
        raise ApplyError(_failed(stack.name, done.diagnostics, kept))


def _left(stack: Stack) -> str:
    """What a second preview would still do, in a sentence; empty where it would do nothing."""
    second = preview_of(stack.run("preview"))
    if second.succeeded and not second.changes:
        return ""
    sentence = f"The `up` succeeded, and a second preview is not empty: {headline(second)}."
    return _failed(stack.name, second.diagnostics, sentence)


def refuse_superseded(environ: Mapping[str, str]) -> None:
    """Let a job of a workflow go on only with the newest commit of main.

    Else the approval of an older run, or an older run that is run again, would bring the stack back to an older commit.

    Args:
        environ: the job's; without GITHUB_SHA and GITHUB_REPOSITORY it is no job, and nothing is asked. RUN_TOKEN is
            the job's own token, with `contents: read`.

    Raises:
        ApplyError: main is at another commit, or that cannot be asked.

    Source: https://docs.github.com/rest/commits/commits#get-a-commit.
    """
    commit, repository = environ.get("GITHUB_SHA", ""), environ.get("GITHUB_REPOSITORY", "")
    if not commit or not repository:
        return
    headers = {
        "Accept": "application/vnd.github+json",
        "Authorization": f"Bearer {environ.get('RUN_TOKEN', '')}",
        "X-GitHub-Api-Version": "2022-11-28",
    }
    url = f"{environ.get('GITHUB_API_URL') or 'https://api.github.com'}/repos/{repository}/commits/main"
    try:
        answer = httpx2.get(url, headers=headers, timeout=30)
        answer.raise_for_status()
    except httpx2.HTTPError as error:
        raise ApplyError(
            f"Whether {commit[:7]} is the newest commit of main is not known: {error}. Nothing was changed. "
            "RUN_TOKEN must be the job's token (`github.token`), with `contents: read`. Run the job again."
        ) from error
    if (newest := answer.json()["sha"]) != commit:
        raise ApplyError(
            f"This run is of {commit[:7]}, and main is at {newest[:7]}. Nothing was changed: to apply it would "
            f"undo what was merged since. {_START_AGAIN}"
        )


def _url(stack: Stack, state: str) -> str:
    """The site's address as the stack tells it; empty where it has none."""
    try:
        return str(stack.outputs().get("url", ""))
    except CommandError as error:
        reason = complaint(error)
        raise ApplyError(_failed(stack.name, [reason], f"The stack's outputs cannot be read. {state}")) from error


def _answers(url: str, surroundings: Surroundings) -> bool:
    """Whether what answered before answers, after a while at most."""
    for _ in range(CHECK_SECONDS // PAUSE_SECONDS):
        if surroundings.is_healthy(url):
            return True
        surroundings.pause(PAUSE_SECONDS)
    return False


def _urgent(stack: str, url: str, now: str) -> str:
    silent = "" if now == url else f" {now}{HEALTH_PATH}, which takes its place,"
    return (
        f"{url}{HEALTH_PATH} answered before, and{silent} has not for {CHECK_SECONDS} seconds now: users may see it. "
        f"What the `up` of {stack} changed is above. Undo the change (`git revert`, then push), or mend it by hand "
        "now: docs/runbook.md says how."
    )


def explain_broken(stack: str, violations: Sequence[Violation]) -> str:
    """Which rules the plan breaks, and what to type."""
    listed = "\n".join(f"  {each.rule}: {each.resource or stack}: {each.message}" for each in violations)
    return (
        f"The plan of {stack} breaks rules that every stack must meet:\n{listed}\nNothing was changed. "
        "docs/policies.md says why each is there and how to mend it; `make policy` shows the same without an account."
    )


def explain_lock(stack: str, locked_by: str) -> str:
    """Who holds the lock, and what to type."""
    return (
        f"{locked_by}\n"
        f"{stack} was not touched. If that one still works: wait for its end, then run the same again. Only if it has "
        "ended without removing its lock (its run is over, its process is gone):\n"
        f"  pulumi cancel --stack {stack}\n"
        f"  pulumi refresh --stack {stack}\n"
        'then run the same again. docs/operations.md, "An up that was cut off", says what else may be left of it.'
    )


def explain_cut_off(stack: str, operations: list[str]) -> str:
    """What nobody knows the end of, and what to type.

    The engine would go on with a warning, and make once more what was made already.
    """
    listed = "\n".join(f"  {operation}" for operation in operations)
    return (
        f"An `up` of {stack} was killed while it was:\n{listed}\nNothing was changed now. Look at the service whether "
        "each of them took effect, then forget that it was under way:\n"
        f"  pulumi refresh --clear-pending-creates --stack {stack}\n"
        'Import what was created (README.md, "A project that exists already"), then run the same again: it makes what '
        "was not."
    )


def is_healthy(url: str) -> bool:
    """Whether the app answers 200 at its health path."""
    try:
        return httpx2.get(f"{url}{HEALTH_PATH}", timeout=10).status_code == httpx2.codes.OK
    except (httpx2.HTTPError, httpx2.InvalidURL):
        return False


def _failed(stack: str, diagnostics: list[str], sentence: str) -> str:
    return "\n".join([*diagnostics, sentence, f"Mend what is said above, then run `apply` of {stack} again."])
