"""no-expression-in-run."""

from collections.abc import Iterator

from policies.model import Context, Resource
from policies.rule import Rule, Severity
from policies.rules import workflow_files


def _expressions(file: Resource, _: Context) -> Iterator[str]:
    for place, step in workflow_files.steps(workflow_files.content(file) or {}):
        if "${{" in str(step.get("run", "")):
            yield f"{place} has an expression in its script"


RULE = Rule(
    id="no-expression-in-run",
    severity=Severity.MANDATORY,
    what="No `run:` of a delivered workflow holds `${{ }}`.",
    why="GitHub pastes the value into the script before the shell reads it: a branch's name becomes a command.",
    fix="Hand the value over in `env:` and read it in the script as a quoted variable.",
    kinds=workflow_files.KINDS,
    resource=_expressions,
)
