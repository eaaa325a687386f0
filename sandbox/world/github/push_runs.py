"""The runs that a push to a branch or tag starts: https://docs.github.com/actions/reference/workflows-and-actions."""

from collections.abc import Sequence

from sandbox.world.github import git_objects, history
from sandbox.world.github.workflow_runs import WORKFLOW_TOKEN_LOGIN, record_run, skips_workflows
from sandbox.world.github.workflows import workflows_at
from sandbox.world.state import Document, State

MOST_COMMITS = 2048
"""More than these are not in a push's event: https://docs.github.com/webhooks/webhook-events-and-payloads#push."""


def record_push(
    state: State,
    repository: Document,
    ref: str,
    commit: Document,
    *,
    before: str | None,
    login: str,
) -> list[Document]:
    """Record the runs that a push to a branch or tag starts.

    There are none when its head commit skips, or a workflow's token pushed.

    Args:
        state: the world.
        repository: where to.
        ref: the full one, which points at the commit already.
        commit: its head.
        before: what it pointed at.
        login: who pushed.
    """
    if skips_workflows(commit["message"]) or login == WORKFLOW_TOKEN_LOGIN:
        return []
    new = history.list_new(state, repository, ref, commit, before=before)
    changed = _changed_paths(state, repository, commit, before, new)
    return [
        record_run(
            state,
            repository,
            workflow,
            commit,
            event="push",
            branch=ref.removeprefix(history.HEADS).removeprefix(history.TAGS),
            ref=ref,
            actor=login,
            before=before,
            pushed=[known["sha"] for known in new[:MOST_COMMITS]],
        )
        for workflow in workflows_at(state, commit)
        if workflow.runs_on_push(ref, changed)
    ]


def _changed_paths(
    state: State, repository: Document, commit: Document, before: str | None, new: Sequence[Document]
) -> list[str]:
    """The paths that filters look at.

    They are those in which a branch differs from what it was; or a new one from what its first own commit was made on.
    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#git-diff-comparisons.
    """
    first = new[-1] if new and before is None else commit
    start = before or next(iter(first["parents"]), None)
    known = history.find_commit(state, repository, start) if start else None
    changed = git_objects.compare_trees(state, known["tree"] if known else None, commit["tree"])
    return [change["path"] for change in changed]
