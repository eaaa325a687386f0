"""Issues as a list that programs keep: opened, found by label and state, changed, closed.

https://docs.github.com/rest/issues/issues.
"""

from collections.abc import Mapping
from typing import Any

from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import json_body, required, validation_failed
from sandbox.world.github.identifiers import timestamp
from sandbox.world.github.issue_documents import require_issue, show_issue
from sandbox.world.github.issues import open_commented, open_issue
from sandbox.world.github.pages import found, select_page
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

STATES = ("open", "closed")
REASONS = ("completed", "not_planned", "reopened", "duplicate")


@routes.add("POST", "/repos/{owner}/{repo}/issues")
def create_issue(request: Request) -> Response:
    """Open an issue: 201. A label that is not known yet is made."""
    documentation = "issues/issues#create-an-issue"
    repository = open_repository(request, documentation, permission="issues:write")
    body = json_body(request, documentation)
    title = required(body, "title", str, documentation)
    number = open_issue(request.state, repository, login=request.identity["login"], title=title)
    key = f"{repository['full_name'].lower()}/{number}"
    issue = {**request.state.collection("github.issues")[key], **_content(body)}
    request.state.collection("github.issues")[key] = issue
    shown = show_issue(request, repository, issue)
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("GET", "/repos/{owner}/{repo}/issues")
def list_issues(request: Request) -> Response:
    """Issues, and pull requests as issues, newest first: of a `state` (open when not said) and with all `labels`."""
    repository = open_commented(request, "issues/issues#list-repository-issues", "read")
    prefix = f"{repository['full_name'].lower()}/"
    wanted = request.query.get("state", "open")
    labels = {name.lower() for name in request.query.get("labels", "").split(",") if name}
    shown = [
        show_issue(request, repository, issue)
        for key, issue in request.state.collection("github.issues").items()
        if key.startswith(prefix) and labels <= {name.lower() for name in issue["labels"]}
    ]
    matching = [issue for issue in reversed(shown) if wanted in ("all", issue["state"])]
    page, headers = select_page(request, matching)
    return found(request, list(page), headers)


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}")
def update_issue(request: Request) -> Response:
    """Change an issue's title, text, labels or state."""
    documentation = "issues/issues#update-an-issue"
    repository = open_repository(request, documentation, permission="issues:write")
    issue = require_issue(request, repository, documentation)
    body = json_body(request, documentation)
    state, reason = body.get("state", issue["state"]), body.get("state_reason")
    if state not in STATES or reason not in (None, *REASONS):
        raise validation_failed("Issue", [f"state is {state!r}, state_reason is {reason!r}"], documentation)
    changed = {**issue, **_content(body), "state": state}
    if state != issue["state"]:
        closed = state == "closed"
        changed["state_reason"] = reason or ("completed" if closed else "reopened")
        changed["closed_at"] = timestamp() if closed else None
    request.state.collection("github.issues")[f"{repository['full_name'].lower()}/{issue['number']}"] = changed
    return Response(200, show_issue(request, repository, changed))


def _content(body: Mapping[str, Any]) -> Document:
    """What of an issue a request sets."""
    return {name: body[name] for name in ("title", "body", "labels") if name in body}
