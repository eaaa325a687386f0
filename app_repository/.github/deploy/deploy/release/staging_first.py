"""Whether staging has verified what production is to get: the same tree, for a merge makes a new commit of it.

GitHub's own record of runs is asked: a run of staging.yml succeeds only where its deployment was staged, tested,
promoted and tested again.
"""

from dataclasses import dataclass

from deploy.clients.github import GitHub, unreadable
from deploy.release.environments import STAGING

STARTED_BY = ("push", "workflow_dispatch")
"""The events whose runs are of the branch's own files."""
LISTED = 100
"""Runs that are looked through, the newest first: one page."""


@dataclass(frozen=True, slots=True)
class Verified:
    """The run of staging that verified a tree."""

    run: int
    commit: str
    link: str


def tree_of(github: GitHub, commit: str) -> str:
    """The tree of a commit. `GET /repos/{owner}/{repo}/git/commits/{commit_sha}`.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    name = "the commit's tree"
    try:
        return str(github.get(name, f"/git/commits/{commit}", dict)["tree"]["sha"])
    except (KeyError, TypeError):
        raise unreadable(name) from None


def verified_by(github: GitHub, tree: str) -> Verified | None:
    """The newest run of staging that verified a tree; None where none of the last hundred did.

    `GET /repos/{owner}/{repo}/actions/workflows/{workflow}/runs`.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    name = "what staging has verified"
    path = f"/actions/workflows/{STAGING.workflow}/runs"
    found = github.find(name, path, dict, branch=STAGING.branch, status="success", per_page=str(LISTED))
    try:
        for run in (found or {}).get("workflow_runs", []):
            # A pull request from develop runs the file that its other branch has, and a fork's develop is another.
            own = run["event"] in STARTED_BY and run["head_repository"]["full_name"] == github.repository
            if own and run["head_commit"]["tree_id"] == tree and run["conclusion"] == "success":
                return Verified(run["id"], run["head_sha"], run["html_url"])
    except (KeyError, TypeError):
        raise unreadable(name) from None
    return None
