"""A workflow file as it is run: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

JOB_ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


class WorkflowError(Exception):
    """GitHub, or this sandbox, does not start this workflow; the message has one sentence a line."""


class _Loader(yaml.SafeLoader):
    """YAML 1.2's core schema, as GitHub reads it: `on` is a word, a date a string."""


_Loader.yaml_implicit_resolvers = {}
for _tag, _form, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), list(_first))
_Loader.add_implicit_resolver("tag:yaml.org,2002:merge", re.compile("^<<$"), ["<"])


def _whole(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    return int(text, 0 if text[:2] in ("0o", "0x") else 10)


def _real(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> float:
    return float(str(loader.construct_scalar(node)).lower().replace(".inf", "inf").replace(".nan", "nan"))


_Loader.add_constructor("tag:yaml.org,2002:int", _whole)
_Loader.add_constructor("tag:yaml.org,2002:float", _real)


@dataclass(frozen=True, slots=True)
class Job:
    """One job as the file declares it; templates are not filled in."""

    id: str
    body: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name as the file has it, or its ID."""
        return str(self.body.get("name") or self.id)

    @property
    def needs(self) -> tuple[str, ...]:
        """The jobs it waits for."""
        needs = self.body.get("needs") or []
        return (needs,) if isinstance(needs, str) else tuple(needs)

    @property
    def uses(self) -> str | None:
        """The workflow it calls, if it is such a job."""
        return self.body.get("uses")

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        """Its steps."""
        return self.body.get("steps") or []

    @property
    def environment(self) -> Any:
        """The name of its environment as the file has it; None for none."""
        environment = self.body.get("environment")
        return environment.get("name") if isinstance(environment, dict) else environment


@dataclass(frozen=True, slots=True)
class WorkflowFile:
    """One workflow file."""

    path: str
    body: Mapping[str, Any]
    jobs: Mapping[str, Job]

    @property
    def name(self) -> str:
        """Its name, or its path."""
        return str(self.body.get("name") or self.path)

    def trigger(self, event: str) -> Mapping[str, Any] | None:
        """The configuration of an event in `on:`; None when the event does not start it."""
        declared = self.body.get("on")
        if isinstance(declared, str):
            declared = [declared]
        if isinstance(declared, list):
            declared = dict.fromkeys(declared)
        if not isinstance(declared, dict) or event not in declared:
            return None
        return declared[event] or {}


def read_workflow(path: str, content: bytes) -> WorkflowFile:
    """The workflow of a file.

    Raises:
        WorkflowError: it is not YAML, or lacks what a workflow has.
    """
    try:
        # The loader is a SafeLoader with fewer kinds of scalars.
        body = yaml.load(content, _Loader)  # noqa: S506
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise WorkflowError(f"Invalid workflow file: {path}: {error}") from error
    if not isinstance(body, dict) or not isinstance(body.get("jobs"), dict) or not body["jobs"]:
        raise WorkflowError(f"Invalid workflow file: {path}: it declares no `jobs`.")
    jobs: dict[str, Job] = {}
    for name, job in body["jobs"].items():
        if not isinstance(job, dict) or JOB_ID.fullmatch(str(name)) is None:
            raise WorkflowError(f"Invalid workflow file: {path}: the job {name!r} is not one.")
        jobs[str(name)] = Job(str(name), job)
    _refuse_unordered(path, jobs)
    return WorkflowFile(path, body, jobs)


def ancestors(jobs: Mapping[str, Job], job: Job) -> set[str]:
    """All the jobs that a job waits for, directly or not."""
    found: set[str] = set()
    waiting = list(job.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(jobs[name].needs)
    return found


def _refuse_unordered(path: str, jobs: Mapping[str, Job]) -> None:
    for job in jobs.values():
        unknown = [name for name in job.needs if name not in jobs]
        if unknown:
            raise WorkflowError(f"Invalid workflow file: {path}: job '{job.id}' depends on unknown job '{unknown[0]}'.")
    for job in jobs.values():
        if job.id in ancestors(jobs, job):
            raise WorkflowError(f"Invalid workflow file: {path}: job '{job.id}' depends on itself.")
