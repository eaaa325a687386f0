"""How production moves from one deployment to another: asked for first, done some polls later.

Source: https://vercel.com/docs/instant-rollback and https://vercel.com/docs/deployments/promoting-a-deployment.
"""

from sandbox.world.state import Document, State
from sandbox.world.vercel.identifiers import now
from sandbox.world.vercel.outcomes import take_failure
from sandbox.world.vercel.project_store import DEPLOYMENTS, production_domains, save_project

RUNNING = ("pending", "in-progress")


def advance_alias_request(state: State, project: Document) -> Document:
    """Let a promotion or rollback that is under way go one step on: pending, in progress, then done or failed.

    Each look at the project or at the request's aliases is a step, so that no test depends on a clock.

    Returns:
        The project as it is then.
    """
    asked = project["lastAliasRequest"]
    if asked is None or asked["jobStatus"] not in RUNNING:
        return project
    if asked["jobStatus"] == "pending":
        project["lastAliasRequest"] = {**asked, "jobStatus": "in-progress"}
    elif take_failure(state, "alias", project["id"]) is not None:
        project["lastAliasRequest"] = {**asked, "jobStatus": "failed"}
    else:
        project["lastAliasRequest"] = {**asked, "jobStatus": "succeeded"}
        # A rollback turns off the automatic assignment of domains until something is promoted.
        rolled_back = asked["type"] == "rollback"
        project["lastRollbackTarget"] = {"deploymentId": asked["toDeploymentId"]} if rolled_back else None
        if not rolled_back:
            project["rollbackDescription"] = None
        serve_production(state, project, asked["toDeploymentId"])
    save_project(state, project)
    return project


def serve_production(state: State, project: Document, deployment_id: str) -> None:
    """Point the project's production domains at a deployment, which from then on has served production."""
    deployments = state.collection(DEPLOYMENTS)
    domains = production_domains(state, project["id"])
    before = project["production"]
    if before is not None and before in deployments:
        old = deployments[before]
        deployments[before] = {**old, "alias": [name for name in old["alias"] if name not in domains]}
    new = deployments[deployment_id]
    deployments[deployment_id] = {
        **new,
        "alias": [*(name for name in new["alias"] if name not in domains), *domains],
        "aliasAssigned": now(state),
        "readySubstate": "PROMOTED",
    }
    if before != deployment_id:
        project["previousProduction"] = before
    project["production"] = deployment_id
    save_project(state, project)
