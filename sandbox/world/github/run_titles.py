"""What a run is called: the workflow's `run-name:`, filled in, or what GitHub makes of the event without one.

Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#run-name.
"""

from typing import Any

# The modules and not their names: each of them can be the first to be imported, and then it is not complete here.
from sandbox.actions import event as events
from sandbox.actions.expressions import evaluation, syntax, templates
from sandbox.world.github.workflows import Workflow
from sandbox.world.state import Document, State


def display_title(state: State, repository: Document, workflow: Workflow, run: Document, commit: Document) -> str:
    """The title of a run that is about to be recorded."""
    payload = events.payload(state, repository, run, commit)
    if workflow.run_name is not None:
        contexts: dict[str, Any] = {
            "github": events.github_context(repository, run, state, payload),
            "inputs": _inputs(workflow, run),
            "vars": {},
        }
        try:
            title = evaluation.to_text(templates.value_of(workflow.run_name, contexts)).strip()
        except syntax.ExpressionError:
            # The run itself ends as a startup failure that says why.
            title = ""
        if title:
            return title
    if run["event"] == "push":
        return commit["message"].partition("\n")[0]
    subject = payload.get("pull_request") or payload.get("issue") or {}
    return subject.get("title") or run["name"]


def _inputs(workflow: Workflow, run: Document) -> dict[str, Any]:
    declared = workflow.filters("workflow_dispatch").get("inputs") or {}
    booleans = [name for name, rules in declared.items() if (rules or {}).get("type") == "boolean"]
    return {name: value == "true" if name in booleans else value for name, value in run["inputs"].items()}
