"""staging.yml, production.yml and rollback.yml: the order of a release, and what each job may touch."""

import re

import pytest
import yaml

from components.config import StackConfig
from components.github_environment import GitHubEnvironment
from components.pipeline_environments import pipeline_environments
from components.vercel_app import VercelApp, VercelAppArgs
from deploy.release import jobs
from tests.components.recording import record
from tests.workflows.properties import runs_app_code
from tests.workflows.workflow import DELIVERED, Workflow

STAGING = Workflow(DELIVERED / "staging.yml")
PRODUCTION = Workflow(DELIVERED / "production.yml")
ROLLBACK = Workflow(DELIVERED / "rollback.yml")
COMMANDS = Workflow(DELIVERED / "commands.yml")
PREVIEW = Workflow(DELIVERED / "preview.yml")
RELEASES = pytest.mark.parametrize("release", [STAGING, PRODUCTION], ids=str)

Declared = dict[str, dict[str, set[str]]]


@pytest.fixture(scope="module")
def declared() -> Declared:
    """What the stacks' own programs put into each environment: names of secrets and of variables."""

    def program() -> None:
        config = StackConfig.load()
        app = VercelApp(
            "app",
            VercelAppArgs(
                project=config.vercel_project,
                domain=config.domain,
                node_version=config.node_version,
                public_variables=config.public_variables,
                secret_variables=config.secret_variables,
                previews=False,
                protect=config.is_production,
            ),
        )
        for purpose, args in pipeline_environments(config, app).items():
            GitHubEnvironment(purpose, args)

    environments: Declared = {}
    for stack in ("staging", "production"):
        recording = record(program, stack=stack)
        for kind, resource, key in (
            ("secrets", "ActionsEnvironmentSecret", "secretName"),
            ("vars", "ActionsEnvironmentVariable", "variableName"),
        ):
            for entry in recording.of(resource):
                names = environments.setdefault(entry.inputs["environment"], {"secrets": set(), "vars": set()})
                names[kind].add(entry.inputs[key])
    return environments


@pytest.mark.parametrize("workflow", [STAGING, PRODUCTION, ROLLBACK, COMMANDS, PREVIEW], ids=str)
def test_a_job_reads_only_what_the_stack_puts_into_its_environment(workflow: Workflow, declared: Declared) -> None:
    for job in workflow.jobs:
        for kind in ("secrets", "vars"):
            # A stack declares these only where they are set.
            names = job.context(kind) - {
                *("DEPLOY_FREEZES", "DATADOG_DORA", "DATADOG_APP_KEY", "REQUIRE_STAGING", "COMMAND_ROLES")
            }
            if names:
                assert names <= declared[job.environment or "none"][kind], f"{job.id} reads {kind} that it has not got"


def test_staging_ships_develop_and_production_ships_main() -> None:
    assert STAGING.triggers.keys() == PRODUCTION.triggers.keys() == {"push", "workflow_dispatch"}
    assert STAGING.triggers["push"] == {"branches": ["develop"]}
    assert PRODUCTION.triggers["push"] == {"branches": ["main"]}


def test_production_stages_nothing_outside_the_window_or_without_a_backup() -> None:
    assert {"admission", "audit", "build", "backup"} <= PRODUCTION.before("stage")


def test_an_approval_does_not_carry_a_release_out_of_the_window() -> None:
    (check,) = [step for step in PRODUCTION.job("promote").steps if "deploy window" in step.get("run", "")]
    assert check == {**check, "run": PRODUCTION.script("admission", "Check the deployment window")}
    assert PRODUCTION.job("promote").steps.index(check) < len(PRODUCTION.job("promote").steps) - 1


@RELEASES
def test_no_job_runs_after_a_failure_but_the_repair_and_the_report(release: Workflow) -> None:
    always = {
        job.id for job in release.jobs if re.search(r"\b(always|failure)\(\)|!cancelled", str(job.content.get("if")))
    }
    assert always == {"settle", "report"}


@RELEASES
def test_the_databases_credential_is_in_the_migrations_job_alone_and_promote_waits_for_it(release: Workflow) -> None:
    assert [job.id for job in release.jobs if "DATABASE_URL" in str(job.content)] == ["migrations"]
    job = release.job("migrations")
    assert job.context("secrets") == {"DATABASE_URL"}
    assert "if" not in job.content
    assert {"staged_tests", "migrations"} <= release.before("promote")


