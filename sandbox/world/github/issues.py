"""Issues and pull requests as issues, comments on them, and reactions to those.

https://docs.github.com/rest/issues/issues, https://docs.github.com/rest/issues/comments and https://docs.github.com/rest/reactions/reactions.
"""

from sandbox.world.github.access import author_association, open_repository, role
from sandbox.world.github.authentication import app_may
from sandbox.world.github.errors import error, json_body, not_found, required, validation_failed
from sandbox.world.github.identifiers import html_url, next_number, node_id, own_request, timestamp
from sandbox.world.github.issue_documents import require_issue, show_issue
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.users import add_user, simple_user_of
from sandbox.world.github.workflow_events import record_comment
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
PAGE = "issues/comments"
LONGEST = 65_536
"""Characters of the longest comment."""


def open_issue(state: State, repository: Document, *, login: str, title: str, pull_request: bool = False) -> int:
    """Open an issue or a pull request as a person would, and return its number."""
    add_user(state, login)
    issues = state.collection("github.issues")
    prefix = f"{repository['full_name'].lower()}/"
    number = 1 + sum(key.startswith(prefix) for key in issues)
    issues[f"{prefix}{number}"] = {
        "id": next_number(state),
        "number": number,
        "title": title,
        "login": login,
        "pull_request": pull_request,
        "body": None,
        "labels": [],
        "state": "open",
        "state_reason": None,
        "closed_at": None,
        "created_at": timestamp(),
    }
    return number


def add_comment(state: State, repository: Document, issue: int, *, login: str, body: str) -> int:
    """Comment on an issue or pull request as a person would, with the runs that start by it; returns its number."""
    user = add_user(state, login)
    now = timestamp()
    comment: Document = {
        "id": next_number(state),
        "repository": repository["full_name"],
        "issue": issue,
        "login": user["login"],
        "body": body,
        "reactions": [],
        "created_at": now,
        "updated_at": now,
    }
    state.collection("github.comments")[str(comment["id"])] = comment
    _record_comment(state, repository, comment, "created", login)
    return comment["id"]


@routes.add("GET", "/repos/{owner}/{repo}/issues/{issue_number}")
def get_issue(request: Request) -> Response:
    """An issue, or a pull request as one."""
    documentation = "issues/issues#get-an-issue"
    repository = open_commented(request, documentation, "read")
    return found(request, show_issue(request, repository, require_issue(request, repository, documentation)))


