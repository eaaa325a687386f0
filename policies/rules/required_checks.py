"""required-checks."""

from collections.abc import Iterator

from policies.model import Stack, mapping
from policies.rule import Finding, Rule, Severity
from policies.rules import workflow_files

_CHECKS = ".github/workflows/pre-deploy.yml"
_GITHUB_ACTIONS = 15368
"""The ID of GitHub Actions among GitHub's apps."""


def _unmet(stack: Stack) -> Iterator[Finding]:
    files = [file for file in stack.of("RepositoryFile") if file.text("file") == _CHECKS]
    reported = {
        str(job.get("name", key))
        for file in files
        for key, job in workflow_files.jobs(workflow_files.content(file) or {}).items()
    }
    for ruleset in stack.of("RepositoryRuleset"):
        rules = mapping(ruleset.inputs.get("rules"))
        checks = [mapping(check) for check in mapping(rules.get("requiredStatusChecks")).get("requiredChecks") or []]
        required = {str(check.get("context")) for check in checks}
        for name in sorted(reported - required):
            yield ruleset, f"a change goes in without {name}"
        for name in sorted(required - reported):
            yield ruleset, f"{name} is required and no job reports it, so nothing ever goes in"
        if any(check.get("integrationId") != _GITHUB_ACTIONS for check in checks):
            yield ruleset, "somebody else than GitHub Actions can report a required check"
    if not reported:
        yield None, f"{_CHECKS} is not delivered or has no job, so no check can be required"


RULE = Rule(
    id="required-checks",
    severity=Severity.MANDATORY,
    what="The branch's ruleset requires exactly the checks that the delivered `pre-deploy.yml` reports.",
    why="A check that is not required can be red and merged; one that nobody reports blocks every change for good.",
    fix="Take the names from the file, as `check_names` does in components/branch_ruleset.py.",
    stack=_unmet,
)
