"""required-checks."""

from collections.abc import Iterator, Mapping
from typing import Any

from policies.model import Resource, Stack, at, differs, is_unknown, mapping, sequence
from policies.rule import Finding, Rule, Severity
from policies.rules import workflow_files

_CHECKS = ".github/workflows/pre-deploy.yml"
_GITHUB_ACTIONS = 15368
"""The ID of GitHub Actions among GitHub's apps."""


_STARTED_BY = ("opened", "synchronize", "reopened")
"""What starts a workflow about a pull request where it names no types; each brings commits that nobody has checked."""


def _unmet(stack: Stack) -> Iterator[Finding]:
    files = stack.of("RepositoryFile")
    checking = [file for file in files if file.text("file") == _CHECKS]
    if any(is_unknown(file.inputs.get("file")) for file in files):
        return
    if any(is_unknown(file.inputs.get("content")) for file in checking):
        return
    reported = {
        str(job.get("name", key))
        for file in checking
        for key, job in workflow_files.jobs(workflow_files.content(file) or {}).items()
    }
    for file in checking:
        for problem in _not_run(workflow_files.content(file) or {}, stack.context.names.branch):
            yield file, problem
    for ruleset in stack.of("RepositoryRuleset"):
        for problem in _unlike(ruleset, reported):
            yield ruleset, problem
    if not reported:
        yield None, f"{_CHECKS} is not delivered or has no job, so no check can be required"


def _unlike(ruleset: Resource, reported: set[str]) -> Iterator[str]:
    checks = at(ruleset.inputs, "rules", "requiredStatusChecks", "requiredChecks")
    names = [at(check, "context") for check in sequence(checks)]
    if is_unknown(checks) or is_unknown(names):
        return
    required = {str(name) for name in names}
    for name in sorted(reported - required):
        yield f"a change goes in without {name}"
    for name in sorted(required - reported):
        yield f"{name} is required and no job reports it, so nothing ever goes in"
    if any(differs(at(check, "integrationId"), _GITHUB_ACTIONS) for check in sequence(checks)):
        yield "somebody else than GitHub Actions can report a required check"


def _not_run(workflow: Mapping[str, Any], branch: str) -> Iterator[str]:
    """Why a change can reach the branch without its jobs: a required check that is not started blocks it for good."""
    events = workflow_files.triggers(workflow)
    if "pull_request" not in events:
        yield "it does not run on a pull request"
        return
    told = mapping(events["pull_request"])
    let_through = workflow_files.filtered(branch, told["branches"]) if "branches" in told else True
    if not let_through or workflow_files.filtered(branch, told.get("branches-ignore")):
        yield f"it does not run on a pull request into {branch}"
    if "paths" in told or "paths-ignore" in told:
        yield "it does not run on a pull request that changes other files"
    types = told.get("types", _STARTED_BY)
    if missing := [
        kind for kind in _STARTED_BY if kind not in ([types] if isinstance(types, str) else sequence(types))
    ]:
        yield f"it does not run on a pull request that is {', '.join(missing)}"


RULE = Rule(
    id="required-checks",
    severity=Severity.MANDATORY,
    what="The branch's ruleset requires exactly the checks that the delivered `pre-deploy.yml` reports on each pull "
    "request into it.",
    why="A check that is not required can be red and merged; one that nobody reports blocks every change for good.",
    fix="Take the names from the file, as `check_names` does in components/branch_ruleset.py; name the branch in its "
    "`on.pull_request.branches`.",
    stack=_unmet,
)
