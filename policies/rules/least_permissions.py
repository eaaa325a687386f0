"""least-permissions."""

from collections.abc import Iterator, Mapping

from policies.model import Context, Resource
from policies.rule import Rule, Severity
from policies.rules import workflow_files

_TALKS = frozenset({"issues", "pull-requests"})
_MOVES = frozenset({"deployments"})

MAY_WRITE: dict[str, frozenset[str]] = {
    "hear": _TALKS,
    "start": _TALKS | {"actions"},
    "lock": _TALKS | {"contents"},
    "status": _TALKS,
    "result": _TALKS,
    "stale": _TALKS,
    "promote": _MOVES,
    "settle": _MOVES,
    "rollback": _MOVES | {"contents"},
}
"""What a job may write, by its key. A third environment's workflow has the same jobs as staging's."""


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
            if access not in ("read", "none") and scope not in MAY_WRITE.get(key, frozenset()):
                yield f"{key} may write {scope}"


RULE = Rule(
    id="least-permissions",
    severity=Severity.MANDATORY,
    what="A delivered workflow has no permissions but those that each job lists, and none writes but what it has to.",
    why="A job that is broken into can do with its token whatever it was given; the default can be everything.",
    fix="Write `permissions: {}` at the top, and below each job the few scopes that it needs, its "
    "writes in `MAY_WRITE` of policies/rules/least_permissions.py too.",
    kinds=workflow_files.KINDS,
    resource=_too_much,
)
