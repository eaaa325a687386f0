"""Starting a workflow by hand: https://docs.github.com/rest/actions/workflows#create-a-workflow-dispatch-event."""

import json
from collections.abc import Mapping
from typing import Any

from sandbox.world.github import history
from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import error, json_body, not_found, optional, required
from sandbox.world.github.workflow_runs import record_run, run_page, run_url
from sandbox.world.github.workflows import Workflow, find_workflow, workflows_at
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

DOCUMENTATION = "actions/workflows#create-a-workflow-dispatch-event"


@routes.add("POST", "/repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches")
def dispatch(request: Request) -> Response:
    """Record a run of a workflow on a branch: 204, or 200 with its links when `return_run_details` asks for them.

    Refused as GitHub does: 404 for a workflow it does not know, 422 for a ref that is no branch or tag, a file that has
    no `workflow_dispatch` there, and inputs that are unknown, missing or not among the choices.
    """
    repository = open_repository(request, DOCUMENTATION, needs="write", permission="actions:write")
    path = find_workflow(request.state, repository, request.parameters["workflow_id"])
    if path is None:
        raise not_found(DOCUMENTATION)
    body = json_body(request, DOCUMENTATION)
    branch, commit = _head(request, repository, required(body, "ref", str, DOCUMENTATION))
    workflow = next((found for found in workflows_at(request.state, commit) if found.path == path), None)
    if workflow is None or "workflow_dispatch" not in workflow.triggers:
        raise error(422, "Workflow does not have 'workflow_dispatch' trigger", DOCUMENTATION)
    inputs = _inputs(workflow, optional(body, "inputs", dict, DOCUMENTATION) or {})
    run = record_run(
        request.state,
        repository,
        workflow,
        commit,
        event="workflow_dispatch",
        branch=branch,
        actor=request.identity["login"],
        inputs=inputs,
    )
    if not optional(body, "return_run_details", bool, DOCUMENTATION):
        return Response(204)
    details = {
        "workflow_run_id": run["id"],
        "run_url": run_url(request, repository, run),
        "html_url": run_page(request, run),
    }
    return Response(200, details)


def _head(request: Request, repository: Document, ref: str) -> tuple[str, Document]:
    branch = ref.removeprefix("refs/heads/")
    sha = history.find_ref(request.state, repository, f"refs/heads/{branch}")
    commit = history.find_commit(request.state, repository, sha) if sha else None
    if commit is None:
        raise error(422, f"No ref found for: {ref}", DOCUMENTATION)
    return branch, commit


def _inputs(workflow: Workflow, given: Mapping[str, Any]) -> dict[str, str]:
    """The inputs as the run gets them: strings, defaults filled in. Raises 422 for what the file does not allow."""
    declared: Mapping[str, Any] = (workflow.triggers["workflow_dispatch"] or {}).get("inputs") or {}
    unexpected = [name for name in given if name not in declared]
    if unexpected:
        raise error(422, f"Unexpected inputs provided: {json.dumps(unexpected)}", DOCUMENTATION)
    values: dict[str, str] = {}
    for name, declaration in declared.items():
        rules = declaration or {}
        value = given.get(name)
        text = _text(rules.get("default")) if value is None else _text(value)
        if rules.get("required") and not text:
            raise error(422, f"Required input '{name}' not provided", DOCUMENTATION)
        choices = {"boolean": ["true", "false"], "choice": rules.get("options") or []}.get(rules.get("type", "string"))
        if choices is not None and value is not None and text not in [_text(choice) for choice in choices]:
            reason = f"Provided value '{text}' for input '{name}' not in the list of allowed values"
            raise error(422, reason, DOCUMENTATION)
        values[name] = text
    return values


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)
