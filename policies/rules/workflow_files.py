"""Delivered files that GitHub runs: workflows, and actions of the repository's own."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from policies.model import Resource, mapping

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KINDS = frozenset({"RepositoryFile"})
_RUN_BY_GITHUB = re.compile(r"\.github/workflows/[^/]+\.ya?ml|(.*/)?action\.ya?ml")


def content(file: Resource) -> Mapping[str, Any] | None:
    """What a delivered file says, as YAML; None where GitHub does not run it, empty where it is no mapping."""
    return _parsed(file.text("content")) if _RUN_BY_GITHUB.fullmatch(file.text("file")) else None


@functools.lru_cache(maxsize=64)
def _parsed(text: str) -> Mapping[str, Any]:
    """Several rules read the same file."""
    try:
        return mapping(yaml.load(text, Loader=_Loader))  # noqa: S506 - safe, and in C where PyYAML has it
    except yaml.YAMLError:
        return {}


def jobs(workflow: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Its jobs; none where it is an action."""
    return {str(key): mapping(job) for key, job in mapping(workflow.get("jobs")).items()}


def steps(workflow: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every step of a workflow or of an action, with where it is."""
    held = {**jobs(workflow), **({"runs": mapping(workflow["runs"])} if "runs" in workflow else {})}
    for key, job in held.items():
        for number, step in enumerate(job.get("steps") or [], 1):
            yield f"{key}, step {number}", mapping(step)


def uses(workflow: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every action and every workflow that it calls, with where."""
    for place, step in steps(workflow):
        if "uses" in step:
            yield place, str(step["uses"])
    for key, job in jobs(workflow).items():
        if "uses" in job:
            yield key, str(job["uses"])
