"""pre-deploy.yml: the seed's gates, side by side, as checks that a branch can require."""

import re

import pytest
import yaml

from components.branch_ruleset import check_names
from tests.workflows.workflow import DELIVERED, Workflow

PRE_DEPLOY = Workflow(DELIVERED / "pre-deploy.yml")
PROJECT = DELIVERED.parents[2]


def test_the_checks_that_the_ruleset_requires_are_these() -> None:
    assert check_names(PRE_DEPLOY.path) == [
        "Type check",
        "Lint",
        "Unit tests",
        "Build and performance budget",
        "Bundle analysis",
        "Security scan",
        "Migrations",
        "End-to-end tests",
    ]


def test_every_pull_request_to_a_deployed_branch_is_checked() -> None:
    assert PRE_DEPLOY.triggers == {"pull_request": {"branches": ["main", "develop"]}}


@pytest.mark.parametrize(
    "gate",
    [
        "npm run type-check",
        "npm run lint",
        "npm run test -- --coverage",
        "npm run build",
        "npm run analyze",
        "npm audit --audit-level high",
        "npm run lighthouse:ci",
        "npm run test:e2e",
    ],
)
def test_every_gate_is_run_by_one_job(gate: str) -> None:
    assert len([job.id for job in PRE_DEPLOY.jobs if gate in job.scripts]) == 1


def test_migrations_are_planned_against_the_target_branchs_side_of_the_merge() -> None:
    checkout, install, plan = PRE_DEPLOY.job("migrations").steps
    assert checkout["with"]["fetch-depth"] == 2
    assert install["if"] == plan["if"] == "hashFiles('migrations/*.py') != ''"
    assert plan["run"].endswith('"--since=HEAD^1"')
    assert "DATABASE_URL" not in str(plan)


def test_every_job_that_installs_shares_one_cache_by_lock_file() -> None:
    installing = [job for job in PRE_DEPLOY.jobs if "npm ci" in job.scripts]
    keys = {step["with"]["key"] for job in installing for step in job.steps if "actions/cache@" in step.get("uses", "")}
    assert len(installing) == 6
    assert keys == {"node_modules-${{ runner.os }}-${{ env.NODE_VERSION }}-${{ hashFiles('package-lock.json') }}"}


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_pull_requests_are_built_with_the_node_that_the_stack_runs(stack: str) -> None:
    config = yaml.safe_load((PROJECT / f"Pulumi.{stack}.yaml").read_text())["config"]
    assert PRE_DEPLOY.content["env"]["NODE_VERSION"] == config["ai-tools:nodeVersion"]


def test_the_end_to_end_report_is_kept_when_the_tests_fail() -> None:
    (upload,) = [step for step in PRE_DEPLOY.job("e2e_tests").steps if "upload-artifact" in step.get("uses", "")]
    assert upload["if"] == "failure()"
    assert "playwright-report/" in upload["with"]["path"]


def test_a_newer_push_to_a_pull_request_cancels_the_older_run_and_no_other() -> None:
    assert PRE_DEPLOY.content["concurrency"]["cancel-in-progress"] is True
    assert re.fullmatch(
        r"pre-deploy-\$\{\{ github\.event\.pull_request\.number \}\}", PRE_DEPLOY.content["concurrency"]["group"]
    )
