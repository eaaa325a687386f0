"""The rules of the stack's branch: no push but through a reviewed pull request whose checks passed."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_github as github
import yaml

GITHUB_ACTIONS_APP_ID = 15368
"""Only GitHub Actions itself can report the required checks: a token with `statuses: write` cannot forge one."""

REPOSITORY_ROLE_IDS = {"admin": 5}
"""Who passes the ruleset passes reviews and checks: no lesser role may.

Source: the actor IDs of built-in roles, https://docs.github.com/rest/repos/rules.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class BranchRulesetArgs:
    """What a BranchRuleset is made from."""

    repository: str
    branch: str
    required_checks: Sequence[str]
    """Names of checks, as GitHub shows them."""
    delivered_by: str
    """Who may still push, to deliver workflow files: `role:admin`, or `app:ID` of a GitHub App."""


class BranchRuleset(pulumi.ComponentResource):
    """The ruleset of one branch (POST /repos/{owner}/{repo}/rulesets).

    Create it after the workflow files: it requires checks that only those files can report.
    """

    ruleset_id: pulumi.Output[int]

    def __init__(self, name: str, args: BranchRulesetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-tools:index:BranchRuleset", name, None, opts)
        ruleset = github.RepositoryRuleset(
            f"{name}-ruleset",
            name=f"{args.branch}: reviewed and checked",
            repository=args.repository,
            target="branch",
            enforcement="active",
            conditions=github.RepositoryRulesetConditionsArgs(
                ref_name=github.RepositoryRulesetConditionsRefNameArgs(
                    includes=[f"refs/heads/{args.branch}"], excludes=[]
                )
            ),
            rules=github.RepositoryRulesetRulesArgs(
                deletion=True,
                non_fast_forward=True,
                pull_request=github.RepositoryRulesetRulesPullRequestArgs(
                    required_approving_review_count=1,
                    dismiss_stale_reviews_on_push=True,
                    require_last_push_approval=True,
                    required_review_thread_resolution=True,
                ),
                required_status_checks=github.RepositoryRulesetRulesRequiredStatusChecksArgs(
                    strict_required_status_checks_policy=True,
                    required_checks=[
                        github.RepositoryRulesetRulesRequiredStatusChecksRequiredCheckArgs(
                            context=check, integration_id=GITHUB_ACTIONS_APP_ID
                        )
                        for check in args.required_checks
                    ],
                ),
            ),
            bypass_actors=[_bypass_actor(args.delivered_by)],
            # The provider would update the ruleset of another repository in place.
            opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["repository"]),
        )
        self.ruleset_id = ruleset.ruleset_id
        self.register_outputs({"rulesetId": self.ruleset_id})


def check_names(workflow: Path) -> list[str]:
    """The checks that a workflow file reports: one a job, by the job's name (its key where it has none)."""
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    return [job.get("name", key) for key, job in jobs.items()]


def _bypass_actor(delivered_by: str) -> github.RepositoryRulesetBypassActorArgs:
    kind, _, value = delivered_by.partition(":")
    if kind == "app":
        return github.RepositoryRulesetBypassActorArgs(
            actor_type="Integration", actor_id=int(value), bypass_mode="always"
        )
    return github.RepositoryRulesetBypassActorArgs(
        actor_type="RepositoryRole", actor_id=REPOSITORY_ROLE_IDS[value], bypass_mode="always"
    )
