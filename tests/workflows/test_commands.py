"""commands.yml: a comment is data, and each job holds only what its own command needs."""

import pytest
import yaml

from deploy.commands.answer import QUOTED
from deploy.comments.catalogue import CATALOGUE, PREFIX
from tests.workflows.workflow import DELIVERED, Job, Workflow

COMMANDS = Workflow(DELIVERED / "commands.yml")
PREVIEW = Workflow(DELIVERED / "preview.yml")
STARTED = ("production.yml", "preview.yml", "rollback.yml")
CARRYING_OUT = ("start", "lock", "status")
READING = {"actions", "checks", "contents", "deployments", "statuses"}


def _writes(job: Job) -> set[str]:
    return {name for name, level in job.content["permissions"].items() if level == "write"}


def test_only_a_new_comment_of_a_person_that_begins_with_the_prefix_is_read() -> None:
    assert COMMANDS.triggers["issue_comment"] == {"types": ["created"]}
    condition = COMMANDS.job("hear").content["if"]
    assert f"startsWith(github.event.comment.body, '{PREFIX}')" in condition
    assert "github.event.comment.user.type == 'User'" in condition
    assert "author_association" not in COMMANDS.text


def test_nothing_of_a_pull_request_is_fetched() -> None:
    for job in COMMANDS.jobs:
        (checkout,) = [step for step in job.steps if "uses" in step]
        assert checkout["with"] == {"persist-credentials": False, "sparse-checkout": ".github/deploy"}
        assert not any("git " in script for script in job.scripts)


def test_every_command_that_is_not_answered_at_once_has_one_job() -> None:
    for name, entry in CATALOGUE.items():
        jobs = [job for job in CARRYING_OUT if f"{name}'" in COMMANDS.job(job).content["if"].replace('"', "'")]
        assert len(jobs) == (0 if not entry.level else 1), f"{name}: {jobs}"


def test_a_command_is_carried_out_only_after_it_was_read_and_its_author_was_looked_up() -> None:
    for name in CARRYING_OUT:
        job = COMMANDS.job(name)
        assert job.needs == ["hear"]
        assert "needs.hear.outputs.command" in job.content["if"]
        assert "always()" not in job.content["if"]


@pytest.mark.parametrize(
    ("job", "more"),
    [
        ("hear", set()),
        ("start", {"actions"}),
        ("lock", {"contents"}),
        ("status", set()),
        ("result", set()),
        ("stale", set()),
    ],
)
def test_a_token_can_comment_and_what_its_command_needs_and_no_more(job: str, more: set[str]) -> None:
    assert _writes(COMMANDS.job(job)) == {"issues", "pull-requests", *more}
    assert set(COMMANDS.job(job).content["permissions"]) <= {"issues", "pull-requests", *READING}


def test_only_status_sees_a_credential_of_vercels() -> None:
    secrets = {job.id: job.context("secrets") for job in COMMANDS.jobs if job.context("secrets")}
    assert secrets == {"status": {"VERCEL_TOKEN"}}


def test_the_end_of_every_workflow_that_a_comment_starts_comes_back_to_its_answer() -> None:
    names = [Workflow(DELIVERED / name).content["name"] for name in STARTED]
    assert sorted(COMMANDS.triggers["workflow_run"]["workflows"]) == sorted(names)
    for name in STARTED:
        workflow = Workflow(DELIVERED / name)
        assert " (answer {0})', inputs.answer)" in workflow.content["run-name"]
        assert workflow.triggers["workflow_dispatch"]["inputs"]["answer"]["required"] is False


def test_only_a_job_without_the_apps_code_is_quoted_in_an_answer() -> None:
    (showing,) = [job for job in PREVIEW.jobs if job.content["name"] in QUOTED]
    assert showing.environment == "staging"
    assert "inputs.commit" not in yaml.safe_dump([step for step in showing.steps if "uses" in step])


def test_a_preview_is_built_where_no_secret_is_and_keeps_no_cache() -> None:
    build = PREVIEW.job("build")
    assert build.context("secrets") == set()
    assert not any("actions/cache@" in step.get("uses", "") for step in build.steps)
    assert {step["with"]["ref"] for step in build.steps if "ref" in step.get("with", {})} == {"${{ inputs.commit }}"}
