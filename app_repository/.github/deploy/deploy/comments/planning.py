"""From a command to what it would start: everything that can refuse it is asked first."""

from collections.abc import Mapping
from typing import Any

from deploy.clients.github import GitHub, unreadable
from deploy.command import Context
from deploy.comments import plan as plans
from deploy.comments.parsing import Command, RefusedError
from deploy.comments.plan import Plan
from deploy.comments.thread import Heard
from deploy.errors import DeployError
from deploy.http_client import CallFailedError
from deploy.release import review
from deploy.release.admission import require_unlocked, staging_word
from deploy.release.declared_window import freezes_of, window_of
from deploy.release.deploy_window import opening
from deploy.release.environments import PRODUCTION, STAGING, Environment
from deploy.release.head import head_at, head_of

ROLLBACK_WORKFLOW = "rollback.yml"
PREVIEW_WORKFLOW = "preview.yml"
NOTHING = "Nothing was started."


def plan(command: Command, heard: Heard, github: GitHub, context: Context) -> Plan:
    """What `deploy`, `preview` or `rollback` would start.

    Args:
        command: one of these three.
        heard: how it was given.
        github: the repository; only read.
        context: its settings hold production's window, and what loosens its rules.

    Raises:
        RefusedError: it is not carried out; the error says why, and what to do.
        CallFailedError: when GitHub does not tell what has to be known.
    """
    return {"deploy": _deploy, "preview": _preview, "rollback": _rollback}[command.name](
        command, heard, github, context
    )


def _deploy(command: Command, heard: Heard, github: GitHub, context: Context) -> Plan:
    pull = _pull_request(heard, github)
    if pull is not None and not pull["merged"]:
        where = "of a fork, and" if _is_fork(pull, github) else "which"
        raise RefusedError(
            f"Production takes {PRODUCTION.branch} only, and this is a pull request {where} is not merged.",
            "merge it first; `@workflow:preview` shows a pull request of this repository before that.",
        )
    _refuse_locked(github, PRODUCTION)
    _refuse_outside_window(command, context)
    then = head_at(github, PRODUCTION.branch, heard.moment) if heard.comment else ""
    now = head_of(github, PRODUCTION.branch)
    commit = then or now
    if now != commit:
        raise RefusedError(
            f"{PRODUCTION.branch} was at {commit[:12]} when this was written, and is at {now[:12]} by now.",
            "look at what came in, and give the command again.",
        )
    staging = _refusing(staging_word, github, context.settings, PRODUCTION, commit, command.kind)
    missing = review.faults(github, PRODUCTION.branch, commit)
    if missing:
        raise RefusedError(f"{_sentence(missing)}.", "put that right, then give the command again.")
    inputs = {"deployment_type": command.kind, "reason": command.reason, "commit": commit}
    title = "Release" if command.kind == "standard" else "Hotfix"
    return plans.of(PRODUCTION, command, title, inputs=inputs, commit=commit, remarks=(staging.text,))


def _preview(command: Command, heard: Heard, github: GitHub, _context: Context) -> Plan:
    pull = _pull_request(heard, github)
    if pull is None:
        raise RefusedError("A preview is of a pull request, and this is none.", "comment on the pull request.")
    if _is_fork(pull, github):
        raise RefusedError(
            "This pull request comes from a fork, whose code is not built beside anything of this repository.",
            "review it, push it to a branch of this repository, and ask for its preview there.",
        )
    if pull["state"] != "open":
        raise RefusedError("This pull request is closed.", "reopen it, or look at what it was merged into.")
    _refuse_locked(github, STAGING)
    branch, now = pull["head"]["ref"], pull["head"]["sha"]
    commit = head_at(github, branch, heard.moment) if heard.comment else now
    moved = (f"The pull request is at {now[:12]} by now, which is not what this shows.",) if now != commit else ()
    inputs = {"pull_request": str(heard.issue), "commit": commit}
    return Plan(
        command=command,
        workflow=PREVIEW_WORKFLOW,
        ref=STAGING.branch,
        inputs=inputs,
        commit=commit,
        title="Preview",
        remarks=moved,
    )


def _rollback(command: Command, _heard: Heard, _github: GitHub, _context: Context) -> Plan:
    # Neither a lock nor the window, nor what GitHub knows of commits: getting back waits for nothing.
    return Plan(
        command=command,
        workflow=ROLLBACK_WORKFLOW,
        ref=PRODUCTION.branch,
        inputs={"target_deployment": command.target, "reason": command.reason},
        title="Rollback",
        remarks=("Production is locked from now on: `@workflow:unlock` lets releases go on.",),
    )


def _pull_request(heard: Heard, github: GitHub) -> Mapping[str, Any] | None:
    """The pull request that a command was given on, if any. `GET /repos/{owner}/{repo}/pulls/{pull_number}`."""
    if heard.issue is None or not heard.is_pull_request:
        return None
    name = "the pull request"
    found: Mapping[str, Any] = github.get(name, f"/pulls/{heard.issue}", dict)
    if not isinstance(found.get("head"), dict) or not {"merged", "state"} <= found.keys():
        raise unreadable(name)
    return found


def _is_fork(pull: Mapping[str, Any], github: GitHub) -> bool:
    """Whether its commits are another repository's; one that was deleted counts as another."""
    origin = (pull["head"].get("repo") or {}).get("full_name", "")
    return origin.lower() != github.repository.lower()


def _refuse_locked(github: GitHub, environment: Environment) -> None:
    _refusing(require_unlocked, github, environment, NOTHING)


def _refusing(check: Any, *arguments: Any) -> Any:
    """What a check of the release says, its refusal being the command's. That GitHub does not tell is none."""
    try:
        return check(*arguments)
    except DeployError as error:
        if isinstance(error.__cause__, CallFailedError):
            raise
        raise RefusedError(error.what, error.following) from error


def _refuse_outside_window(command: Command, context: Context) -> None:
    if command.kind != "standard":
        return
    window, freezes = window_of(context.settings), freezes_of(context.settings)
    moment = context.clock.now()
    if window.contains(moment, freezes):
        return
    opens = window.next_opening(moment, freezes)
    raise RefusedError(
        f"This is outside production's window {window.text}. It {opening(opens)}.",
        "give the command again then; `@workflow:deploy hotfix reason…` passes the window.",
    )


def _sentence(parts: list[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:]