@routes.add("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
def list_comments(request: Request) -> Response:
    """The comments on an issue, oldest first."""
    documentation = f"{PAGE}#list-issue-comments"
    repository = open_commented(request, documentation, "read")
    require_issue(request, repository, documentation)
    number = int(request.parameters["issue_number"])
    comments = [
        comment
        for comment in request.state.collection("github.comments").values()
        if comment["repository"] == repository["full_name"] and comment["issue"] == number
    ]
    page, headers = select_page(request, comments)
    return found(request, [_comment(request, repository, comment) for comment in page], headers)


@routes.add("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
def create_comment(request: Request) -> Response:
    """Comment on an issue or pull request: 201."""
    documentation = f"{PAGE}#create-an-issue-comment"
    repository = open_commented(request, documentation, "write")
    require_issue(request, repository, documentation)
    number = add_comment(
        request.state,
        repository,
        int(request.parameters["issue_number"]),
        login=request.identity["login"],
        body=_body(request, documentation),
    )
    shown = _comment(request, repository, request.state.collection("github.comments")[str(number)])
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def get_comment(request: Request) -> Response:
    """A comment."""
    documentation = f"{PAGE}#get-an-issue-comment"
    repository = open_commented(request, documentation, "read")
    return found(request, _comment(request, repository, _named(request, repository, documentation)))


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def update_comment(request: Request) -> Response:
    """Change a comment's text: its author's, or with write access anybody's."""
    documentation = f"{PAGE}#update-an-issue-comment"
    repository = open_commented(request, documentation, "write")
    comment = _named(request, repository, documentation)
    login = request.identity["login"]
    strong = request.identity["type"] == "App" or role(request.state, repository, login) in (
        "write",
        "maintain",
        "admin",
    )
    if comment["login"].lower() != login.lower() and not strong:
        raise error(403, "Must have admin rights to Repository.", documentation)
    before = comment["body"]
    comment["body"] = _body(request, documentation)
    comment["updated_at"] = timestamp()
    request.state.collection("github.comments")[str(comment["id"])] = comment
    _record_comment(request.state, repository, comment, "edited", login, changes={"body": {"from": before}})
    return Response(200, _comment(request, repository, comment))


@routes.add("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions")
def create_reaction(request: Request) -> Response:
    """React to a comment: 201, or 200 when the same user had reacted so before."""
    documentation = "reactions/reactions#create-reaction-for-an-issue-comment"
    repository = open_commented(request, documentation, "write")
    comment = _named(request, repository, documentation)
    content = required(json_body(request, documentation), "content", str, documentation)
    if content not in REACTIONS:
        raise validation_failed("Reaction", [f"content must be one of {', '.join(REACTIONS)}"], documentation)
    login = add_user(request.state, request.identity["login"])["login"]
    for reaction in comment["reactions"]:
        if (reaction["login"], reaction["content"]) == (login, content):
            return Response(200, _reaction(request, reaction))
    reaction = {
        "id": next_number(request.state),
        "login": login,
        "content": content,
        "created_at": timestamp(),
    }
    comment["reactions"].append(reaction)
    request.state.collection("github.comments")[str(comment["id"])] = comment
    return Response(201, _reaction(request, reaction))


@routes.add("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions")
def list_reactions(request: Request) -> Response:
    """The reactions to a comment, oldest first, all or those of one `content`."""
    documentation = "reactions/reactions#list-reactions-for-an-issue-comment"
    repository = open_commented(request, documentation, "read")
    content = request.query.get("content")
    reactions = _named(request, repository, documentation)["reactions"]
    wanted = [reaction for reaction in reactions if content in (None, reaction["content"])]
    page, headers = select_page(request, wanted)
    return found(request, [_reaction(request, reaction) for reaction in page], headers)


@routes.add("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}")
def delete_reaction(request: Request) -> Response:
    """Take one's own reaction back: 204."""
    documentation = "reactions/reactions#delete-an-issue-comment-reaction"
    repository = open_commented(request, documentation, "write")
    comment = _named(request, repository, documentation)
    number = request.parameters["reaction_id"]
    reaction = next((known for known in comment["reactions"] if str(known["id"]) == number), None)
    if reaction is None or reaction["login"].lower() != request.identity["login"].lower():
        raise not_found(documentation)
    comment["reactions"].remove(reaction)
    request.state.collection("github.comments")[str(comment["id"])] = comment
    return Response(204)


def open_commented(request: Request, documentation: str, level: str) -> Document:
    """The repository, for whoever reads it; an app needs issues or pull requests of that level."""
    pulls = app_may(request.identity, f"pull_requests:{level}")
    permission = f"{'pull_requests' if pulls else 'issues'}:{level}"
    return open_repository(request, documentation, permission=permission)


def _record_comment(
    state: State, repository: Document, comment: Document, action: str, login: str, **more: Document
) -> None:
    issue = state.collection("github.issues")[f"{repository['full_name'].lower()}/{comment['issue']}"]
    request = own_request(state)
    payload = {
        "action": action,
        "issue": show_issue(request, repository, issue),
        "comment": _comment(request, repository, comment),
        **more,
    }
    record_comment(state, repository, payload, login)


def _named(request: Request, repository: Document, documentation: str) -> Document:
    comment = request.state.collection("github.comments").get(request.parameters["comment_id"])
    if comment is None or comment["repository"] != repository["full_name"]:
        raise not_found(documentation)
    return comment


def _body(request: Request, documentation: str) -> str:
    text = required(json_body(request, documentation), "body", str, documentation)
    if not text.strip():
        raise validation_failed("IssueComment", ["Body cannot be blank"], documentation)
    if len(text) > LONGEST:
        raise validation_failed("IssueComment", [f"Body is too long (maximum is {LONGEST} characters)"], documentation)
    return text


def _comment(request: Request, repository: Document, comment: Document) -> Document:
    link = repository_url(request, repository, f"/issues/comments/{comment['id']}")
    page = html_url(request, f"/{repository['full_name']}/issues/{comment['issue']}#issuecomment-{comment['id']}")
    given = [reaction["content"] for reaction in comment["reactions"]]
    return {
        "id": comment["id"],
        "node_id": node_id("IssueComment", comment["id"]),
        "url": link,
        "html_url": page,
        "issue_url": repository_url(request, repository, f"/issues/{comment['issue']}"),
        "body": comment["body"],
        "user": simple_user_of(request, comment["login"]),
        "created_at": comment["created_at"],
        "updated_at": comment["updated_at"],
        "author_association": author_association(request.state, repository, comment["login"]),
        "performed_via_github_app": None,
        "reactions": {
            "url": f"{link}/reactions",
            "total_count": len(given),
            **{content: given.count(content) for content in REACTIONS},
        },
    }


def _reaction(request: Request, reaction: Document) -> Document:
    return {
        "id": reaction["id"],
        "node_id": node_id("Reaction", reaction["id"]),
        "user": simple_user_of(request, reaction["login"]),
        "content": reaction["content"],
        "created_at": reaction["created_at"],
    }
