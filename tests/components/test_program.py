"""The whole program of both committed stacks, on mocks."""

import itertools
import json
from pathlib import Path

import pytest
import yaml

from tests.components.recording import PROJECT, SECRET_CONFIG, Recording, Secret, main_program, record

DELIVERED = PROJECT / "app_repository"


@pytest.fixture(scope="module", params=["staging", "production"])
def recording(request: pytest.FixtureRequest) -> Recording:
    return record(main_program, stack=request.param)


@pytest.fixture(scope="module")
def staging() -> Recording:
    return record(main_program, stack="staging")


@pytest.fixture(scope="module")
def production() -> Recording:
    return record(main_program, stack="production")


def test_every_resource_but_a_component_has_a_component_as_parent(recording: Recording) -> None:
    components = {resource.name for resource in recording.resources if resource.type.startswith("ai-tools:")}
    for resource in recording.resources:
        if resource.type.startswith("ai-tools:"):
            assert resource.parent.startswith("ai-tools-"), resource
        else:
            assert resource.parent in components, resource


def test_no_secret_value_reaches_the_engine_as_plain_text(recording: Recording) -> None:
    secrets = [value for key, value in SECRET_CONFIG.items() if key != "ai-tools:secretVariables"]
    secrets += ["openai-secret", "bypass-secret-00000000000000000"]
    for resource in recording.resources:
        plain = repr({key: value for key, value in resource.inputs.items() if not isinstance(value, Secret)})
        for secret in secrets:
            assert secret not in plain, f"{resource.name} has it in plain text"
    for secret in secrets:
        assert secret not in repr(recording.outputs)


def test_the_apps_own_code_gets_no_credential_that_can_change_an_environment(recording: Recording) -> None:
    held = {secret.name for secret in recording.of("ActionsEnvironmentSecret") if secret.parent == "build"}
    assert held == {"build-secret-VERCEL_BYPASS"}


def test_the_database_credential_is_alone_in_its_environment(recording: Recording) -> None:
    held = {secret.inputs["secretName"]: secret.parent for secret in recording.of("ActionsEnvironmentSecret")}
    assert held["DATABASE_URL"] == "database"
    assert [name for name, parent in held.items() if parent == "database"] == ["DATABASE_URL"]


def test_each_environment_is_restricted_to_exactly_the_stacks_branch(staging: Recording, production: Recording) -> None:
    for recording, branch in ((staging, "develop"), (production, "main")):
        environments = recording.of("RepositoryEnvironment")
        policies = recording.of("RepositoryEnvironmentDeploymentPolicy")
        assert len(environments) == len(policies) == 3
        assert {policy.inputs["branchPattern"] for policy in policies} == {branch}
        for environment in environments:
            assert environment.inputs["deploymentBranchPolicy"] == {
                "customBranchPolicies": True,
                "protectedBranches": False,
            }


def test_production_asks_for_one_approval_and_nobody_approves_their_own(production: Recording) -> None:
    asking = [e for e in production.of("RepositoryEnvironment") if e.inputs.get("reviewers")]
    assert [e.inputs["environment"] for e in asking] == ["production-database"]
    assert asking[0].inputs["reviewers"] == [{"users": [7], "teams": [8]}]
    assert asking[0].inputs["preventSelfReview"] is True
    assert asking[0].inputs["canAdminsBypass"] is False


def test_staging_asks_for_no_approval(staging: Recording) -> None:
    assert not any(environment.inputs.get("reviewers") for environment in staging.of("RepositoryEnvironment"))


def test_a_secret_waits_for_the_branch_policy_of_its_environment(recording: Recording) -> None:
    for secret in recording.of("ActionsEnvironmentSecret"):
        assert f"{secret.parent}-branch-policy" in secret.depends_on, secret.name


def test_files_come_after_the_environments_and_before_the_ruleset(recording: Recording) -> None:
    paths = {file.inputs["file"] for file in recording.of("RepositoryFile")}
    assert {f"workflows-{path}" for path in paths} <= recording.named("branch").depends_on
    assert {e.name for e in recording.of("RepositoryEnvironment")} <= recording.named("workflows").depends_on
    assert {s.name for s in recording.of("ActionsEnvironmentSecret")} <= recording.named("workflows").depends_on


