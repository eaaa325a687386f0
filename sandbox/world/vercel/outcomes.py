"""What the world has been told will go wrong at Vercel: a build that fails, a promotion whose domains do not move.

Calls that fail are `sandbox.world.faults`; these are calls that succeed and lead to nothing.
"""

from typing import Literal

from sandbox.world.state import State

Kind = Literal["build", "alias"]
_OUTCOMES = "vercel.outcomes"


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
