"""Delivered files that GitHub runs: workflows, and actions of the repository's own."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from policies.model import Resource, is_unknown, mapping, sequence

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

KINDS = frozenset({"RepositoryFile"})
_RUN_BY_GITHUB = re.compile(r"\.github/workflows/[^/]+\.ya?ml|(.*/)?action\.ya?ml")


def content(file: Resource) -> Mapping[str, Any] | None:
    """What a delivered file says, as YAML; None where GitHub does not run it or nobody knows it yet.

    It is empty where it is no mapping.
    """
    if is_unknown(file.inputs.get("content")) or not _RUN_BY_GITHUB.fullmatch(file.text("file")):
        return None
    return _parsed(file.text("content"))


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
        for number, step in enumerate(sequence(job.get("steps")), 1):
            yield f"{key}, step {number}", mapping(step)


def uses(workflow: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every action and every workflow that it calls, with where."""
    for place, step in steps(workflow):
        if "uses" in step:
            yield place, str(step["uses"])
    for key, job in jobs(workflow).items():
        if "uses" in job:
            yield key, str(job["uses"])


def images(workflow: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Every image that its jobs, their services and an action of the repository run in, with where."""
    runs = mapping(workflow.get("runs"))
    # An action's own Dockerfile is a file of the repository, as its scripts are.
    if (image := str(runs.get("image", ""))).startswith("docker://"):
        yield "runs", image
    for key, job in jobs(workflow).items():
        if "container" in job:
            yield key, _image(job["container"])
        for name, service in mapping(job.get("services")).items():
            yield f"{key}, {name}", _image(service)


def _image(container: Any) -> str:
    return str(container.get("image", "") if isinstance(container, Mapping) else container)


def triggers(workflow: Mapping[str, Any]) -> Mapping[str, Any]:
    """The events that start it, each with its filters."""
    # YAML 1.1, which PyYAML reads, takes the key `on` for a boolean.
    said = next((value for key, value in workflow.items() if str(key).lower() in ("on", "true")), None)
    if isinstance(said, Mapping):
        return said
    return {str(event): None for event in ([said] if isinstance(said, str) else sequence(said))}


def filtered(branch: str, patterns: Any) -> bool:
    """Whether a filter of branches lets one through.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet.
    """
    through = False
    for pattern in [patterns] if isinstance(patterns, str) else sequence(patterns):
        wanted = not str(pattern).startswith("!")
        if _matches(str(pattern).removeprefix("!"), branch):
            through = wanted
    return through


def _matches(pattern: str, branch: str) -> bool:
    try:
        return re.fullmatch(_expression(pattern), branch) is not None
    except re.error:
        # Nor does GitHub start a workflow whose filter is malformed.
        return False


def _expression(pattern: str) -> str:
    """`*` is anything but a slash, `**` anything; `?`, `+` and `[]` mean what they mean in an expression."""
    parts = re.split(r"(\*\*|\*|[?+]|\[[^]]*\])", pattern)
    meant = {"**": ".*", "*": "[^/]*"}
    return "".join(meant.get(part, part if index % 2 else re.escape(part)) for index, part in enumerate(parts))
