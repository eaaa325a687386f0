"""What a push asks of refs: which may move, and what comes of it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.world.github import git_objects, history
from sandbox.world.github.pull_request_events import record_ref_push
from sandbox.world.github.pulls import settle_pulls_of_branch
from sandbox.world.github.rule_enforcement import Change, find_violations
from sandbox.world.github.workflows import FOLDER
from sandbox.world.state import Document, State


@dataclass(frozen=True, slots=True)
class Move:
    """What a push asks of a ref."""

    ref: str
    before: str | None
    """Where the pusher believes it is; None for a ref that is not there."""
    after: str | None
    """None to delete it."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a ref does not move.

    Attributes:
        reason: in one line, which stands beside the ref.
        said: lines that the pusher is shown before.
    """

    reason: str
    said: Sequence[str] = ()


def move_refs(
    state: State, repository: Document, moves: Sequence[Move], identity: Mapping[str, Any], *, atomic: bool
) -> dict[str, Refusal]:
    """Move the refs that may be moved, which starts what a push starts; the refusals of the others, by ref.

    Args:
        state: the world, which has what is pushed.
        repository: whose refs.
        moves: what is asked.
        identity: who pushes.
        atomic: move none where one is refused.
    """
    refused: dict[str, Refusal] = {}
    refs = set(history.list_refs(state, repository, "refs/"))
    for move in moves:
        why = _refusal(state, repository, move, identity) or _obstacle(refs, move)
        if why is not None:
            refused[move.ref] = why
        elif move.after is None:
            refs.discard(move.ref)
        else:
            refs.add(move.ref)
    if atomic and refused:
        return {**dict.fromkeys((move.ref for move in moves), Refusal("atomic push failure")), **refused}
    for move in moves:
        if move.ref not in refused:
            apply_move(state, repository, move, identity["login"])
    return refused


def apply_move(state: State, repository: Document, move: Move, login: str) -> None:
    """Move a ref that may be moved, and start what that starts."""
    if move.before == move.after:
        return
    history.set_ref(state, repository, move.ref, move.after, actor=login)
    if move.ref.startswith(history.HEADS):
        settle_pulls_of_branch(state, repository, move.ref.removeprefix(history.HEADS), login=login)
    commit = history.find_commit(state, repository, move.after) if move.after else None
    if commit is not None:
        record_ref_push(state, repository, move.ref, commit, before=move.before, login=login)


def _refusal(state: State, repository: Document, move: Move, identity: Mapping[str, Any]) -> Refusal | None:
    if history.REF.fullmatch(move.ref) is None:
        return Refusal("deny updating a hidden ref")
    if history.find_ref(state, repository, move.ref) != move.before:
        return Refusal("fetch first")
    if move.after is None and move.ref == history.HEADS + repository["default_branch"]:
        return Refusal(
            "deletion of the current branch prohibited", (f"refusing to delete the current branch: {move.ref}",)
        )
    if move.after is not None and history.find_commit(state, repository, move.after) is None:
        return Refusal("missing necessary objects")
    change = _change(state, repository, move)
    reasons = find_violations(state, repository, move.ref, identity, change, after=move.after)
    if reasons:
        said = (
            f"error: GH013: Repository rule violations found for {move.ref}.",
            "",
            *(f"- {line}" for line in reasons),
        )
        return Refusal("push declined due to repository rule violations", said)
    return _workflow_refusal(state, repository, move, identity)


def _obstacle(refs: Collection[str], move: Move) -> Refusal | None:
    """The refusal of a new ref for one that is there, or that the same push has made by then."""
    blocking = history.find_obstacle(refs, move.ref) if move.after is not None else None
    if blocking is None:
        return None
    said = f"error: cannot lock ref '{move.ref}': '{blocking}' exists; cannot create '{move.ref}'"
    return Refusal("failed to update ref", (said,))


def _workflow_refusal(state: State, repository: Document, move: Move, identity: Mapping[str, Any]) -> Refusal | None:
    is_user = identity["type"] == "User"
    changed = _changed_workflow(state, repository, move)
    if changed is None or ("workflow" if is_user else "workflows:write") in identity["scopes"]:
        return None
    kind, scope = ("Personal Access Token", "`workflow` scope") if is_user else ("GitHub App", "`workflows` permission")
    return Refusal(f"refusing to allow a {kind} to create or update workflow `{changed}` without {scope}")


def _change(state: State, repository: Document, move: Move) -> Change:
    if move.before is None:
        return "create"
    if move.after is None:
        return "delete"
    return "update" if history.is_ancestor(state, repository, move.before, move.after) else "force"


def _changed_workflow(state: State, repository: Document, move: Move) -> str | None:
    """The first workflow file in which the commit differs from where the ref was, or else from the default branch."""
    known = move.before or history.find_ref(state, repository, history.HEADS + repository["default_branch"])
    before, after = (history.find_commit(state, repository, sha) if sha else None for sha in (known, move.after))
    if after is None:
        return None
    changed = git_objects.compare_trees(state, before["tree"] if before else None, after["tree"])
    return next((file["path"] for file in changed if file["path"].startswith(f"{FOLDER}/")), None)
