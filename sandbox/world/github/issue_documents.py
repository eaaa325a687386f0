"""An issue, or a pull request as one, as the world keeps it and as GitHub shows it."""

import zlib
from urllib.parse import quote

from sandbox.world.github.access import author_association
from sandbox.world.github.errors import not_found
from sandbox.world.github.identifiers import html_url, node_id
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.users import simple_user_of
from sandbox.world.service import Request
from sandbox.world.state import Document


def require_issue(request: Request, repository: Document, documentation: str) -> Document:
    """The issue that a request's path names. Raises ServiceError (404) where there is none."""
    key = f"{repository['full_name'].lower()}/{request.parameters['issue_number']}"
    issue = request.state.collection("github.issues").get(key)
    if issue is None:
        raise not_found(documentation)
    return issue


def show_issue(request: Request, repository: Document, issue: Document) -> Document:
    """An issue in full (schema `issue`)."""
    number = issue["number"]
    link = repository_url(request, repository, f"/issues/{number}")
    comments = [
        comment
        for comment in request.state.collection("github.comments").values()
        if (comment["repository"], comment["issue"]) == (repository["full_name"], number)
    ]
    pull = request.state.collection("github.pulls").get(f"{repository['full_name'].lower()}/{number}") or {}
    kind = "pull" if issue["pull_request"] else "issues"
    page = html_url(request, f"/{repository['full_name']}/{kind}/{number}")
    shown: Document = {
        "id": issue["id"],
        "node_id": node_id("PullRequest" if issue["pull_request"] else "Issue", issue["id"]),
        "url": link,
        "repository_url": repository_url(request, repository),
        "labels_url": f"{link}/labels{{/name}}",
        "comments_url": f"{link}/comments",
        "events_url": f"{link}/events",
        "html_url": page,
        "number": number,
        "state": pull.get("state", issue["state"]),
        "state_reason": issue["state_reason"],
        "title": issue["title"],
        "body": issue["body"],
        "user": simple_user_of(request, issue["login"]),
        "labels": [_label(request, repository, name) for name in issue["labels"]],
        "assignee": None,
        "assignees": [],
        "milestone": None,
        "locked": False,
        "comments": len(comments),
        "author_association": author_association(request.state, repository, issue["login"]),
        "created_at": issue["created_at"],
        "updated_at": max(comment["updated_at"] for comment in comments) if comments else issue["created_at"],
        "closed_at": pull.get("closed_at", issue["closed_at"]),
    }
    if issue["pull_request"]:
        shown["pull_request"] = {
            "url": repository_url(request, repository, f"/pulls/{number}"),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": pull.get("merged_at"),
        }
    return shown


def _label(request: Request, repository: Document, name: str) -> Document:
    """A label as GitHub makes one that was never described."""
    number = zlib.crc32(f"{repository['full_name']}/{name}".lower().encode())
    return {
        "id": number,
        "node_id": node_id("Label", number),
        "url": repository_url(request, repository, f"/labels/{quote(name)}"),
        "name": name,
        "description": None,
        "color": "ededed",
        "default": False,
    }
