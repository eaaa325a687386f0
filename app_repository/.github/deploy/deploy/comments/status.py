"""`@workflow:status`: what serves each environment, since when, by whom; its lock; what is under way; the window."""

from collections.abc import Callable
from typing import Any

from deploy.clients.github import GitHub, unreadable
from deploy.clients.vercel import Vercel
from deploy.command import Context
from deploy.comments.locking import shown
from deploy.comments.markup import code, link
from deploy.errors import WrongUsageError
from deploy.http_client import CallFailedError
from deploy.release import lock, serving_record
from deploy.release.declared_window import freezes_of, window_of
from deploy.release.deploy_window import opening
from deploy.release.environments import ENVIRONMENTS, PRODUCTION, Environment
from deploy.release.serving_record import Serving
from deploy.settings import VERCEL

ENDED = "completed"
LISTED = "20"
"""Runs of a workflow among which those under way are looked for, the newest first."""


def status(github: GitHub, context: Context) -> tuple[str, dict[str, Any]]:
    """What to answer, and the same for machines. What cannot be found out is said to be unknown.

    Args:
        github: the repository; only read.
        context: its settings hold production's window and, where given, what Vercel is asked with.
    """
    told: dict[str, Any] = {}
    lines: list[str] = []
    for environment in ENVIRONMENTS.values():
        serving, where = _told(lambda here=environment: _serving(github, here))
        held, unsure = _told(lambda here=environment: lock.read(github, here.name))
        runs, unseen = _told(lambda here=environment: _under_way(github, here))
        lines += [
            f"### {environment}",
            f"- Serves: {where or _shown_serving(serving)}",
            f"- Lock: {unsure or (shown(held) if held else 'none')}",
            f"- Under way: {unseen or ', '.join(link(*run) for run in runs) or 'nothing'}",
        ]
        told[environment.name] = {
            "serving": serving.deployment if serving else None,
            "commit": serving.commit if serving else None,
            "since": serving.since if serving else None,
            "by": serving.by if serving else None,
            "locked": None if unsure else bool(held),
            "lock": str(held) if held else None,
            "under_way": [url for _, url in runs or ()],
        }
        if environment == PRODUCTION:
            beside = _beside_record(serving, context)
            window = _window(context)
            lines += [*([f"- ⚠️ {beside}"] if beside else []), f"- Window: {window}"]
            told[environment.name] |= {"window": window, "vercel": beside or None}
    return "\n".join(lines), told


def _told(ask: Callable[[], Any]) -> tuple[Any, str]:
    """What GitHub tells, or why nobody knows."""
    try:
        return ask(), ""
    except CallFailedError as error:
        return None, f"unknown, for GitHub {code(error.why)}"


def _serving(github: GitHub, environment: Environment) -> Serving | None:
    return serving_record.newest(github, environment.name)


def _shown_serving(serving: Serving | None) -> str:
    if serving is None:
        return "nothing that is recorded"
    commit = f", commit {code(serving.commit[:12])}" if serving.commit else ""
    run = f" ({link('run', serving.run)})" if serving.run else ""
    site = link(serving.deployment, serving.url)
    return f"{site}{commit}, since {serving.since}, by {code(serving.by)}, through a {serving.kind}{run}"


def _beside_record(serving: Serving | None, context: Context) -> str:
    """What Vercel says where it is not what is recorded; empty where it is, or cannot be asked."""
    if any(not context.settings.get(name) for name in VERCEL):
        return ""
    try:
        now = Vercel(context.http, context.settings).project().serving
    except CallFailedError as error:
        return f"Vercel does not say what serves: it {code(error.why)}"
    recorded = serving.deployment if serving else ""
    if (now.id if now else "") == recorded:
        return ""
    return f"Vercel says that {now or 'nothing'} serves: it was moved beside the pipeline, or moves right now"


def _under_way(github: GitHub, environment: Environment) -> list[tuple[str, str]]:
    name = f"what is under way to {environment}"
    path = f"/actions/workflows/{environment.workflow}/runs"
    found = github.find(name, path, dict, branch=environment.branch, per_page=LISTED)
    try:
        runs = [run for run in (found or {}).get("workflow_runs", []) if run["status"] != ENDED]
        return [(f"#{run['run_number']} ({run['status']})", run["html_url"]) for run in runs]
    except (KeyError, TypeError):
        raise unreadable(name) from None


def _window(context: Context) -> str:
    try:
        window, freezes = window_of(context.settings), freezes_of(context.settings)
    except WrongUsageError as error:
        return f"unknown: {error.what}"
    moment = context.clock.now()
    if window.contains(moment, freezes):
        return f"{window.text}: open now"
    return f"{window.text}: {opening(window.next_opening(moment, freezes))}"
