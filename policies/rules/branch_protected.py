"""branch-protected."""

from collections.abc import Iterator

from policies.model import Resource, Stack, at, differs, is_unknown, mapping, sequence
from policies.rule import Finding, Rule, Severity

_ADMIN = 5
"""The ID of the role: https://docs.github.com/rest/repos/rules."""


def _unprotected(stack: Stack) -> Iterator[Finding]:
    wanted = f"refs/heads/{stack.context.names.branch}"
    rulesets = stack.of("RepositoryRuleset")
    if not rulesets:
        yield None, "no ruleset protects the branch"
    for ruleset in rulesets:
        for problem in _open(ruleset, wanted):
            yield ruleset, problem


def _open(ruleset: Resource, wanted: str) -> Iterator[str]:
    refs = at(ruleset.inputs, "conditions", "refName")
    included, excluded = differs(at(refs, "includes"), [wanted]), differs(at(refs, "excludes"), None, [])
    if differs(ruleset.inputs.get("target"), "branch") or included or excluded:
        yield f"it is not about {wanted}"
    if differs(ruleset.inputs.get("enforcement"), "active"):
        yield "it is not enforced"
    rules = ruleset.inputs.get("rules")
    if differs(at(rules, "deletion"), True):
        yield "the branch can be deleted"
    if differs(at(rules, "nonFastForward"), True):
        yield "the branch can be pushed to by force"
    review = at(rules, "pullRequest")
    reviewers = at(review, "requiredApprovingReviewCount")
    if not is_unknown(reviewers) and not reviewers:
        yield "a change needs no review"
    if differs(at(review, "dismissStaleReviewsOnPush"), True):
        yield "a review counts for what is pushed after it"
    if differs(at(review, "requireLastPushApproval"), True):
        yield "whoever pushed last can be the one who approves"
    yield from _passes(ruleset)


def _passes(ruleset: Resource) -> Iterator[str]:
    """Who passes the ruleset: it delivers the workflow files, so it is one app, or an administrator."""
    actors = sequence(ruleset.inputs.get("bypassActors"))
    if len(actors) > 1:
        yield f"{len(actors)} pass it, and one delivers the files"
    for actor in actors:
        kind, number = at(actor, "actorType"), at(actor, "actorId")
        administrators = not differs(kind, "RepositoryRole") and not differs(number, _ADMIN)
        if differs(kind, "Integration") and not administrators:
            yield f"it is passed by {mapping(actor).get('actorType')} {mapping(actor).get('actorId')}"


RULE = Rule(
    id="branch-protected",
    severity=Severity.MANDATORY,
    what="The stack's branch cannot be deleted or pushed to by force, and takes no change that nobody has reviewed but "
    "from one app or an administrator.",
    why="Whoever can rewrite the branch can run anything with the environment's secrets.",
    fix="Leave `deletion`, `non_fast_forward` and `pull_request` in components/branch_ruleset.py as they are; set "
    "`deliveredBy` to `role:admin` or `app:ID`.",
    stack=_unprotected,
)
