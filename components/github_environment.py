"""A GitHub environment: who approves, which branch may use it, and what its jobs can read."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_github as github

from components.reviewers import resolve_reviewers


@dataclass(frozen=True, kw_only=True, slots=True)
class GitHubEnvironmentArgs:
    """What a GitHubEnvironment is made from."""

    repository: str
    """The repository's name; its owner is the provider's."""
    environment: str
    branch: str
    """The one branch whose jobs may use the environment."""
    secrets: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    variables: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    reviewers: Sequence[str] = ()
    """GitHub logins, or `team:SLUG`; one of them approves each job. Empty: no approval."""
    prevent_self_review: bool = False


class GitHubEnvironment(pulumi.ComponentResource):
    """One environment of the app's repository, with its secrets and variables.

    Private repositories need GitHub Enterprise for reviewers; GitHub answers 422 otherwise
    (https://docs.github.com/actions/reference/deployments-and-environments).
    """

    environment: pulumi.Output[str]

    def __init__(self, name: str, args: GitHubEnvironmentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-tools:index:GitHubEnvironment", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        environment = github.RepositoryEnvironment(
            f"{name}-environment",
            repository=args.repository,
            environment=args.environment,
            reviewers=resolve_reviewers(args.reviewers, pulumi.InvokeOptions(parent=self)),
            prevent_self_review=args.prevent_self_review,
            can_admins_bypass=not args.reviewers,
            deployment_branch_policy=github.RepositoryEnvironmentDeploymentBranchPolicyArgs(
                custom_branch_policies=True, protected_branches=False
            ),
            opts=child,
        )
        policy = github.RepositoryEnvironmentDeploymentPolicy(
            f"{name}-branch-policy",
            repository=args.repository,
            environment=environment.environment,
            branch_pattern=args.branch,
            opts=child,
        )
        # Without the policy any branch could read them for a moment.
        guarded = pulumi.ResourceOptions(parent=self, depends_on=[policy])
        for key, value in args.secrets.items():
            github.ActionsEnvironmentSecret(
                f"{name}-secret-{key}",
                repository=args.repository,
                environment=environment.environment,
                secret_name=key,
                value=pulumi.Output.secret(value),
                opts=guarded,
            )
        for key, value in args.variables.items():
            github.ActionsEnvironmentVariable(
                f"{name}-variable-{key}",
                repository=args.repository,
                environment=environment.environment,
                variable_name=key,
                value=value,
                opts=child,
            )
        self.environment = environment.environment
        self.register_outputs({"environment": self.environment})
