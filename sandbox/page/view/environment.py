"""One environment: what serves it now, what is staged beside that, who holds it, and its last release."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from sandbox.page.snapshot import Snapshot
from sandbox.page.stacks import Stack
from sandbox.page.view.datadog import monitors_of
from sandbox.page.view.entry import ended, milliseconds
from sandbox.page.view.github import ABOUT_NO_BRANCH, run_title
from sandbox.page.view.vercel import project_of
from sandbox.world.site.browsers import address_of
from sandbox.world.site.protection import is_protected
from sandbox.world.state import Document
from sandbox.world.vercel.builds import FINAL
from sandbox.world.vercel.outcomes import HEALTH

STAGED_SHOWN = 2
HEALTH_PATH = HEALTH.strip("^$")


def environment_view(snapshot: Snapshot, stack: Stack, site: str = "") -> dict[str, Any]:
    """What the page shows of an environment, as JSON.

    Args:
        snapshot: the world.
        stack: the environment.
        site: the address of the site service; without it nothing is linked to.
    """
    project = project_of(snapshot, stack)
    return {
        "name": stack.name,
        "domain": stack.domain,
        "branch": stack.branch,
        "exists": project is not None,
        "link": _link_to_domain(snapshot, stack, project, site) if project else None,
        "serving": _serving(snapshot, stack, project, site) if project else None,
        "moving": _moving(project) if project else "",
        "staged": _staged(snapshot, project, site) if project else [],
        "lock": _lock(snapshot, stack),
        "run": _run(snapshot, stack),
        "monitors": _monitors(snapshot, stack),
        "broken": {
            place: bool(arranged(snapshot.all("vercel.broken_sites"), host_of(stack, project, place)))
            for place in PLACES
        },
    }


PLACES = ("domain", "staged")
"""Where the page breaks a health check: on the environment's domain, or on its deployments' own addresses."""


def host_of(stack: Stack, project: Document | None, place: str) -> str:
    """The regular expression of the hosts of a place."""
    if place == "domain":
        return f"^{re.escape(stack.domain)}$"
    name = project["name"] if project else stack.name
    return rf"^{re.escape(name)}-.+\.vercel\.app$"


def arranged(broken: Mapping[str, Document], host: str) -> list[str]:
    """The keys of the sites that the page broke at those hosts."""
    return [key for key, site in broken.items() if site["host"] == host and site["path"] == HEALTH]


def _serving(snapshot: Snapshot, stack: Stack, project: Document, site: str) -> dict[str, Any] | None:
    deployment = snapshot.all("vercel.deployments").get(project["production"] or "")
    if deployment is None:
        return None
    record = _record(snapshot, stack, deployment["id"])
    since = deployment["aliasAssigned"] or deployment["createdAt"]
    return {
        **_shown(snapshot, project, deployment, site),
        "since": since,
        "by": record.get("by") or deployment["meta"].get("actor") or deployment["creator"]["username"],
        "through": record.get("kind") or "",
        "health": _health(snapshot, stack, deployment, since),
    }


def _health(snapshot: Snapshot, stack: Stack, deployment: Document, since: int) -> dict[str, Any]:
    """How the site is: what was broken on purpose, or else what whoever looked at it last was answered."""
    broken = _broken(snapshot, deployment, stack.domain)
    check = snapshot.checks.get(stack.domain)
    if check is not None and check.at is not None and check.at < since:
        # It was another deployment that answered.
        check = None
    at = check.at if check else None
    if broken is not None:
        return {"outcome": "failure", "words": f"health answers {broken}", "checked": at}
    if check is None:
        return {"outcome": "info", "words": "serves, unchecked", "checked": None}
    if check.status == HTTPStatus.OK:
        return {"outcome": "success", "words": "healthy", "checked": at}
    words = f"health answered {check.status}" if check.status else "health did not answer"
    return {"outcome": "failure", "words": words, "checked": at}


def _broken(snapshot: Snapshot, deployment: Document, host: str) -> int | None:
    """The status that the health check gets because the site was broken on purpose."""
    for site in snapshot.all("vercel.broken_sites").values():
        meant = site["deployment"] in (None, deployment["id"]) and site["meta"].items() <= deployment["meta"].items()
        if meant and re.search(site["host"], host) and re.search(site["path"], HEALTH_PATH):
            return site["status"]
    return None


def _record(snapshot: Snapshot, stack: Stack, deployment: str) -> Mapping[str, Any]:
    """What the newest record at GitHub says of how a deployment came to serve."""
    for record in reversed(list(snapshot.all("github.deployments").values())):
        payload = record["payload"]
        if record["task"] == "serve" and record["environment"] == stack.name and isinstance(payload, dict):
            return payload if payload.get("deployment") == deployment else {}
    return {}


def _link_to_domain(snapshot: Snapshot, stack: Stack, project: Document, site: str) -> dict[str, Any] | None:
    deployment = snapshot.all("vercel.deployments").get(project["production"] or "")
    if deployment is None or not site:
        return None
    domain = snapshot.all("vercel.domains")[stack.domain]
    return _link(stack.domain, site, protected=is_protected(project, deployment, domain))


def _link(host: str, site: str, *, protected: bool) -> dict[str, Any]:
    """Where a browser sees a site, and whether it is asked to log in there."""
    return {"to": address_of(host, site), "protected": protected}


def _shown(snapshot: Snapshot, project: Document, deployment: Document, site: str) -> dict[str, Any]:
    meta = deployment["meta"]
    commit = meta.get("commit", "")
    answers = site and deployment["readyState"] == "READY"
    protected = is_protected(project, deployment, None)
    return {
        "deployment": deployment["id"],
        "version": meta.get("version", ""),
        "commit": commit[:7],
        "message": snapshot.messages.get(commit, ""),
        "link": _link(deployment["url"], site, protected=protected) if answers else None,
    }


def _moving(project: Document) -> str:
    asked = project["lastAliasRequest"]
    if asked is None or asked["jobStatus"] not in ("pending", "in-progress"):
        return ""
    return "rolling back" if asked["type"] == "rollback" else "promoting"


def _staged(snapshot: Snapshot, project: Document, site: str) -> list[dict[str, Any]]:
    """What has never served and may, the newest first: what is older than what serves is not promoted any more."""
    deployments = snapshot.all("vercel.deployments")
    serving = deployments.get(project["production"] or "")
    waiting = [
        deployment
        for deployment in deployments.values()
        if deployment["projectId"] == project["id"]
        and deployment["target"] == "production"
        and _may_serve(deployment)
        and (serving is None or deployment["createdAt"] > serving["createdAt"])
    ]
    waiting.sort(key=lambda deployment: deployment["createdAt"], reverse=True)
    return [
        {
            **_shown(snapshot, project, deployment, site),
            "state": deployment["readyState"].lower(),
            "since": deployment["createdAt"],
        }
        for deployment in waiting[:STAGED_SHOWN]
    ]


def _may_serve(deployment: Document) -> bool:
    return deployment.get("readySubstate") == "STAGED" or deployment["readyState"] not in FINAL


def _lock(snapshot: Snapshot, stack: Stack) -> dict[str, Any] | None:
    lock = snapshot.locks.get(stack.name)
    if lock is None:
        return None
    return {"reason": lock["reason"], "by": lock["by"], "since": _moment(lock["since"])}


def _moment(written: str) -> int | None:
    try:
        return milliseconds(written)
    except ValueError:
        return None


def _run(snapshot: Snapshot, stack: Stack) -> dict[str, Any] | None:
    """The run that waits for somebody, or the newest one, of those that release to the environment or roll it back."""
    runs = [
        run
        for run in snapshot.all("github.workflow_runs").values()
        if run["head_branch"] == stack.branch
        and run["repository"] == stack.repository
        and run["event"] not in (*ABOUT_NO_BRANCH, "pull_request")
    ]
    if not runs:
        return None
    run = next((run for run in reversed(runs) if run["status"] == "waiting"), runs[-1])
    status = run["conclusion"] or run["status"]
    return {
        "id": run["id"],
        "title": run_title(run),
        "about": run["display_title"],
        "by": run["actor"],
        "at": milliseconds(run["created_at"]),
        "status": status.replace("_", " "),
        "outcome": "waiting" if run["status"] == "waiting" else ended(run["conclusion"]),
        "waiting": run["status"] == "waiting",
        "link": f"/runs/{run['id']}",
        "jobs": _jobs(run),
    }


def _jobs(run: Document) -> list[dict[str, str]]:
    return [
        {
            "name": job["name"],
            "status": (job["conclusion"] or "not ended").replace("_", " "),
            "outcome": "info" if job["conclusion"] is None else ended(job["conclusion"]),
        }
        for job in run["jobs"]
        if job["conclusion"] != "skipped"
    ]


def _monitors(snapshot: Snapshot, stack: Stack) -> dict[str, Any]:
    states: dict[str, int] = {}
    for monitor in monitors_of(snapshot, stack):
        states[monitor["overall_state"]] = states.get(monitor["overall_state"], 0) + 1
    return {"total": sum(states.values()), "alerting": states.get("Alert", 0), "states": states}
