"""production-approval."""

from collections.abc import Iterator

from policies.model import Context, Resource, Stack, at, differs, is_unknown, sequence
from policies.rule import Finding, Rule, Severity

_APPROVED = "-database"
"""How the name of the environment ends in which a release is approved (components/pipeline_environments.py)."""


def _unapproved(environment: Resource, context: Context) -> Iterator[str]:
    if not context.production or not environment.text("environment").endswith(_APPROVED):
        return
    name = environment.text("environment")
    reviewers = environment.inputs.get("reviewers")
    asked = [at(entry, key) for entry in sequence(reviewers) for key in ("users", "teams")]
    if not is_unknown(reviewers) and not any(asked):
        yield f"nobody has to approve what runs in {name}"
    if differs(environment.inputs.get("preventSelfReview"), True):
        yield f"whoever starts a release can approve it in {name}"
    if differs(environment.inputs.get("canAdminsBypass"), False):
        yield f"an administrator can pass the approval in {name}"


def _missing(stack: Stack) -> Iterator[Finding]:
    names = [environment.inputs.get("environment") for environment in stack.of("RepositoryEnvironment")]
    if stack.context.production and not any(is_unknown(name) or str(name).endswith(_APPROVED) for name in names):
        yield None, f"it has no environment whose name ends in {_APPROVED}, so no release is approved"


RULE = Rule(
    id="production-approval",
    severity=Severity.MANDATORY,
    what="A production release is approved by a reviewer who did not start it, and nobody passes that by.",
    why="The approval is the last time that a person looks before users are served something new.",
    fix="Set `reviewers`, leave `preventSelfReview` at true. A private repository needs GitHub Enterprise for both.",
    kinds=frozenset({"RepositoryEnvironment"}),
    resource=_unapproved,
    stack=_missing,
)
