"""An `up` that does what was reviewed, or nothing; and the check that follows it.

The engine's own update plan (`pulumi preview --save-plan`, `pulumi up --plan`; experimental in 3.259.0) holds each step
to the preview of the same process, so nothing slips in between the two. It never leaves the process: a plan file has
secrets only encrypted, but the stack's plain configuration as it is. What ties the preview to the one that a person
reviewed is its digest.
"""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2

from operations.markdown import headline
from operations.preview import preview_of
from operations.stack import OnResource, Stack
from policies.plan import Plan
from policies.report import mandatory
from policies.rule import Rule, Violation, check

HEALTH_PATH = "/api/health"
CHECK_SECONDS = 60
"""How long what answered before may take to answer again."""
PAUSE_SECONDS = 5


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
    reviewed: str,
    surroundings: Surroundings,
    on_resource: OnResource | None = None,
    rules: Sequence[Rule] = (),
) -> None:
    """Preview, hold it to the rules, compare, `up`, preview again.

    Args:
        stack: which.
        reviewed: the digest of the preview that was reviewed; empty where nobody had to.
        surroundings: whom to tell and how to ask the site.
        on_resource: called with each resource that the `up` finishes.
        rules: what the plan must meet.

    Raises:
        ApplyError: it was refused, it failed, or a second preview is not empty.
        UrgentError: the site answered before and does not now.
    """
    try:
        cut_off = stack.cut_off()
    except subprocess.CalledProcessError as error:
        raise ApplyError(
            _failed(stack.name, [error.stderr.strip()], "The state cannot be read. Nothing was changed.")
        ) from error
    if cut_off:
        raise ApplyError(explain_cut_off(stack.name, cut_off))
    url = str(stack.outputs().get("url", ""))
    served = bool(url) and surroundings.is_healthy(url)
    try:
        _up(stack, reviewed, surroundings, on_resource, rules)
    except ApplyError as failed:
        # Whether users see what was done half-way decides how soon somebody must come.
        if served and not _answers(url, surroundings):
            raise UrgentError(f"{failed}\n{_urgent(stack.name, url)}") from failed
        raise
    if not served:
        surroundings.tell(f"{url or stack.name} did not answer before either, so it was not asked again.")
    elif _answers(url, surroundings):
        surroundings.tell(f"{url} answers as before.")
    else:
        raise UrgentError(_urgent(stack.name, url))


def _up(
    stack: Stack, reviewed: str, surroundings: Surroundings, on_resource: OnResource | None, rules: Sequence[Rule]
) -> None:
    with TemporaryDirectory() as folder:
        plan = str(Path(folder) / "plan.json")
        watched = Plan(stack.name, stack.project) if rules else None
        previewed = stack.run("preview", on_event=watched.take if watched else None, plan=plan, refresh=True)
        if not previewed.succeeded:
            raise ApplyError(_failed(stack.name, previewed.diagnostics, "The preview failed, so nothing was changed."))
        preview = preview_of(previewed)
        surroundings.tell(headline(preview))
        if watched and (broken := mandatory(check(watched.stack(), rules))):
            raise ApplyError(explain_broken(stack.name, broken))
        if reviewed and preview.digest != reviewed:
            raise ApplyError(
                f"This is not what was reviewed: the digest of the reviewed plan is {reviewed}, and now it is "
                f"{preview.digest}. Nothing was changed: the accounts or {stack.name}'s state have changed since. "
                "Start the workflow `Apply` again (`gh workflow run apply.yml`): it shows the new plan to the reviewer."
            )
        done = stack.run("up", on_resource, plan=plan, refresh=True)
    if done.locked_by:
        raise ApplyError(explain_lock(stack.name, done.locked_by))
    if not done.succeeded:
        kept = f"{stack.name} is half-way; what was done is kept, and the next run goes on from there."
        raise ApplyError(_failed(stack.name, done.diagnostics, kept))
    second = preview_of(stack.run("preview"))
    if not second.succeeded or second.changes:
        raise ApplyError(
            _failed(
                stack.name,
                second.diagnostics,
                f"The `up` succeeded, and a second preview is not empty: {headline(second)}.",
            )
        )
    surroundings.tell(f"{stack.name} is what the program says: a second preview changes nothing.")


def _answers(url: str, surroundings: Surroundings) -> bool:
    """Whether what answered before answers, after a while at most."""
    for _ in range(CHECK_SECONDS // PAUSE_SECONDS):
        if surroundings.is_healthy(url):
            return True
        surroundings.pause(PAUSE_SECONDS)
    return False


def _urgent(stack: str, url: str) -> str:
    return (
        f"{url}{HEALTH_PATH} answered before, and has not for {CHECK_SECONDS} seconds now: users may see it. What the "
        f"`up` of {stack} changed is above. Undo the change (`git revert`, then push), or mend it by hand now: "
        "docs/runbook.md says how."
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
    except httpx2.HTTPError:
        return False


def _failed(stack: str, diagnostics: list[str], sentence: str) -> str:
    return "\n".join([*diagnostics, sentence, f"Mend what is said above, then run `apply` of {stack} again."])
