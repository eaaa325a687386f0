"""The end of a run, which starts the workflows that wait for it.

Source: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#workflow_run.
"""

from typing import Any

from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.identifiers import own_request
from sandbox.world.github.workflow_events import record_event
from sandbox.world.github.workflow_runs import show_run, update_run
from sandbox.world.state import Document, State

LONGEST_CHAIN = 3
"""Runs that lead to each other by `workflow_run`, after the first one."""


def end_run(state: State, number: int, *, conclusion: str, **changes: Any) -> list[Document]:
    """Write how a run ended (and `jobs`, as `update_run`), and record the runs that its end starts: those are returned.

    Raises KeyError for an unknown run.
    """
    update_run(state, number, status="completed", conclusion=conclusion, **changes)
    run = state.collection("github.workflow_runs")[str(number)]
    repository = find_repository(state, *run["repository"].split("/"))
    known = repository is not None and history.find_commit(state, repository, run["head_sha"]) is not None
    if repository is None or not known or run["chain"] >= LONGEST_CHAIN:
        return []
    request = own_request(state)
    payload = {
        "action": "completed",
        "workflow_run": show_run(request, repository, run),
        "workflow": {"id": run["workflow_id"], "name": run["name"], "path": run["path"], "state": "active"},
    }
    return record_event(
        state,
        repository,
        "workflow_run",
        starts=lambda workflow: workflow.runs_after(run["name"], run["head_branch"]),
        payload=payload,
        actor=run["actor"],
        chain=run["chain"] + 1,
    )
