"""Which contexts each place of a workflow has. act takes a context that is not there for an empty string.

Source: https://docs.github.com/actions/reference/workflows-and-actions/contexts#context-availability.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.actions.expressions.syntax import ExpressionError
from sandbox.actions.expressions.templates import OPENING, contexts_of, split
from sandbox.actions.workflow_file import WorkflowFile

OF_WORKFLOW = {
    "run-name": {"github", "inputs", "vars"},
    "concurrency": {"github", "inputs", "vars"},
    "env": {"github", "inputs", "secrets", "vars"},
}
JOB_CONDITION = {"github", "needs", "vars", "inputs"}
JOB = {*JOB_CONDITION, "secrets", "strategy", "matrix"}
STEP = {*JOB, "env", "job", "runner", "steps"}
OF_JOB = {
    "if": JOB_CONDITION,
    "concurrency": JOB_CONDITION | {"strategy", "matrix"},
    "outputs": STEP,
    "environment": STEP - {"secrets"},
    "defaults": JOB | {"env"},
}
"""Where it is another than `JOB`."""


def expression_problems(workflow: WorkflowFile) -> list[str]:
    """A sentence for each expression that cannot be read, or that uses what is not there."""
    problems: list[str] = []
    for name, allowed in OF_WORKFLOW.items():
        problems += _problems(workflow.body.get(name), name, allowed)
    for job in workflow.jobs.values():
        for name, value in job.body.items():
            if name != "steps":
                problems += _problems(value, f"jobs.{job.id}.{name}", OF_JOB.get(name, JOB), condition=name == "if")
        for number, step in enumerate(job.steps):
            for name, value in step.items():
                allowed = STEP - {"secrets"} if name == "if" else STEP
                where = f"jobs.{job.id}.steps[{number}].{name}"
                problems += _problems(value, where, allowed, condition=name == "if")
    return [f"{workflow.path}: {problem}" for problem in problems]


def _problems(value: Any, where: str, allowed: set[str], *, condition: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _problems(item, f"{where}.{name}", allowed)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _problems(item, f"{where}[{number}]", allowed)
    elif isinstance(value, str) and (OPENING in value or condition):
        try:
            expressions = [text for text, inside in split(value) if inside] if OPENING in value else [value]
            used = set[str]().union(*map(contexts_of, expressions))
        except ExpressionError as error:
            yield f"{where}: {error}."
        else:
            yield from (f"{where}: Unrecognized named-value: '{name}'." for name in sorted(used - allowed))