@RELEASES
def test_the_database_goes_as_far_as_the_deployment_says_that_was_staged(release: Workflow) -> None:
    *_, install, migrate = release.job("migrations").steps
    assert install["if"] == migrate["if"] == "hashFiles('migrations/*.py') != ''"
    assert migrate["env"]["SCHEMA"] == "${{ needs.stage.outputs.schema }}"
    assert '"--to=$SCHEMA"' in migrate["run"]
    for job in ("stage", "migrations"):
        checkout = release.job(job).steps[0]
        assert checkout["with"]["sparse-checkout"].split() == [".github/deploy", "migrations"], job


def test_production_migrates_only_after_an_approval_and_hands_its_backup_over() -> None:
    names = [step["name"] for step in PRODUCTION.job("migrations").steps]
    assert names[1:] == [
        *("See who approved", "See that nobody holds production, before its database moves"),
        *("Install what migrations need", "Migrate the database"),
    ]
    migrate = PRODUCTION.job("migrations").steps[-1]
    assert migrate["env"]["RESTORE_POINT"] == "${{ needs.backup.outputs.restore_point }}"
    assert "backup" in PRODUCTION.job("migrations").needs


@RELEASES
def test_the_same_build_that_was_tested_is_promoted(release: Workflow) -> None:
    (promotion,) = [step for step in release.job("promote").steps if step.get("id") == "promote"]
    assert promotion["env"]["DEPLOYMENT"] == "${{ needs.stage.outputs.deployment }}"
    assert release.job("staged_tests").content["env"]["URL"] == "${{ needs.stage.outputs.url }}"
    assert not any(runs_app_code(release.job(key)) for key in ("stage", "promote", "settle", "report"))


@RELEASES
def test_the_version_of_a_build_is_not_chosen_by_the_apps_own_code(release: Workflow) -> None:
    version = release.job("build").content["outputs"]["version"]
    assert "steps." not in version
    (build,) = [step for step in release.job("build").steps if step["name"] == "Build application"]
    assert build["env"]["NEXT_PUBLIC_VERSION"] == version


@RELEASES
def test_the_report_hears_of_every_job_of_a_release(release: Workflow) -> None:
    assert set(release.job("report").needs) == {job.id for job in release.jobs} - {"report", "rollback"}


@RELEASES
def test_the_report_knows_the_order_of_the_jobs(release: Workflow) -> None:
    names = [job.id for job in release.jobs if job.id not in {"report", "rollback"}]
    assert names == [name for name in jobs.ORDER if release.has(name)]


def test_nobody_waits_for_datadog_to_hear_that_an_approval_is_asked_for() -> None:
    job = PRODUCTION.job(jobs.AWAITING_APPROVAL)
    assert [other.id for other in PRODUCTION.jobs if job.id in other.needs] == ["report"]
    assert "staged_tests" in job.needs
    assert set(job.needs) <= set(PRODUCTION.job("migrations").needs)
    assert job.content["outputs"] == {jobs.WAITING: "${{ steps.record.outputs.waiting }}"}
    assert job.steps[-1]["continue-on-error"] is True
    assert job.content["continue-on-error"] is True, "no step of it makes a good release red"
    assert not STAGING.has(jobs.AWAITING_APPROVAL)


@RELEASES
def test_whatever_moves_traffic_can_tell_datadog_what_and_where(release: Workflow) -> None:
    needed = {"DATADOG_API_KEY", "DATADOG_SITE", "DATADOG_DORA", "DATADOG_APP_KEY", "ENVIRONMENT", "SERVICE", "TEAM"}
    moving = [(release, "promote"), (release, "settle"), (ROLLBACK, "rollback"), (ROLLBACK, "settle")]
    for workflow, job in moving:
        assert needed <= set(workflow.job(job).steps[-1]["env"]), job


