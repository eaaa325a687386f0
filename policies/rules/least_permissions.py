"""least-permissions."""

from collections.abc import Iterator, Mapping

from policies.model import Context, Resource
from policies.rule import Rule, Severity
from policies.rules import workflow_files

_NEVER_WRITTEN = frozenset({"administration", "attestations", "id-token", "packages", "pages", "security-events"})
"""What no job here has a reason to write."""


def _too_much(file: Resource, _: Context) -> Iterator[str]:
    workflow = workflow_files.content(file)
    if workflow is None or "runs" in workflow:
        return
    if workflow.get("permissions") != {}:
        yield "the workflow's own permissions are not {}"
    for key, job in workflow_files.jobs(workflow).items():
        permissions = job.get("permissions")
        if not isinstance(permissions, Mapping):
            yield f"{key} does not list its permissions"
            continue
        for scope, access in permissions.items():
            if access == "write" and scope in _NEVER_WRITTEN:
                yield f"{key} may write {scope}"


RULE = Rule(
    id="least-permissions",
    severity=Severity.MANDATORY,
    what="A delivered workflow has no permissions but those that each job lists, and no job writes what none needs to.",
    why="A job that is broken into can do with its token whatever it was given; the default can be everything.",
    fix="Write `permissions: {}` at the top, and below each job the few scopes that it needs.",
    kinds=workflow_files.KINDS,
    resource=_too_much,
)
