"""The reviewers that an environment asks before a job starts.

Source: https://docs.github.com/actions/how-tos/deploy/configure-and-manage-deployments/review-deployments.
"""

from dataclasses import dataclass

from sandbox.world.github.access import role
from sandbox.world.github.environments import find_environment
from sandbox.world.github.organizations import find_team_by_id
from sandbox.world.github.users import find_user_by_id
from sandbox.world.state import Document, State


@dataclass(frozen=True, slots=True)
class Protection:
    """What an environment asks for before a job starts."""

    environment: str
    minutes: int
    """The wait timer."""
    reviewers: tuple[Document, ...]
    prevent_self_review: bool


def protection(state: State, repository: Document, environment: str) -> Protection:
    """What an environment asks for; nothing for one that the world does not know."""
    known = find_environment(state, repository["owner"], repository["name"], environment)
    if known is None:
        return Protection(environment, 0, (), prevent_self_review=False)
    document = known[1]
    return Protection(
        document["name"], document["wait_timer"], tuple(document["reviewers"]), document["prevent_self_review"]
    )


def count_reviews(state: State, run: int) -> int:
    """How many reviews a run has: those that come later are a waiting job's."""
    return len(_reviews(state, run))


def find_verdict(state: State, repository: Document, run: int, asked: Protection, since: int) -> Document | None:
    """The first review of a run after `since` that counts for an environment: by one whom it asks.

    Returns:
        `state` (`approved` or `rejected`), `login` and `comment`; None as long as there is none.
    """
    actor = state.collection("github.workflow_runs")[str(run)]["actor"]
    for review in _reviews(state, run)[since:]:
        same = review["environment"].lower() == asked.environment.lower()
        own = asked.prevent_self_review and review["login"].lower() == actor.lower()
        if same and not own and _is_asked(state, repository, asked, review["login"]):
            return review
    return None


def _reviews(state: State, run: int) -> list[Document]:
    return state.collection("github.workflow_runs")[str(run)]["approvals"]


def _is_asked(state: State, repository: Document, asked: Protection, login: str) -> bool:
    if role(state, repository, login) is None:
        return False
    for reviewer in asked.reviewers:
        if reviewer["type"] == "Team":
            team = find_team_by_id(state, reviewer["id"])
            if team is not None and login.lower() in (member.lower() for member in team["members"]):
                return True
        else:
            user = find_user_by_id(state, reviewer["id"])
            if user is not None and user["login"].lower() == login.lower():
                return True
    return False
