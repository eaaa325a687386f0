"""What is read of a world for the page, in one go: the documents that it shows, and what they refer to."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sandbox.page.health_checks import HealthCheck, HealthChecks
from sandbox.page.stacks import Stack
from sandbox.world.github import history
from sandbox.world.github.access import find_repository, role
from sandbox.world.github.organizations import find_team_by_id
from sandbox.world.github.users import find_user_by_id
from sandbox.world.github.workflow_jobs import jobs_of
from sandbox.world.state import Document, State

LOCKS = "deploy-lock/"
"""The branches that hold an environment; the file says who and why."""
_LOCK_FILE = "lock.json"
_READ = (
    *("vercel.projects", "vercel.domains", "vercel.deployments", "vercel.broken_sites"),
    *("github.activities", "github.check_runs", "github.comments", "github.deployments", "github.environments"),
    *("github.issues", "datadog.events", "datadog.monitors", "datadog.dora_deployments"),
    *("slack.messages", "webhooks.backups", "faults"),
)
_UNSHOWN = ("log", "steps", "outputs")
"""Of a job: long, and not on the page."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """A world as the page needs it; `collections` are named as in the world, the runs' jobs without their logs."""

    collections: Mapping[str, Mapping[str, Document]] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    """The first lines of commits' messages, by SHA."""
    locks: Mapping[str, Document] = field(default_factory=dict)
    """`reason`, `by` and `since` by environment."""
    people: Mapping[str, str] = field(default_factory=dict)
    """Roles in the repository by login."""
    reviewers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The logins that each environment of GitHub asks for approval."""

    checks: Mapping[str, HealthCheck] = field(default_factory=dict)
    """The newest health check by host."""

    def all(self, name: str) -> Mapping[str, Document]:
        """The documents of a collection, by key."""
        return self.collections.get(name, {})


def take(state: State, stacks: Sequence[Stack], checks: HealthChecks | None = None) -> Snapshot:
    """Read a world. What another process deletes meanwhile is left out."""
    collections = {name: _read(state, name) for name in _READ}
    repositories = {stack.repository: find_repository(state, *stack.repository.split("/")) for stack in stacks}
    known = [repository for repository in repositories.values() if repository is not None]
    runs = {
        key: {**run, "jobs": _jobs(state, repository, run), "payload": None}
        for key, run in _read(state, "github.workflow_runs").items()
        for repository in known
        if run["repository"] == repository["full_name"]
    }
    people: dict[str, str] = {}
    messages: dict[str, str] = {}
    for repository in known:
        for user in _read(state, "github.users").values():
            held = role(state, repository, user["login"])
            if held is not None:
                people[user["login"]] = held
        for sha in _commits(collections, runs):
            commit = history.find_commit(state, repository, sha)
            if commit is not None:
                messages[sha] = commit["message"].partition("\n")[0]
    return Snapshot(
        collections={**collections, "github.workflow_runs": runs},
        messages=messages,
        checks=checks.newest(state) if checks else {},
        locks=_locks(state, stacks, repositories),
        people=people,
        reviewers={
            environment["name"]: _logins(state, environment["reviewers"])
            for environment in collections["github.environments"].values()
        },
    )


def _read(state: State, name: str) -> dict[str, Document]:
    collection = state.collection(name)
    found = ((key, collection.get(key)) for key in collection)
    return {key: document for key, document in found if document is not None}


def _jobs(state: State, repository: Document, run: Document) -> list[Document]:
    jobs = jobs_of(state, repository, run)
    return [{name: value for name, value in job.items() if name not in _UNSHOWN} for job in jobs]


def _commits(collections: Mapping[str, Mapping[str, Document]], runs: Mapping[str, Document]) -> set[str]:
    built = {deployment["meta"].get("commit", "") for deployment in collections["vercel.deployments"].values()}
    pushed = {activity["after"] for activity in collections["github.activities"].values()}
    return (built | pushed | {run["head_sha"] for run in runs.values()}) - {"", history.NO_COMMIT}


def _locks(
    state: State, stacks: Sequence[Stack], repositories: Mapping[str, Document | None]
) -> Mapping[str, Document]:
    locks: dict[str, Document] = {}
    for stack in stacks:
        repository = repositories[stack.repository]
        sha = history.find_ref(state, repository, f"{history.HEADS}{LOCKS}{stack.name}") if repository else None
        commit = history.find_commit(state, repository, sha) if repository and sha else None
        if commit is None:
            continue
        try:
            written = json.loads(history.read_file(state, commit, _LOCK_FILE) or b"")
            locks[stack.name] = {name: str(written[name]) for name in ("reason", "by", "since")}
        except (ValueError, KeyError, TypeError):
            # A branch made by hand holds all the same.
            locks[stack.name] = {"reason": "its branch says nothing that can be read", "by": "somebody", "since": ""}
    return locks


def _logins(state: State, reviewers: Sequence[Document]) -> list[str]:
    logins: list[str] = []
    for reviewer in reviewers:
        if reviewer["type"] == "Team":
            team = find_team_by_id(state, reviewer["id"])
            logins += team["members"] if team else []
        else:
            user = find_user_by_id(state, reviewer["id"])
            logins += [user["login"]] if user else []
    return list(dict.fromkeys(logins))
