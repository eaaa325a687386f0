"""The workflow files of a commit: what they are called and what starts them.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from sandbox.world.github import git_objects, history
from sandbox.world.github.identifiers import next_number
from sandbox.world.github.patterns import matches_filter
from sandbox.world.state import Document, State

FOLDER = ".github/workflows"
PULL_REQUEST_TYPES = ("opened", "synchronize", "reopened")
"""The activities that start a workflow whose `on: pull_request` has no `types:`."""


@dataclass(frozen=True, slots=True)
class Workflow:
    """One workflow file at one commit."""

    path: str
    name: str
    triggers: dict[str, Any]
    """The configuration by event of `on:`, whichever of its three forms the file uses."""
    run_name: str | None = None
    """`run-name:` as the file has it."""
    jobs: Mapping[str, str] = field(default_factory=dict)
    """The names of its jobs by their IDs."""

    def takes(self, event: str, activity: str, default: tuple[str, ...] = ()) -> bool:
        """Whether an event with that type of activity starts it; without `types:`, one of the default, or any."""
        if event not in self.triggers:
            return False
        types = self.filters(event).get("types")
        return activity in (_listed(types) if types is not None else default or (activity,))

    def filters(self, event: str) -> dict[str, Any]:
        """What `on:` says of an event."""
        filters = self.triggers.get(event)
        return filters if isinstance(filters, dict) else {}

    def runs_on_pull_request(self, event: str, activity: str, base: str, changed: list[str]) -> bool:
        """Whether a pull request's event (`pull_request`, `pull_request_target`) into a branch starts it."""
        filters = self.filters(event)
        started = self.takes(event, activity, PULL_REQUEST_TYPES)
        return started and self._takes_branch(filters, base) and self._takes_paths(filters, changed)

    def runs_after(self, name: str, branch: str) -> bool:
        """Whether the end of a run of the workflow of that name, of that branch, starts it."""
        filters = self.filters("workflow_run")
        named = name in _listed(filters.get("workflows") or [])
        return named and self.takes("workflow_run", "completed") and self._takes_branch(filters, branch)

    def runs_on_push(self, branch: str, changed: list[str]) -> bool:
        """Whether a push to the branch that changed these paths starts it."""
        if "push" not in self.triggers:
            return False
        filters = self.triggers["push"] or {}
        return self._takes_branch(filters, branch) and self._takes_paths(filters, changed)

    @staticmethod
    def _takes_branch(filters: dict[str, Any], branch: str) -> bool:
        if "branches" in filters:
            return matches_filter(_listed(filters["branches"]), branch)
        if "branches-ignore" in filters:
            return not matches_filter(_listed(filters["branches-ignore"]), branch)
        return "tags" not in filters and "tags-ignore" not in filters

    @staticmethod
    def _takes_paths(filters: dict[str, Any], changed: list[str]) -> bool:
        if "paths" in filters:
            return any(matches_filter(_listed(filters["paths"]), path) for path in changed)
        if "paths-ignore" in filters:
            return not all(matches_filter(_listed(filters["paths-ignore"]), path) for path in changed)
        return True


def workflows_at(state: State, commit: Document) -> list[Workflow]:
    """The workflows of a commit. A file that is not YAML, or has no `on:`, starts nothing and is not listed."""
    folder = git_objects.find_entry(state, commit["tree"], FOLDER)
    if folder is None or folder.mode != git_objects.DIRECTORY:
        return []
    files = git_objects.list_tree(state, folder.sha)
    parsed = [
        _parse(f"{FOLDER}/{name}", git_objects.read_blob(state, entry.sha))
        for name, entry in files.items()
        if name.endswith((".yml", ".yaml")) and entry.mode != git_objects.DIRECTORY
    ]
    return [workflow for workflow in parsed if workflow is not None]


def find_workflow(state: State, repository: Document, name: str) -> str | None:
    """The path of a workflow that GitHub knows, by its number or file name.

    It knows the files of the default branch, and those that have run once.
    """
    registered = state.collection("github.workflows")
    prefix = f"{repository['full_name'].lower()}:"
    if name.isdecimal():
        return next(
            (
                key.removeprefix(prefix)
                for key in registered
                if key.startswith(prefix) and str(registered[key]["id"]) == name
            ),
            None,
        )
    path = f"{FOLDER}/{name.removeprefix(FOLDER + '/')}"
    default = history.resolve(state, repository, repository["default_branch"])
    on_default = default is not None and git_objects.find_entry(state, default["tree"], path) is not None
    return path if on_default or prefix + path in registered else None


def register(state: State, repository: Document, path: str, *, ran: bool = False) -> Document:
    """A workflow's number (`id`) and how often it ran (`runs`), counted up by one when it runs now."""
    registered = state.collection("github.workflows")
    key = f"{repository['full_name'].lower()}:{path}"
    document = registered.get(key) or {"id": next_number(state), "runs": 0}
    registered[key] = {**document, "runs": document["runs"] + ran}
    return registered[key]


@functools.lru_cache(maxsize=256)
def _parse(path: str, content: bytes) -> Workflow | None:
    try:
        parsed = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    if not isinstance(parsed, dict):
        return None
    # YAML 1.1 reads a bare `on` as true.
    declared = parsed.get("on", parsed.get(True))
    if isinstance(declared, str):
        declared = [declared]
    triggers = dict.fromkeys(declared) if isinstance(declared, list) else declared
    if not isinstance(triggers, dict):
        return None
    run_name = parsed.get("run-name")
    jobs = parsed.get("jobs")
    names = {
        str(job): str((declared.get("name") if isinstance(declared, dict) else None) or job)
        for job, declared in (jobs.items() if isinstance(jobs, dict) else ())
    }
    return Workflow(path, str(parsed.get("name", path)), triggers, None if run_name is None else str(run_name), names)


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
