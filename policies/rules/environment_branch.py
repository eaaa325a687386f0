"""environment-branch."""

from collections.abc import Iterator

from policies.model import Stack, at, differs, is_unknown
from policies.rule import Finding, Rule, Severity


def _open(stack: Stack) -> Iterator[Finding]:
    branch = stack.context.names.branch
    policies = stack.of("RepositoryEnvironmentDeploymentPolicy")
    for environment in stack.of("RepositoryEnvironment"):
        policy = environment.inputs.get("deploymentBranchPolicy")
        if differs(at(policy, "customBranchPolicies"), True) or differs(at(policy, "protectedBranches"), False):
            yield environment, "it is not restricted to branches that are named"
        name = environment.inputs.get("environment")
        named = [each for each in policies if each.inputs.get("environment") == name]
        unsure = is_unknown(name) or any(is_unknown(each.inputs.get("environment")) for each in policies)
        if not named and not unsure:
            yield environment, "no branch is named for it"
        for each in named:
            pattern, tag = each.inputs.get("branchPattern"), each.inputs.get("tagPattern")
            if differs(pattern, branch) or differs(tag, None, ""):
                yield each, f"it lets something else in than {branch}"


RULE = Rule(
    id="environment-branch",
    severity=Severity.MANDATORY,
    what="Every GitHub environment is restricted to exactly the stack's branch.",
    why="A workflow on any other branch could read the environment's secrets, and anybody who may push can write one.",
    fix="Declare the environment as a `GitHubEnvironment`, which adds the policy of its one branch.",
    stack=_open,
)