@RELEASES
def test_whatever_moves_traffic_back_can_record_at_github_that_it_told_datadog(release: Workflow) -> None:
    for workflow, job in ((release, "promote"), (release, "settle"), (ROLLBACK, "rollback"), (ROLLBACK, "settle")):
        assert workflow.job(job).steps[-1]["env"]["GITHUB_TOKEN"] == "${{ github.token }}", job
        assert workflow.job(job).content["permissions"]["deployments"] == "write", job


@RELEASES
def test_what_datadog_records_of_a_release_begins_with_its_admission(release: Workflow) -> None:
    admission = release.job("admission")
    assert admission.content["outputs"]["started"] == "${{ steps.admit.outputs.started }}"
    (admit,) = [step for step in admission.steps if step.get("id") == "admit"]
    assert "deploy admit" in admit["run"]
    for job, command in (("promote", "promote"), ("settle", "settle"), ("report", "record")):
        (step,) = [step for step in release.job(job).steps if f"deploy {command} " in step.get("run", "")]
        assert step["env"]["STARTED"] == "${{ needs.admission.outputs.started }}"
        assert '"--started=$STARTED"' in step["run"]
        assert "admission" in release.job(job).needs


def test_what_waits_for_an_approval_and_its_end_name_the_same_deployment() -> None:
    waiting = PRODUCTION.job(jobs.AWAITING_APPROVAL).steps[-1]
    (ended,) = [step for step in PRODUCTION.job("report").steps if "deploy record" in step.get("run", "")]
    assert waiting["env"]["DEPLOYMENT"] == ended["env"]["DEPLOYMENT"] == "${{ needs.stage.outputs.deployment }}"
    assert '"--deployment=$DEPLOYMENT"' in waiting["run"]
    assert '"--deployment=$DEPLOYMENT"' in ended["run"]


def test_a_dispatch_chooses_between_standard_hotfix_and_rollback() -> None:
    choice = PRODUCTION.triggers["workflow_dispatch"]["inputs"]["deployment_type"]
    assert choice["options"] == ["standard", "hotfix", "rollback"]
    assert choice["default"] == "standard"


def test_a_rollback_started_from_production_does_what_rollback_does_and_releases_nothing() -> None:
    job = PRODUCTION.job("rollback")
    assert job.content["uses"] == "./.github/workflows/rollback.yml"
    assert job.content["if"] == "inputs.deployment_type == 'rollback'"
    assert set(job.content["with"]) <= set(ROLLBACK.triggers["workflow_call"]["inputs"])
    started = {job.id: job.content.get("if", "") for job in PRODUCTION.jobs if not job.needs}
    assert started == {
        "rollback": "inputs.deployment_type == 'rollback'",
        "admission": "inputs.deployment_type != 'rollback'",
    }


def test_the_build_carries_no_symbolic_link_to_the_job_with_the_token() -> None:
    for release in (STAGING, PRODUCTION):
        (upload,) = [step for step in release.job("build").steps if "upload-artifact" in step.get("uses", "")]
        assert upload["with"]["path"] == ".vercel/output"
        assert "tar " not in yaml.safe_dump(release.content)


def test_nothing_stands_between_a_rollback_request_and_traffic_moving() -> None:
    moving = ROLLBACK.job("rollback")
    assert moving.needs == []
    assert moving.environment == "production"
    assert [step["name"] for step in moving.steps] == ["Check out what deploys", "Move traffic"]


def test_a_rollback_asks_for_a_reason_and_goes_to_the_previous_deployment_by_default() -> None:
    for trigger in ("workflow_dispatch", "workflow_call"):
        inputs = ROLLBACK.triggers[trigger]["inputs"]
        assert inputs["reason"]["required"] is True
        assert inputs["target_deployment"]["default"] == "previous"
        assert inputs["rollback_database"]["default"] is False


def test_a_rollback_never_waits_behind_a_release() -> None:
    groups = {str(workflow): workflow.content["concurrency"]["group"] for workflow in (STAGING, PRODUCTION, ROLLBACK)}
    assert groups["staging.yml"] == "staging"
    assert groups["rollback.yml"] == "rollback-production"
    # A group of its own for each run that only calls rollback.yml, which then queues.
    own = "format('production-rollback-{0}', github.run_id)"
    assert groups["production.yml"] == f"${{{{ inputs.deployment_type == 'rollback' && {own} || 'production' }}}}"
