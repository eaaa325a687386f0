"""What happened to a repository's branches: https://docs.github.com/rest/repos/repos#list-repository-activities.

`history.set_ref` records it, with the time of the world's own clock.
"""

from datetime import UTC, datetime, timedelta

from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import invalid_request
from sandbox.world.github.history import HEADS
from sandbox.world.github.identifiers import node_id
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.users import simple_user_of
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document

routes = Routes()

DOCUMENTATION = "repos/repos#list-repository-activities"
TYPES = ("push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge")
PERIODS = {"day": 1, "week": 7, "month": 30, "quarter": 90, "year": 365}


@routes.add("GET", "/repos/{owner}/{repo}/activity")
def list_activity(request: Request) -> Response:
    """What was done to branches, newest first: all of it, or of one `ref`, `actor`, `activity_type`, `time_period`.

    GitHub pages it by cursors; here it has pages like every other list, and the same links to follow.
    """
    repository = open_repository(request, DOCUMENTATION, permission="contents:read")
    query = request.query
    if query.get("activity_type", TYPES[0]) not in TYPES or query.get("time_period", "day") not in PERIODS:
        raise invalid_request("activity_type or time_period is not included in the list.", DOCUMENTATION)
    activities = [
        activity
        for activity in request.state.collection("github.activities").values()
        if activity["repository"] == repository["id"] and _is_wanted(request, activity)
    ]
    if query.get("direction", "desc") == "desc":
        activities.reverse()
    page, headers = select_page(request, activities)
    return found(request, [_activity(request, activity) for activity in page], headers)


def _is_wanted(request: Request, activity: Document) -> bool:
    query = request.query
    ref = query.get("ref", activity["ref"])
    actor = activity["actor"] or ""
    if (ref if ref.startswith("refs/") else HEADS + ref) != activity["ref"]:
        return False
    if query.get("activity_type", activity["activity_type"]) != activity["activity_type"]:
        return False
    if query.get("actor", actor).lower() != actor.lower():
        return False
    if "time_period" not in query:
        return True
    since = datetime.now(UTC) - timedelta(days=PERIODS[query["time_period"]])
    return datetime.fromisoformat(activity["timestamp"]) >= since


def _activity(request: Request, activity: Document) -> Document:
    shown = {name: activity[name] for name in ("id", "before", "after", "ref", "timestamp", "activity_type")}
    return {
        **shown,
        "node_id": node_id("RepositoryActivity", activity["id"]),
        "actor": simple_user_of(request, activity["actor"]),
    }
