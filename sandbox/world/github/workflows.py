"""The workflow files of a commit: what they are called and what starts them.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import yaml

from sandbox.world.github import git_objects, history
from sandbox.world.github.identifiers import next_number
from sandbox.world.github.patterns import is_filter, matches_filter
from sandbox.world.state import Document, State

FOLDER = ".github/workflows"
FILTERS = ("types", "workflows", *(kind + end for kind in ("branches", "tags", "paths") for end in ("", "-ignore")))
"""What `on:` may say of an event in one pattern or some."""
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

    def runs_on_push(self, ref: str, changed: list[str]) -> bool:
        """Whether a push to the branch or tag that changed these paths starts it; of a tag, paths are not asked."""
        if "push" not in self.triggers:
            return False
        filters = self.filters("push")
        if ref.startswith(history.TAGS):
            return self._takes_ref(filters, ref.removeprefix(history.TAGS), "tags", "branches")
        return self._takes_branch(filters, ref.removeprefix(history.HEADS)) and self._takes_paths(filters, changed)

    def _takes_branch(self, filters: dict[str, Any], branch: str) -> bool:
        return self._takes_ref(filters, branch, "branches", "tags")

    @staticmethod
    def _takes_ref(filters: dict[str, Any], name: str, kind: str, other: str) -> bool:
        if kind in filters:
            return matches_filter(_listed(filters[kind]), name)
        if f"{kind}-ignore" in filters:
            return not matches_filter(_listed(filters[f"{kind}-ignore"]), name)
        return other not in filters and f"{other}-ignore" not in filters

    @staticmethod
    def _takes_paths(filters: dict[str, Any], changed: list[str]) -> bool:
        if "paths" in filters:
            return any(matches_filter(_listed(filters["paths"]), path) for path in changed)
        if "paths-ignore" in filters:
            return not all(matches_filter(_listed(filters["paths-ignore"]), path) for path in changed)
        return True


def workflows_at(state: State, commit: Document) -> list[Workflow]:
    """The workflows of a commit. A file that GitHub would show as invalid starts nothing and is not listed."""
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
    # A date that is none raises ValueError, and what is nested too deeply RecursionError.
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    if not isinstance(parsed, dict):
        return None
    # YAML 1.1 reads a bare `on` as true.
    triggers = _triggers(parsed.get("on", parsed.get(True)))
    name, run_name = parsed.get("name") or path, parsed.get("run-name")
    if triggers is None or not _is_plain(name) or not _is_plain(run_name):
        return None
    jobs = parsed.get("jobs")
    names = {
        str(job): str(_name_of(declared) or job) for job, declared in (jobs.items() if isinstance(jobs, dict) else ())
    }
    return Workflow(path, str(name), triggers, None if run_name is None else str(run_name), names)


def _name_of(job: Any) -> Any:
    name = job.get("name") if isinstance(job, dict) else None
    return name if _is_plain(name) else None


def _triggers(declared: Any) -> dict[str, Any] | None:
    """The configuration by event of `on:`; None where it has none of its three forms."""
    if isinstance(declared, str):
        return {declared: None}
    if isinstance(declared, list):
        return dict.fromkeys(declared) if all(isinstance(event, str) for event in declared) else None
    if not isinstance(declared, dict):
        return None
    is_known = all(isinstance(event, str) and _is_configuration(event, value) for event, value in declared.items())
    return declared if is_known else None


def _is_configuration(event: str, value: Any) -> bool:
    if event == "schedule" or value is None:
        return value is None or isinstance(value, list)
    if not isinstance(value, dict) or not all(_is_filter(value[name]) for name in FILTERS if name in value):
        return False
    inputs = value.get("inputs") or {}
    return isinstance(inputs, dict) and all(rules is None or isinstance(rules, dict) for rules in inputs.values())


def _is_filter(value: Any) -> bool:
    """Whether it is one text or some; no list in a list, which could hold itself."""
    items = value if isinstance(value, list) else [value]
    return all(item is not None and _is_plain(item) and is_filter(str(item)) for item in items)


def _is_plain(value: Any) -> bool:
    return value is None or isinstance(value, str | int | float | date)


def _listed(value: Any) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
