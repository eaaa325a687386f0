"""What GitHub, or this sandbox, does not start a workflow with. Nothing is skipped in silence."""

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.actions import actions, permissions
from sandbox.actions.context_availability import expression_problems
from sandbox.actions.expressions.evaluation import to_text
from sandbox.actions.expressions.syntax import ExpressionError
from sandbox.actions.expressions.templates import OPENING, value_of
from sandbox.actions.job_file import SHELLS
from sandbox.actions.workflow_file import Job, WorkflowError, WorkflowFile

LABELS = ("ubuntu-latest", "ubuntu-24.04", "ubuntu-22.04")
"""The runners that this machine plays."""
UNKNOWN_HERE = {
    "services": "The sandbox starts no service containers",
    "container": "The sandbox runs no containers",
    "strategy": "The sandbox runs no matrix",
    "snapshot": "The sandbox makes no images",
}
CALLER_KEYS = {"name", "uses", "with", "secrets", "strategy", "needs", "if", "concurrency", "permissions"}


def refuse(workflow: WorkflowFile, read: actions.Read, contexts: Mapping[str, Any]) -> None:
    """Refuse a workflow that cannot be run as GitHub would run it.

    Args:
        workflow: the file.
        read: reads a file of the same commit.
        contexts: what is known before any job runs.

    Raises:
        WorkflowError: one sentence a line.
    """
    permissions.declared(workflow.body.get("permissions"), workflow.path)
    problems = [
        f"{workflow.path}: job '{job.id}': {problem}"
        for job in workflow.jobs.values()
        for problem in (_in_call(job) if job.uses else _in_steps(job, read, contexts))
    ]
    if problems:
        raise WorkflowError("\n".join(problems))
    if problems := expression_problems(workflow):
        raise WorkflowError("\n".join(problems))
    for job in workflow.jobs.values():
        permissions.declared(job.body.get("permissions"), f"{workflow.path}: job '{job.id}'")


def _in_call(job: Job) -> Iterator[str]:
    for name in job.body:
        if name not in CALLER_KEYS:
            yield f"a job that calls a workflow cannot have `{name}`."
    if "strategy" in job.body:
        yield f"{UNKNOWN_HERE['strategy']} (`strategy`)."
    if not str(job.uses).startswith("./.github/workflows/"):
        yield f"the sandbox calls workflows of the same commit only, not {job.uses}."


def _in_steps(job: Job, read: actions.Read, contexts: Mapping[str, Any]) -> Iterator[str]:
    for name, sentence in UNKNOWN_HERE.items():
        if job.body.get(name):
            yield f"{sentence} (`{name}`)."
    yield from _in_label(job)
    yield from _in_environment(job, contexts)
    if not job.steps:
        yield "it has neither `steps` nor `uses`."
    for number, step in enumerate(job.steps, 1):
        if ("run" in step) == ("uses" in step):
            yield f"step {number} needs either `run` or `uses`."
        shell = step.get("shell")
        if shell not in SHELLS and "{0}" not in str(shell):
            yield f"step {number}: the sandbox has no shell `{shell}`."
    for use in actions.uses_of(job, read):
        if problem := actions.refusal(use, read):
            yield problem


def _in_label(job: Job) -> Iterator[str]:
    label = job.body.get("runs-on")
    labels = label if isinstance(label, list) else [label]
    if len(labels) != 1 or labels[0] not in LABELS:
        yield f"no runner has the label {label!r}: GitHub would wait for one; the sandbox has {', '.join(LABELS)}."


def _in_environment(job: Job, contexts: Mapping[str, Any]) -> Iterator[str]:
    name = job.environment
    if name is None:
        return
    try:
        environment_name(job, contexts)
    except ExpressionError as error:
        yield f"the sandbox must know the environment before the run starts, but `{name}`: {error}."
    declared = job.body["environment"]
    unknown = set(declared) - {"name", "url", "deployment"} if isinstance(declared, dict) else set()
    if unknown or not isinstance(name, str):
        yield f"`environment` is {declared!r}."


def environment_name(job: Job, contexts: Mapping[str, Any]) -> str | None:
    """The name of a job's environment, its templates filled in; None for none.

    Raises:
        ExpressionError: it depends on what is not known before the run starts.
    """
    name = job.environment
    if isinstance(name, str) and OPENING in name:
        known = {context: contexts[context] for context in ("github", "inputs") if context in contexts}
        return to_text(value_of(name, known)) or None
    return name or None
