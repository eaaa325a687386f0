"""environment-branch."""

from collections.abc import Iterator

from policies.model import Stack, mapping
from policies.rule import Finding, Rule, Severity


def _open(stack: Stack) -> Iterator[Finding]:
    branch = stack.context.names.branch
    policies = stack.of("RepositoryEnvironmentDeploymentPolicy")
    for environment in stack.of("RepositoryEnvironment"):
        policy = mapping(environment.inputs.get("deploymentBranchPolicy"))
        if policy.get("customBranchPolicies") is not True or policy.get("protectedBranches") is not False:
            yield environment, "it is not restricted to branches that are named"
        named = [each for each in policies if each.inputs.get("environment") == environment.inputs.get("environment")]
        if not named:
            yield environment, "no branch is named for it"
        for each in named:
            if each.inputs.get("branchPattern") != branch or each.inputs.get("tagPattern"):
                yield each, f"it lets something else in than {branch}"


RULE = Rule(
    id="environment-branch",
    severity=Severity.MANDATORY,
    what="Every GitHub environment is restricted to exactly the stack's branch.",
    why="A workflow on any other branch could read the environment's secrets, and anybody who may push can write one.",
    fix="Declare the environment as a `GitHubEnvironment`, which adds the policy of its one branch.",
    stack=_open,
)
