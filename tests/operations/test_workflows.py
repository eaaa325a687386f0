"""This repository's own workflows, run by act with the real engine: a change from its branch to the accounts."""

from typing import Any

import yaml

from sandbox.actions.result import RunResult
from sandbox.paths import PROJECT
from sandbox.world.github.pulls import add_fork, merge_pull_request, open_pull_request
from sandbox.world.vercel.project_store import DOMAINS
from tests.operations.project import PERSON, Deployment

DELIVERED = "app_repository/.github/workflows/staging.yml"
APP = "/repos/acme/ai-tools"


def change(deployment: Deployment) -> dict[str, bytes]:
    """Another domain for staging, and another line of a delivered file."""
    stack = deployment.read("Pulumi.staging.yaml")
    return {
        "Pulumi.staging.yaml": stack.replace(b"staging.ai-tools.example.com", b"next.ai-tools.example.com"),
        DELIVERED: deployment.read(DELIVERED) + b"# one more line\n",
    }


def ended_well(run: RunResult, **expected: str) -> None:
    assert run.results == expected, run.log[-4000:]


def test_a_change_is_previewed_on_its_branch_merged_applied_and_watched(deployment: Deployment) -> None:
    state = deployment.state
    deployment.commit(change(deployment), "domain")
    seen = deployment.seen()
    number = open_pull_request(
        state, deployment.repository, login=PERSON["login"], title="Another domain", head="domain", base="main"
    )
    previewed = deployment.ended("pull-request.yml", seen)
    own = {"tests": "success", "policies": "success", "preview": "success", "comment": "success"}
    ended_well(previewed, **own, preview_from_fork="skipped")
    (comment,) = deployment.comments(number)
    assert "> **REPLACED: deleted and made anew.**" in comment
    assert "> - `ProjectDomain` `app-domain` (`domain`)" in comment
    assert "\n+# one more line\n" in comment
    assert "### production: 0 to be" not in comment
    assert "### production:" in comment

    seen = deployment.seen()
    merge_pull_request(state, deployment.repository, number, login=PERSON["login"])
    applied = deployment.ended("apply.yml", seen)
    ended_well(applied, staging="success", plan="success", production="success")
    assert deployment.asked == ["production"]
    assert "next.ai-tools.example.com" in state.collection(DOMAINS)
    for run in (previewed, applied):
        for secret in (deployment.accounts.github_token, deployment.accounts.database_password):
            assert secret not in run.log

    variable = "/environments/staging/variables/ENVIRONMENT"
    deployment.github("PATCH", variable, {"value": "elsewhere"}, root=APP)
    ended_well(deployment.dispatch("drift.yml"), find="success", report="success")
    (issue,) = deployment.issues()
    assert issue["title"] == "Drift in staging"
    assert "changed by hand** or by another program: `release-variable-ENVIRONMENT`" in issue["body"]

    # Production is what it should be, so nobody is asked.
    ended_well(deployment.dispatch("apply.yml"), staging="success", plan="success", production="skipped")
    assert deployment.asked == ["production"]
    assert deployment.github("GET", variable, root=APP)["value"] == "staging"
    ended_well(deployment.dispatch("drift.yml"), find="success", report="success")
    assert deployment.issues() == []
    assert [closed["number"] for closed in deployment.issues("closed")] == [issue["number"]]


def test_a_fork_is_previewed_in_the_sandbox_and_gets_no_secret(deployment: Deployment) -> None:
    fork = add_fork(deployment.state, deployment.repository, "stranger")
    deployment.commit(change(deployment), "domain", fork)
    seen = deployment.seen()
    number = open_pull_request(
        deployment.state,
        deployment.repository,
        login="stranger",
        title="Another domain",
        head="domain",
        base="main",
        head_repository=fork["full_name"],
    )
    run = deployment.ended("pull-request.yml", seen)
    fork_only = {"preview": "skipped", "comment": "skipped", "preview_from_fork": "success"}
    ended_well(run, tests="success", policies="success", **fork_only)
    assert "> - `ProjectDomain` `app-domain` (`domain`)" in run.summary
    assert "\n+# one more line\n" in run.summary
    assert deployment.comments(number) == []


def jobs(name: str) -> dict[str, Any]:
    return yaml.safe_load((PROJECT / ".github/workflows" / name).read_text())["jobs"]


def test_an_apply_asks_which_commit_is_newest_and_is_reached_by_an_interrupt() -> None:
    for stack in ("staging", "production"):
        step = jobs("apply.yml")[stack]["steps"][-1]
        assert step["env"]["RUN_TOKEN"] == "${{ github.token }}"
        assert step["run"].startswith(f"exec .venv/bin/python -m operations apply {stack}")


def test_production_is_not_applied_without_a_digest() -> None:
    production = jobs("apply.yml")["production"]
    assert production["if"] == "needs.plan.outputs.digest != '' && needs.plan.outputs.changes != '0'"
    assert production["steps"][-1]["run"].endswith('"--reviewed=$REVIEWED"')


def test_drift_is_reported_also_where_a_preview_failed() -> None:
    report = jobs("drift.yml")["report"]
    assert report["if"] == "!cancelled()"
    (take,) = (step for step in report["steps"] if "download-artifact" in step.get("uses", ""))
    assert take["continue-on-error"] is True
