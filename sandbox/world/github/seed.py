"""The world before anything is deployed: an organization with its people, and a private repository with one commit."""

import json
from collections.abc import Iterable, Mapping, Sequence

from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.organizations import add_organization, add_team
from sandbox.world.github.repositories import add_repository
from sandbox.world.github.users import add_user, commit_person
from sandbox.world.state import Document, State


def seed(
    state: State,
    *,
    owner: str,
    repository: str,
    branches: Sequence[str],
    users: Iterable[str] | Mapping[str, str] = (),
    teams: Iterable[str] | Mapping[str, Sequence[str]] = (),
    owners: Sequence[str] = ("operator",),
    default_branch: str = "main",
    plan: str = "enterprise",
    files: Mapping[str, bytes] | None = None,
) -> None:
    """Make what is missing; leave what is there as it is.

    Args:
        state: the world.
        owner: the organization.
        repository: the repository's name.
        branches: branches to have. The default branch is there too; the first ones share its first commit, later ones
            start at its head.
        users: logins of collaborators, who may write, or each with a role (`read` to `admin`).
        teams: slugs of teams that may read the repository, empty or each with its members' logins.
        owners: logins of the organization's owners, who administrate the repository.
        default_branch: the branch that issue comments and dispatches look for workflows on.
        plan: `free`, `team` or `enterprise`: what the organization has paid for.
        files: the first commit's files by path; a README.md and a package.json when not given.
    """
    roles = users if isinstance(users, Mapping) else dict.fromkeys(users, "write")
    members: Mapping[str, Sequence[str]] = teams if isinstance(teams, Mapping) else dict.fromkeys(teams, ())
    for login in (*owners, *roles, *(login for logins in members.values() for login in logins)):
        add_user(state, login)
    add_organization(state, owner, owners=owners, plan=plan)
    if find_repository(state, owner, repository) is None:
        made = add_repository(state, owner, repository, default_branch=default_branch)
        _commit_first(state, made, f"refs/heads/{default_branch}", owners[0], files or _first_files(repository))
    known = add_repository(state, owner, repository, default_branch=default_branch)
    head = history.find_ref(state, known, f"refs/heads/{known['default_branch']}")
    for branch in branches:
        if history.find_ref(state, known, f"refs/heads/{branch}") is None:
            history.set_ref(state, known, f"refs/heads/{branch}", head, actor=owners[0])
    collaborators = state.collection("github.collaborators")
    for login, role in roles.items():
        collaborators.setdefault(f"{known['full_name'].lower()}/{login.lower()}", {"role_name": role})
    for slug, logins in members.items():
        add_team(state, owner, slug, members=logins, repositories=[known["full_name"]])


def _commit_first(state: State, repository: Document, ref: str, login: str, files: Mapping[str, bytes]) -> None:
    person = commit_person(add_user(state, login))
    history.add_commit(state, repository, ref, files, message="Initial commit", author=person, committer=person)


def _first_files(name: str) -> dict[str, bytes]:
    package = {"name": name, "version": "0.1.0", "private": True, "scripts": {"build": "next build"}}
    return {
        "README.md": f"# {name}\n".encode(),
        "package.json": f"{json.dumps(package, indent=2)}\n".encode(),
    }