def test_every_file_of_the_app_repository_is_delivered_as_it_stands(recording: Recording) -> None:
    delivered = {file.inputs["file"]: file.inputs["content"] for file in recording.of("RepositoryFile")}
    standing = {
        path.relative_to(DELIVERED).as_posix(): path.read_text()
        for path in DELIVERED.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert delivered == standing


def test_no_delivery_starts_a_workflow_and_files_are_written_one_after_the_other(recording: Recording) -> None:
    files = recording.of("RepositoryFile")
    for file in files:
        assert "[skip ci]" in file.inputs["commitMessage"]
        assert file.inputs["overwriteOnCreate"] is True
    for before, after in itertools.pairwise(files):
        assert before.name in after.depends_on


def test_the_ruleset_requires_exactly_the_checks_that_pre_deploy_reports(recording: Recording) -> None:
    (ruleset,) = recording.of("RepositoryRuleset")
    rules = ruleset.inputs["rules"]
    workflow = yaml.safe_load((DELIVERED / ".github/workflows/pre-deploy.yml").read_text())
    checks = [check["context"] for check in rules["requiredStatusChecks"]["requiredChecks"]]
    assert checks == [job.get("name", key) for key, job in workflow["jobs"].items()]
    assert rules["deletion"] is True
    assert rules["nonFastForward"] is True
    assert rules["pullRequest"]["requiredApprovingReviewCount"] == 1
    assert ruleset.replace_on_changes == ("repository",)


def test_what_would_hurt_to_lose_is_protected_in_production_only(staging: Recording, production: Recording) -> None:
    assert {r.name for r in production.resources if r.protect} == {"app-project", "app-domain"}
    assert not [r.name for r in staging.resources if r.protect]


def test_the_stripe_key_is_built_into_production_only(staging: Recording, production: Recording) -> None:
    def names(recording: Recording) -> set[str]:
        return {v.inputs["key"] for v in recording.of("ProjectEnvironmentVariable")}

    assert names(production) - names(staging) == {"NEXT_PUBLIC_STRIPE_KEY"}
    assert names(staging) >= {"NEXT_PUBLIC_ENV", "NEXT_PUBLIC_API_URL", "NEXT_PUBLIC_ANALYTICS_ID", "OPENAI_API_KEY"}


def test_the_stacks_share_no_branch_domain_project_or_environment(staging: Recording, production: Recording) -> None:
    def named(recording: Recording) -> set[str]:
        project, domain = recording.of("Project")[0], recording.of("ProjectDomain")[0]
        environments = {e.inputs["environment"] for e in recording.of("RepositoryEnvironment")}
        return {
            project.inputs["name"],
            domain.inputs["domain"],
            recording.of("RepositoryFile")[0].inputs["branch"],
        } | environments

    assert not named(staging) & named(production)


def test_the_outputs_say_where_to_look(production: Recording) -> None:
    assert production.outputs["url"] == "https://ai-tools.example.com"
    assert production.outputs["vercelProjectId"] == "app-project-id"
    assert production.outputs["githubEnvironments"] == ["production", "production-build", "production-database"]
    assert production.outputs["dashboardUrl"] == "https://app.datadoghq.com/dashboard/monitoring-dashboard-id"
    assert {"health", "error-rate", "availability-1h", "failed-deployment"} <= set(production.outputs["monitorUrls"])
    assert production.outputs["syntheticCost"] == {"runs": 175_680, "usd": 87.84}
    assert set(production.outputs["deliveredFiles"]) == {
        path.relative_to(DELIVERED).as_posix()
        for path in Path(DELIVERED).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_dashboard_is_about_its_own_environment(staging: Recording) -> None:
    page = json.loads(staging.of("DashboardJson")[0].inputs["dashboard"])
    assert page["title"] == "ai-tools staging"
    assert "production" not in json.dumps(page)
