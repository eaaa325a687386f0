"""Comments on issues and pull requests, and reactions to them.

https://docs.github.com/rest/issues/comments and https://docs.github.com/rest/reactions/reactions.
"""

from sandbox.world.github.access import open_repository, role
from sandbox.world.github.authentication import app_may
from sandbox.world.github.errors import error, json_body, not_found, required, validation_failed
from sandbox.world.github.identifiers import html_url, next_number, node_id, timestamp
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.repositories import repository_url
from sandbox.world.github.users import add_user, simple_user_of
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
    issues[f"{prefix}{number}"] = {"title": title, "login": login, "pull_request": pull_request}
    return number


@routes.add("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments")
def list_comments(request: Request) -> Response:
    """The comments on an issue, oldest first."""
    documentation = f"{PAGE}#list-issue-comments"
    repository = _repository(request, documentation, "read")
    _require_issue(request, repository, documentation)
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
    repository = _repository(request, documentation, "write")
    _require_issue(request, repository, documentation)
    user = add_user(request.state, request.identity["login"])
    now = timestamp()
    comment: Document = {
        "id": next_number(request.state),
        "repository": repository["full_name"],
        "issue": int(request.parameters["issue_number"]),
        "login": user["login"],
        "body": _body(request, documentation),
        "reactions": [],
        "created_at": now,
        "updated_at": now,
    }
    request.state.collection("github.comments")[str(comment["id"])] = comment
    shown = _comment(request, repository, comment)
    return Response(201, shown, {"Location": shown["url"]})


@routes.add("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def get_comment(request: Request) -> Response:
    """A comment."""
    documentation = f"{PAGE}#get-an-issue-comment"
    repository = _repository(request, documentation, "read")
    return found(request, _comment(request, repository, _named(request, repository, documentation)))


@routes.add("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}")
def update_comment(request: Request) -> Response:
    """Change a comment's text: its author's, or with write access anybody's."""
    documentation = f"{PAGE}#update-an-issue-comment"
    repository = _repository(request, documentation, "write")
    comment = _named(request, repository, documentation)
    login = request.identity["login"]
    strong = request.identity["type"] == "App" or role(request.state, repository, login) in (
        "write",
        "maintain",
        "admin",
    )
    if comment["login"].lower() != login.lower() and not strong:
        raise error(403, "Must have admin rights to Repository.", documentation)
    comment["body"] = _body(request, documentation)
    comment["updated_at"] = timestamp()
    request.state.collection("github.comments")[str(comment["id"])] = comment
    return Response(200, _comment(request, repository, comment))


@routes.add("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions")
def create_reaction(request: Request) -> Response:
    """React to a comment: 201, or 200 when the same user had reacted so before."""
    documentation = "reactions/reactions#create-reaction-for-an-issue-comment"
    repository = _repository(request, documentation, "write")
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


def _repository(request: Request, documentation: str, level: str) -> Document:
    """The repository, for whoever reads it; an app needs issues or pull requests of that level."""
    pulls = app_may(request.identity, f"pull_requests:{level}")
    permission = f"{'pull_requests' if pulls else 'issues'}:{level}"
    return open_repository(request, documentation, permission=permission)


def _require_issue(request: Request, repository: Document, documentation: str) -> None:
    key = f"{repository['full_name'].lower()}/{request.parameters['issue_number']}"
    if key not in request.state.collection("github.issues"):
        raise not_found(documentation)


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
    held = role(request.state, repository, comment["login"])
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
        "author_association": "MEMBER" if held else "NONE",
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
