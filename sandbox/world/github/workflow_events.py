"""What happens in a repository and starts workflows of its default branch.

Source: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.world.github import history
from sandbox.world.github.workflow_runs import WORKFLOW_TOKEN_LOGIN, Head, record_run
from sandbox.world.github.workflows import Workflow, workflows_at
from sandbox.world.state import Document, State


def record_event(
    state: State,
    repository: Document,
    event: str,
    *,
    starts: Callable[[Workflow], bool],
    payload: Mapping[str, Any],
    actor: str,
    head: Head | None = None,
    chain: int = 0,
) -> list[Document]:
    """Record the runs that an event starts at the default branch's head.

    Args:
        state: the world.
        repository: where it happened.
        event: its name.
        starts: whether it starts a workflow.
        payload: what it holds, as `record_run` has it.
        actor: the login of who made it happen.
        head: as `record_run` has it.
        chain: likewise.
    """
    branch = repository["default_branch"]
    sha = history.find_ref(state, repository, f"refs/heads/{branch}")
    commit = history.find_commit(state, repository, sha) if sha else None
    if commit is None:
        return []
    return [
        record_run(
            state,
            repository,
            workflow,
            commit,
            event=event,
            branch=branch,
            actor=actor,
            payload=payload,
            head=head,
            chain=chain,
        )
        for workflow in workflows_at(state, commit)
        if starts(workflow)
    ]


def record_comment(state: State, repository: Document, payload: Mapping[str, Any], login: str) -> list[Document]:
    """Record the runs that a comment on an issue or pull request starts: none for a workflow's own.

    Args:
        state: the world.
        repository: where it is.
        payload: `action`, `issue` and `comment`.
        login: who wrote or changed it.
    """
    if login == WORKFLOW_TOKEN_LOGIN:
        return []
    action = payload["action"]
    return record_event(
        state,
        repository,
        "issue_comment",
        starts=lambda workflow: workflow.takes("issue_comment", action),
        payload=payload,
        actor=login,
    )
