"""Where a command was given and is answered: a comment's issue or pull request, or a person's terminal."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.clients.github import BOT, GitHub, unreadable
from deploy.comments.markup import facts_of, marked

EYES = "eyes"
STARTED = "rocket"
REFUSED = "-1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """A command as it was given.

    Attributes:
        text: the comment.
        author: the login of whoever wrote it.
        is_person: whether GitHub says that a person wrote it.
        moment: when, by GitHub's clock.
        issue: the number of the issue or pull request; None on a terminal without one.
        is_pull_request: whether that is one.
        comment: the comment's number; None on a terminal.
        link: the comment's address; may be empty.
    """

    text: str
    author: str
    is_person: bool = True
    moment: datetime
    issue: int | None = None
    is_pull_request: bool = False
    comment: int | None = None
    link: str = ""


def heard(event: Mapping[str, Any]) -> Heard:
    """The command of an `issue_comment` event.

    Source: https://docs.github.com/webhooks/webhook-events-and-payloads#issue_comment.

    Raises:
        KeyError, TypeError, ValueError: it is no such event.
    """
    comment, issue = event["comment"], event["issue"]
    return Heard(
        text=comment["body"] or "",
        author=comment["user"]["login"],
        is_person=comment["user"]["type"] == "User" and event["action"] == "created",
        moment=datetime.fromisoformat(comment["created_at"]),
        issue=int(issue["number"]),
        is_pull_request="pull_request" in issue,
        comment=int(comment["id"]),
        link=comment.get("html_url", ""),
    )


def react(github: GitHub, comment: int, content: str) -> None:
    """React to a comment. `POST /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions`.

    Raises:
        CallFailedError: when GitHub did not say that it did.
    """
    path = f"/issues/comments/{comment}/reactions"
    github.send("react", "POST", path, {"content": content}, repeatable=True)


def post(github: GitHub, issue: int, text: str, facts: Mapping[str, Any]) -> int:
    """Answer in an issue or pull request; the answer's number. `POST /repos/{owner}/{repo}/issues/{number}/comments`.

    Raises:
        CallFailedError: when GitHub did not say that it is there.
    """
    made = github.send("answer", "POST", f"/issues/{issue}/comments", {"body": marked(text, facts)})
    try:
        return int(made["id"])
    except (KeyError, TypeError, ValueError):
        raise unreadable("answer") from None


def update(github: GitHub, answer: int, text: str, facts: Mapping[str, Any]) -> None:
    """Change an answer. `PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}`.

    Raises:
        CallFailedError: when GitHub did not say that it did.
    """
    body = {"body": marked(text, facts)}
    github.send("update the answer", "PATCH", f"/issues/comments/{answer}", body, repeatable=True)


def answers_of(github: GitHub, issue: int) -> list[tuple[int, str, dict[str, Any]]]:
    """This program's own answers in an issue or pull request: number, text and facts, oldest first.

    `GET /repos/{owner}/{repo}/issues/{number}/comments`.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    found: list[tuple[int, str, dict[str, Any]]] = []
    page = 1
    while True:
        path = f"/issues/{issue}/comments"
        comments = github.get("the answers", path, list, per_page="100", page=str(page))
        found += [
            (comment["id"], comment["body"], facts_of(comment["body"])) for comment in comments if _is_own(comment)
        ]
        if len(comments) < 100:  # noqa: PLR2004 - the last page
            return [answer for answer in found if answer[2]]
        page += 1


def find_answer(github: GitHub, answer: int) -> tuple[str, dict[str, Any]] | None:
    """An answer's text and facts; None where the comment is gone or not this program's.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    comment = github.find("the answer", f"/issues/comments/{answer}", dict)
    if comment is None or not _is_own(comment):
        return None
    return comment["body"], facts_of(comment["body"])


def _is_own(comment: Mapping[str, Any]) -> bool:
    return ((comment.get("user") or {}).get("login")) == BOT
