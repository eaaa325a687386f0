"""Deployments, and traffic that moves between them, as Vercel knows them."""

from collections.abc import Iterator, Mapping, Sequence

from sandbox.page.snapshot import Snapshot
from sandbox.page.stacks import Stack
from sandbox.page.view.entry import Entry, Outcome
from sandbox.world.state import Document

_STATES: Mapping[str, Outcome] = {"READY": "success", "ERROR": "failure", "CANCELED": "info"}
_MOVES: Mapping[str, tuple[Outcome, str]] = {
    "pending": ("running", "has been asked for"),
    "in-progress": ("running", "is under way"),
    "failed": ("failure", "failed: the domains did not move"),
}


def project_of(snapshot: Snapshot, stack: Stack) -> Document | None:
    """The stack's project: the one that its domain belongs to."""
    domain = snapshot.all("vercel.domains").get(stack.domain)
    return snapshot.all("vercel.projects").get(domain["projectId"]) if domain else None


def deployment_entries(snapshot: Snapshot, stacks: Sequence[Stack]) -> Iterator[Entry]:
    """Every deployment when it was made, and every move of traffic that is still known."""
    projects = {project["id"]: stack for stack in stacks if (project := project_of(snapshot, stack))}
    deployments = snapshot.all("vercel.deployments")
    for deployment in deployments.values():
        stack = projects.get(deployment["projectId"])
        environment = stack.name if stack else ""
        yield _made(snapshot, deployment, environment)
        if deployment.get("readySubstate") == "PROMOTED" and deployment["aliasAssigned"]:
            yield Entry(
                key=f"traffic {deployment['id']} {deployment['aliasAssigned']}",
                at=deployment["aliasAssigned"],
                kind="traffic",
                environment=environment,
                title=f"Traffic moved to {described(snapshot, deployment)}",
                text=deployment["id"],
                outcome="success",
            )
    for identifier, stack in projects.items():
        asked = snapshot.all("vercel.projects")[identifier]["lastAliasRequest"]
        target = deployments.get(asked["toDeploymentId"]) if asked else None
        if asked and target and asked["jobStatus"] in _MOVES:
            outcome, said = _MOVES[asked["jobStatus"]]
            kind = "rollback" if asked["type"] == "rollback" else "promotion"
            yield Entry(
                key=f"move {target['id']} {asked['requestedAt']}",
                at=asked["requestedAt"],
                kind="traffic",
                environment=stack.name,
                title=f"The {kind} to {described(snapshot, target)} {said}",
                text=target["id"],
                outcome=outcome,
            )


def described(snapshot: Snapshot, deployment: Document) -> str:
    """A deployment as people speak of it: its commit and message, or its version, or its ID."""
    meta = deployment["meta"]
    commit = meta.get("commit", "")
    message = snapshot.messages.get(commit, "")
    if commit:
        return f"{commit[:7]} “{message}”" if message else commit[:7]
    return meta.get("version") or deployment["id"]


def _made(snapshot: Snapshot, deployment: Document, environment: str) -> Entry:
    state = deployment["readyState"]
    target = "production" if deployment["target"] == "production" else "preview"
    said = {
        "READY": "preview ready" if target == "preview" else "deployed, without a domain yet",
        "ERROR": deployment.get("errorMessage") or "failed",
        "CANCELED": "cancelled",
    }.get(state, f"{state.lower()}…")
    if deployment.get("readySubstate") == "PROMOTED":
        said = "deployed, and has served"
    return Entry(
        key=f"deployment {deployment['id']}",
        at=deployment["createdAt"],
        kind="deployment",
        environment=environment,
        title=f"{described(snapshot, deployment)} {said}",
        text=f"{deployment['id']} · {deployment['url']}",
        outcome=_STATES.get(state, "running"),
    )
