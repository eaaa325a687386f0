"""What a person's `git push` does to a branch."""

from collections.abc import Mapping

from sandbox.world.github import history
from sandbox.world.github.pull_request_events import record_branch_push
from sandbox.world.github.users import add_user, commit_person
from sandbox.world.state import Document, State


def push_files(
    state: State,
    repository: Document,
    branch: str,
    files: Mapping[str, bytes | str | None],
    *,
    login: str,
    message: str = "Change files",
) -> Document:
    """Push a commit, with the runs and the activity that come of it; returns the commit.

    Args:
        state: the world.
        repository: where to.
        branch: made from the default branch when it is not there.
        files: content by path, None to remove.
        login: who pushes.
        message: the commit's.
    """
    ref = f"refs/heads/{branch}"
    if history.find_ref(state, repository, ref) is None:
        start = history.find_ref(state, repository, f"refs/heads/{repository['default_branch']}")
        history.set_ref(state, repository, ref, start, actor=login)
    before = history.find_ref(state, repository, ref)
    person = commit_person(add_user(state, login))
    changes = {path: content.encode() if isinstance(content, str) else content for path, content in files.items()}
    commit = history.add_commit(
        state, repository, ref, changes, message=message, author=person, committer=person, actor=login
    )
    record_branch_push(state, repository, branch, commit, before=before, login=login)
    return commit


def force_push(state: State, repository: Document, branch: str, sha: str, *, login: str) -> None:
    """Point a branch at a commit that the repository has, whatever it pointed at before.

    Raises LookupError for a commit that is not there.
    """
    commit = history.find_commit(state, repository, sha)
    if commit is None:
        raise LookupError(f"{repository['full_name']} has no commit {sha}")
    ref = f"refs/heads/{branch}"
    before = history.find_ref(state, repository, ref)
    history.set_ref(state, repository, ref, sha, actor=login)
    record_branch_push(state, repository, branch, commit, before=before, login=login)
