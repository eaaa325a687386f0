"""Answering for the jobs of a run that wait for reviewers.

Source: https://docs.github.com/rest/actions/workflow-runs#review-pending-deployments-for-a-workflow-run.
"""

from sandbox.world.github.access import open_repository
from sandbox.world.github.errors import error, not_found
from sandbox.world.github.workflow_runs import record_review
from sandbox.world.service import Request, Response, Routes

routes = Routes()

DOCUMENTATION = "actions/workflow-runs#review-pending-deployments-for-a-workflow-run"


@routes.add("POST", "/repos/{owner}/{repo}/actions/runs/{run_id}/pending_deployments")
def review_pending_deployments(request: Request) -> Response:
    """Approve or reject; whether the reviewer counts is decided where the job waits. The world makes none."""
    repository = open_repository(request, DOCUMENTATION, permission="deployments:write")
    run = request.state.collection("github.workflow_runs").get(request.parameters["run_id"])
    if run is None or run["repository"] != repository["full_name"]:
        raise not_found(DOCUMENTATION)
    wanted = request.json()
    if wanted.get("state") not in ("approved", "rejected") or not isinstance(wanted.get("environment_ids"), list):
        raise error(422, "Invalid request.", DOCUMENTATION)
    kept = request.state.collection("github.environments")
    prefix = f"{repository['full_name'].lower()}/"
    names = {kept[key]["id"]: kept[key]["name"] for key in kept if key.startswith(prefix)}
    if unknown := [number for number in wanted["environment_ids"] if number not in names]:
        raise error(422, f"There is no environment {unknown[0]}.", DOCUMENTATION)
    for number in wanted["environment_ids"]:
        record_review(
            request.state,
            run["id"],
            environment=names[number],
            login=request.identity["login"],
            verdict=wanted["state"],
            comment=wanted.get("comment", ""),
        )
    return Response(200, [])
