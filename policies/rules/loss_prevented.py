"""loss-prevented."""

from collections.abc import Iterator

from policies.model import Stack, differs
from policies.rule import Finding, Rule, Severity

_HURTS = ("Project", "ProjectDomain")
"""With the project go its deployments, which are what a rollback needs; with the domain goes the site."""

_LONG_ENOUGH = frozenset({"1y", "unlimited"})


def _losable(stack: Stack) -> Iterator[Finding]:
    if stack.context.production:
        for resource in stack.resources:
            if resource.kind in _HURTS and not resource.protect:
                yield resource, "`pulumi destroy`, or a replacement, would delete it"
    retentions = stack.of("ProjectDeploymentRetention")
    for project in stack.of("Project"):
        if not any(each.parent == project.parent for each in retentions):
            yield project, "nothing says how long its deployments are kept"
    for retention in retentions:
        if differs(retention.inputs.get("expirationProduction"), *_LONG_ENOUGH):
            kept = retention.text("expirationProduction") or "a time that nobody set"
            yield retention, f"a deployment that a rollback may need is deleted after {kept}"


RULE = Rule(
    id="loss-prevented",
    severity=Severity.MANDATORY,
    what="Production's project and domain are protected, and every stack keeps its deployments for at least a year.",
    why="A deleted project takes the site and every deployment with it that a rollback could go to.",
    fix="Pass `protect` on, and leave `ProjectDeploymentRetention` in components/vercel_app.py.",
    stack=_losable,
)
