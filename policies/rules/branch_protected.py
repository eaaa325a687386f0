"""branch-protected."""

from collections.abc import Iterator

from policies.model import Stack, mapping
from policies.rule import Finding, Rule, Severity


def _unprotected(stack: Stack) -> Iterator[Finding]:
    wanted = f"refs/heads/{stack.context.names.branch}"
    rulesets = stack.of("RepositoryRuleset")
    if not rulesets:
        yield None, "no ruleset protects the branch"
    for ruleset in rulesets:
        refs = mapping(mapping(ruleset.inputs.get("conditions")).get("refName"))
        if ruleset.inputs.get("target") != "branch" or refs.get("includes") != [wanted] or refs.get("excludes"):
            yield ruleset, f"it is not about {wanted}"
        if ruleset.inputs.get("enforcement") != "active":
            yield ruleset, "it is not enforced"
        rules = mapping(ruleset.inputs.get("rules"))
        if rules.get("deletion") is not True:
            yield ruleset, "the branch can be deleted"
        if rules.get("nonFastForward") is not True:
            yield ruleset, "the branch can be pushed to by force"
        if not mapping(rules.get("pullRequest")).get("requiredApprovingReviewCount"):
            yield ruleset, "a change needs no review"


RULE = Rule(
    id="branch-protected",
    severity=Severity.MANDATORY,
    what="The stack's branch cannot be deleted or pushed to by force, and takes no change that nobody has reviewed.",
    why="Whoever can rewrite the branch can run anything with the environment's secrets.",
    fix="Leave `deletion`, `non_fast_forward` and `pull_request` in components/branch_ruleset.py as they are.",
    stack=_unprotected,
)
