"""The runs that pull requests and pushes start.

`pull_request` runs the files of the merge that GitHub tries out, `pull_request_target` those of the default branch.
Source: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request.
"""

from collections.abc import Mapping
from typing import Any, Literal

from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.identifiers import own_request
from sandbox.world.github.pull_requests import changed_files, follow_branches, list_pulls_of_branch, show_pull
from sandbox.world.github.push_runs import record_push
from sandbox.world.github.workflow_events import record_event
from sandbox.world.github.workflow_runs import WORKFLOW_TOKEN_LOGIN, Head, record_run, skips_workflows
from sandbox.world.github.workflows import workflows_at
from sandbox.world.state import Document, State

Action = Literal["opened", "synchronize", "closed"]


def record_pull_request(
    state: State,
    repository: Document,
    pull: Document,
    action: Action,
    *,
    login: str,
    more: Mapping[str, Any] | None = None,
) -> list[Document]:
    """Record the runs that a pull request's event starts; none when a workflow's token caused it.

    Args:
        state: the world.
        repository: the base.
        pull: as its branches are now.
        action: what happened.
        login: who did it.
        more: what the payload has besides `action`, `number` and `pull_request`.
    """
    head = history.find_commit(state, repository, pull["head_sha"])
    if login == WORKFLOW_TOKEN_LOGIN or head is None:
        return []
    shown = show_pull(own_request(state), repository, pull)
    payload = {"action": action, "number": pull["number"], "pull_request": shown, **(more or {})}
    files = [change["path"] for change in changed_files(state, repository, pull)]
    base = pull["base_ref"]
    source = Head(branch=pull["head_ref"], sha=pull["head_sha"], repository=pull["head_repository"])
    runs = record_event(
        state,
        repository,
        "pull_request_target",
        starts=lambda workflow: workflow.runs_on_pull_request("pull_request_target", action, base, files),
        payload=payload,
        actor=login,
        head=source,
    )
    merge = history.find_commit(state, repository, pull.get("merge_commit_sha") or "")
    if merge is None or not pull.get("mergeable") or skips_workflows(head["message"]):
        return runs
    return runs + [
        record_run(
            state,
            repository,
            workflow,
            merge,
            event="pull_request",
            branch=base,
            actor=login,
            payload=payload,
            ref=f"refs/pull/{pull['number']}/merge",
            head=source,
        )
        for workflow in workflows_at(state, merge)
        if workflow.runs_on_pull_request("pull_request", action, base, files)
    ]


def record_ref_push(
    state: State, repository: Document, ref: str, commit: Document, *, before: str | None, login: str
) -> list[Document]:
    """Record the runs that a push to a branch or tag, by its full ref, starts."""
    if ref.startswith(history.HEADS):
        branch = ref.removeprefix(history.HEADS)
        return record_branch_push(state, repository, branch, commit, before=before, login=login)
    return record_push(state, repository, ref, commit, before=before, login=login)


def record_branch_push(
    state: State, repository: Document, branch: str, commit: Document, *, before: str | None, login: str
) -> list[Document]:
    """Record the runs that a push to a branch starts, those of the pull requests among them that it changes."""
    runs = record_push(state, repository, history.HEADS + branch, commit, before=before, login=login)
    for known in list_pulls_of_branch(state, repository, branch):
        base = find_repository(state, *known["repository"].split("/"))
        if base is not None and before is not None:
            pull = follow_branches(state, base, known)
            more = {"before": before, "after": commit["sha"]}
            runs += record_pull_request(state, base, pull, "synchronize", login=login, more=more)
    return runs
