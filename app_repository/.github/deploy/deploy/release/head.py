"""Which commit a branch had at a moment, by GitHub's own clock: dates in commits are written by their authors."""

from datetime import datetime
from urllib.parse import quote

from deploy.clients.github import GitHub, unreadable

LISTED = 100
NO_COMMIT = "0" * 40
"""What was before a branch was made."""


def head_of(github: GitHub, branch: str) -> str:
    """The commit of a branch now. `GET /repos/{owner}/{repo}/git/ref/{ref}`.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    name = f"the head of {branch}"
    try:
        return str(github.get(name, f"/git/ref/heads/{quote(branch)}", dict)["object"]["sha"])
    except (KeyError, TypeError):
        raise unreadable(name) from None


def head_at(github: GitHub, branch: str, moment: datetime) -> str:
    """The commit that a branch had at a moment. `GET /repos/{owner}/{repo}/activity`.

    GitHub tells whole seconds. What moved the branch within the moment's own second counts as later.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    name = f"the moves of {branch}"
    moves = github.get(name, "/activity", list, ref=f"refs/heads/{branch}", per_page=str(LISTED))
    try:
        later = [move for move in moves if datetime.fromisoformat(move["timestamp"]) >= moment]
        if len(later) < len(moves):
            return str(moves[len(later)]["after"])
        if later and later[-1]["before"] != NO_COMMIT:
            return str(later[-1]["before"])
        return str(later[-1]["after"]) if later else head_of(github, branch)
    except (KeyError, TypeError, ValueError):
        raise unreadable(name) from None
