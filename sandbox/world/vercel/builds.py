"""How a deployment becomes ready: queued, building, ready or failed, a step at each look at it.

Vercel's own build is not repeated here: what a prebuilt deployment brings is what it serves.
"""

from sandbox.world.state import Document, State
from sandbox.world.vercel.identifiers import now
from sandbox.world.vercel.outcomes import take_failure
from sandbox.world.vercel.project_store import DEPLOYMENTS, PROJECTS
from sandbox.world.vercel.promotion_progress import serve_production

FINAL = ("READY", "ERROR", "CANCELED")
OUTPUT_CONFIGURATION = ".vercel/output/config.json"
ARCHIVE = ".vercel/source.tgz.part"


def advance_build(state: State, deployment: Document) -> Document:
    """Let a deployment that is not final go one step on; returns it as it is then."""
    ready_state = deployment["readyState"]
    if ready_state in FINAL:
        return deployment
    moment = now(state)
    if ready_state == "QUEUED":
        return _save(state, {**deployment, "readyState": "BUILDING", "buildingAt": moment, "bootedAt": moment})
    problem = _problem(state, deployment)
    if problem is not None:
        failed = {
            "readyState": "ERROR",
            "errorCode": "BUILD_FAILED",
            "errorMessage": problem,
            "readyStateReason": problem,
        }
        return _save(state, {**deployment, **failed})
    ready = {"readyState": "READY", "ready": moment, "readyAt": moment, "aliasAssigned": moment}
    if deployment["target"] == "production":
        ready["readySubstate"] = "STAGED"
    deployment = _save(state, {**deployment, **ready})
    project = state.collection(PROJECTS)[deployment["projectId"]]
    if _goes_live(deployment, project):
        serve_production(state, project, deployment["id"])
    return state.collection(DEPLOYMENTS)[deployment["id"]]


def _problem(state: State, deployment: Document) -> str | None:
    told = take_failure(state, "build", deployment["projectId"])
    if told is not None:
        return told or "The build failed."
    names = [file["file"] for file in deployment["files"]]
    if OUTPUT_CONFIGURATION not in names and not any(name.startswith(ARCHIVE) for name in names):
        return f"The prebuilt deployment has no {OUTPUT_CONFIGURATION}."
    return None


def _goes_live(deployment: Document, project: Document) -> bool:
    """Domains follow a production deployment by itself, unless the project, the deployment or a rollback says no."""
    wanted = deployment["autoAssignCustomDomains"] and project["autoAssignCustomDomains"]
    return deployment["target"] == "production" and wanted and project["lastRollbackTarget"] is None


def _save(state: State, deployment: Document) -> Document:
    state.collection(DEPLOYMENTS)[deployment["id"]] = deployment
    return deployment
