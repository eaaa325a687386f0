"""What the world has been told will go wrong at Vercel: builds that fail, domains that do not move, sites that break.

Calls that fail are `sandbox.world.faults`; these are calls that succeed and lead to nothing, and sites whose code is
wrong wherever it is asked.
"""

import re
from collections.abc import Mapping
from typing import Literal

from sandbox.world.state import Document, State

Kind = Literal["build", "alias"]
_OUTCOMES = "vercel.outcomes"
_BROKEN_SITES = "vercel.broken_sites"
HEALTH = "^/api/health$"


def fail_next(state: State, kind: Kind, *, project_id: str, message: str = "", times: int = 1) -> None:
    """Let the project's next builds (`build`), or promotions and rollbacks (`alias`), fail that many times."""
    for _ in range(times):
        state.collection(_OUTCOMES).add({"kind": kind, "projectId": project_id, "message": message})


def take_failure(state: State, kind: Kind, project_id: str) -> str | None:
    """The message of the failure that is due, counted as used; None when all goes well."""
    outcomes = state.collection(_OUTCOMES)
    for key, outcome in outcomes.items():
        if outcome["kind"] == kind and outcome["projectId"] == project_id:
            del outcomes[key]
            return outcome["message"]
    return None


def break_site(
    state: State,
    *,
    deployment: str | None = None,
    meta: Mapping[str, str] | None = None,
    host: str = "",
    path: str = HEALTH,
    status: int = 500,
) -> str:
    """Let a site answer an error from now on, until `mend_site`. Whatever is left out does not restrict.

    Args:
        state: the world.
        deployment: the ID of the only deployment that breaks.
        meta: metadata of the deployments that break, which they may be created with later: one version of the app.
        host: a regular expression searched in the host, which is in lower case: the domain's breaks there what is well
            on the deployment's own address.
        path: a regular expression searched in the path.
        status: what is answered.

    Returns:
        The key to mend it with.
    """
    for pattern in (host, path):
        re.compile(pattern)
    given = {"deployment": deployment, "meta": dict(meta or {}), "host": host, "path": path, "status": status}
    return state.collection(_BROKEN_SITES).add(given)


def mend_site(state: State, key: str) -> None:
    """Let a site that was broken under this key answer as it is again. Raises KeyError when it was mended before."""
    del state.collection(_BROKEN_SITES)[key]


def broken_site(state: State, deployment: Document, host: str, path: str) -> int | None:
    """The status that a deployment answers because its site was broken; None when it is well."""
    for broken in state.collection(_BROKEN_SITES).values():
        if (
            broken["deployment"] in (None, deployment["id"])
            and broken["meta"].items() <= deployment["meta"].items()
            and re.search(broken["host"], host)
            and re.search(broken["path"], path)
        ):
            return broken["status"]
    return None
