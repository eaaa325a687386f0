"""The inputs of a dispatched and of a called workflow: checked, and with their defaults filled in.

Sources: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#onworkflow_dispatchinputs and
#onworkflow_callinputs there.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.actions.expressions.evaluation import to_text
from sandbox.actions.expressions.syntax import number
from sandbox.actions.workflow_file import WorkflowError

DISPATCH_TYPES = ("string", "boolean", "choice", "number", "environment")
CALL_TYPES = ("string", "boolean", "number")


def dispatched(declarations: Mapping[str, Any], given: Mapping[str, str], environments: list[str]) -> dict[str, Any]:
    """The `inputs` of a dispatched run: booleans are booleans, everything else strings.

    Args:
        declarations: `on.workflow_dispatch.inputs`.
        given: the run's inputs.
        environments: the names that an input of type `environment` may have.

    Raises:
        WorkflowError: a sentence for each input that GitHub would refuse.
    """
    problems = [f"Unexpected inputs provided: {name}." for name in given if name not in declarations]
    values: dict[str, Any] = {}
    for name, declaration in declarations.items():
        rules = declaration or {}
        kind = rules.get("type", "string")
        text = given.get(name)
        if text is None:
            text = to_text(rules.get("default"))
        if problem := _dispatch_problem(name, rules, kind, text, environments):
            problems.append(problem)
        values[name] = text == "true" if kind == "boolean" else text
    if problems:
        raise WorkflowError("\n".join(problems))
    return values


def called(declarations: Mapping[str, Any], given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The `inputs` of a called workflow, of their declared types.

    Args:
        declarations: `on.workflow_call.inputs`.
        given: the caller's `with:`, its templates filled in.
        where: whom a refusal names.

    Raises:
        WorkflowError: a sentence for each input that GitHub would refuse.
    """
    problems = [
        f"Invalid input, {name} is not defined in the referenced workflow ({where})."
        for name in given
        if name not in declarations
    ]
    values: dict[str, Any] = {}
    for name, declaration in declarations.items():
        rules = declaration or {}
        kind = rules.get("type")
        if kind not in CALL_TYPES:
            problems.append(
                f"The input {name} of {where} has the type {kind}: one of {', '.join(CALL_TYPES)} is needed."
            )
            continue
        if rules.get("required") and name not in given:
            problems.append(f"Input {name} is required, but not provided while calling {where}.")
        empty: Mapping[str, Any] = {"string": "", "boolean": False, "number": 0}
        value = given.get(name, rules.get("default", empty[kind]))
        if not _has_type(value, kind):
            problems.append(f"The input {name} of {where} is {value!r}: a {kind} is needed.")
        values[name] = to_text(value) if kind == "string" else value
    if problems:
        raise WorkflowError("\n".join(problems))
    return values


def _dispatch_problem(name: str, rules: Mapping[str, Any], kind: str, text: str, environments: list[str]) -> str | None:
    if kind not in DISPATCH_TYPES:
        return f"The input '{name}' has the type {kind}: one of {', '.join(DISPATCH_TYPES)} is needed."
    if rules.get("required") and not text:
        return f"Required input '{name}' not provided."
    allowed = {
        "boolean": ["true", "false", ""],
        "choice": [to_text(option) for option in rules.get("options") or []],
        "environment": environments,
    }.get(kind)
    if allowed is not None and text not in allowed and text:
        return f"Provided value '{text}' for input '{name}' not in the list of allowed values."
    if kind == "number" and text and number(text) != number(text):
        return f"Provided value '{text}' for input '{name}' is not a number."
    return None


def _has_type(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return not isinstance(value, (Mapping, list))
