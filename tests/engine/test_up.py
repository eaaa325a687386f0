"""`pulumi up` of both stacks on the real engine, and what comes after."""

import json

import pytest
from pulumi import automation as auto

from sandbox.accounts import stack_secrets
from sandbox.operation import MASK, Operation, masked
from sandbox.world.github.secrets import values
from tests.engine.conftest import UNCALLED, Sandbox


def touched(operation: Operation) -> dict[str, str]:
    """Every resource that was not left alone, with what happened to it."""
    return {r.name: r.operation for r in operation.resources.values() if r.operation != "same"}


def test_both_stacks_come_up_and_a_second_up_changes_nothing(sandbox: Sandbox) -> None:
    for stack in ("staging", "production"):
        first = sandbox.succeed("up", stack)
        assert set(touched(first).values()) == {"create"}
        second = sandbox.succeed("up", stack)
        assert touched(second) == {}
        assert second.counts()["same"] == first.counts()["create"]


def test_preview_after_a_change_of_one_variable_shows_exactly_that(sandbox: Sandbox) -> None:
    sandbox.succeed("up")
    sandbox.change(
        "staging",
        publicVariables={"NEXT_PUBLIC_API_URL": "https://new.example.com", "NEXT_PUBLIC_ANALYTICS_ID": "G-STAGING001"},
    )
    preview = sandbox.succeed("preview")
    assert touched(preview) == {
        "app-variable-NEXT_PUBLIC_API_URL": "update",
        "build-variable-NEXT_PUBLIC_API_URL": "update",
    }
    assert touched(sandbox.succeed("up")) == touched(preview)


def test_preview_changes_nothing_in_the_world(sandbox: Sandbox) -> None:
    sandbox.succeed("preview")
    written = {f"{e.method} {e.path}" for e in sandbox.exchanges() if e.method not in ("GET", "HEAD")}
    assert {call for call in written if not call.endswith("/validate")} == set()


def test_a_domain_that_changes_is_replaced(sandbox: Sandbox) -> None:
    sandbox.succeed("up")
    sandbox.change("staging", domain="next.ai-tools.example.com")
    assert touched(sandbox.succeed("preview"))["app-domain"] == "replace"
    sandbox.succeed("up")
    project = sandbox.vercel("GET", "/v10/projects/ai-tools-staging?teamId=team_4fT0ZkqUxVJ1wq7cYp3sN8Lb")
    domains = sandbox.vercel("GET", f"/v9/projects/{project['id']}/domains?teamId={project['accountId']}")["domains"]
    assert [domain["name"] for domain in domains if not domain["name"].endswith(".vercel.app")] == [
        "next.ai-tools.example.com"
    ]


def test_refresh_finds_what_was_changed_by_hand_and_up_puts_it_right(sandbox: Sandbox) -> None:
    sandbox.succeed("up")
    sandbox.github("PATCH", "/environments/staging/variables/DOMAIN", {"value": "elsewhere.example.com"})
    sandbox.github("DELETE", "/environments/staging-build/variables/NODE_VERSION")
    refreshed = sandbox.succeed("refresh")
    assert touched(refreshed) == {"release-variable-DOMAIN": "update", "build-variable-NODE_VERSION": "delete"}
    sandbox.succeed("up")
    assert sandbox.github("GET", "/environments/staging/variables/DOMAIN")["value"] == "staging.ai-tools.example.com"
    assert sandbox.github("GET", "/environments/staging-build/variables/NODE_VERSION")["value"] == "24.x"
    assert touched(sandbox.succeed("refresh")) == {}


def test_delivering_the_files_starts_no_workflow(sandbox: Sandbox) -> None:
    sandbox.succeed("up")
    delivered = sandbox.github("GET", "/contents/.github/workflows?ref=develop")
    assert {file["name"] for file in delivered} >= {"staging.yml", "production.yml", "rollback.yml", "pre-deploy.yml"}
    assert list(sandbox.state.collection("github.workflow_runs")) == []


def test_a_workflow_file_that_changes_is_delivered_past_the_ruleset(sandbox: Sandbox) -> None:
    sandbox.succeed("up")
    file = sandbox.workspace.project / "app_repository/.github/workflows/staging.yml"
    file.write_text(file.read_text() + "# changed\n")
    assert touched(sandbox.succeed("up")) == {"workflows-.github/workflows/staging.yml": "update"}


def test_destroy_leaves_nothing_of_staging(sandbox: Sandbox) -> None:
    sandbox.succeed("up")
    destroyed = sandbox.succeed("destroy")
    assert set(touched(destroyed).values()) == {"delete"}
    assert sandbox.github("GET", "/environments")["environments"] == []
    assert sandbox.github("GET", "/rulesets") == []
    projects = sandbox.vercel("GET", "/v10/projects?teamId=team_4fT0ZkqUxVJ1wq7cYp3sN8Lb")
    assert projects["projects"] == []


def test_destroy_of_production_refuses_what_is_protected_and_says_how(sandbox: Sandbox) -> None:
    sandbox.succeed("up", "production")
    refused = sandbox.run("destroy", "production")
    assert not refused.succeeded
    said = "\n".join(refused.diagnostics)
    assert "protected" in said
    assert "unprotect" in said
    project = sandbox.vercel("GET", "/v10/projects/ai-tools-production?teamId=team_4fT0ZkqUxVJ1wq7cYp3sN8Lb")
    assert project["name"] == "ai-tools-production"


def test_no_secret_is_in_the_exported_state_in_plain_text(sandbox: Sandbox) -> None:
    sandbox.succeed("up", "production")
    exported = sandbox.workspace.pulumi("stack", "export", "--stack", "production")
    files = [file.read_text(errors="replace") for file in sandbox.workspace.state.rglob("*") if file.is_file()]
    for secret in secrets_of(sandbox):
        assert secret not in exported
        assert not any(secret in text for text in files)


@pytest.mark.parametrize("kind", ["preview", "up"])
def test_no_secret_is_in_what_the_engine_says(sandbox: Sandbox, kind: str) -> None:
    operation = sandbox.succeed("preview" if kind == "preview" else "up", "production")
    said = json.dumps(operation.summary())
    for secret in secrets_of(sandbox):
        assert secret not in said


def test_the_secrets_that_the_workflows_get_are_the_configured_ones(sandbox: Sandbox) -> None:

    sandbox.succeed("up", "production")
    database = values(sandbox.state, "acme", "ai-tools", "production-database")
    assert database == {
        "DATABASE_URL": f"postgresql://ai_tools:{sandbox.accounts.database_password}@127.0.0.1:5432/ai_tools_production"
    }
    assert set(values(sandbox.state, "acme", "ai-tools", "production-build")) == {"VERCEL_BYPASS"}
    release = values(sandbox.state, "acme", "ai-tools", "production")
    assert release["VERCEL_TOKEN"] == sandbox.accounts.vercel_deploy_token
    assert "DATABASE_URL" not in release


def test_one_stack_comes_and_goes_without_the_other_noticing(sandbox: Sandbox) -> None:
    sandbox.succeed("up", "staging")
    sandbox.succeed("up", "production")
    sandbox.succeed("destroy", "staging")
    assert touched(sandbox.succeed("refresh", "production")) == {}
    assert touched(sandbox.succeed("up", "production")) == {}


def secrets_of(sandbox: Sandbox) -> list[str]:
    """Every secret value that the configuration holds, and the one that Vercel made."""
    configured = stack_secrets(sandbox.accounts, UNCALLED, "production").values()
    return [*configured, sandbox.accounts.database_password]


def test_a_secret_output_is_masked() -> None:

    outputs = {"b": auto.OutputValue(value="hidden", secret=True), "a": auto.OutputValue(value="shown", secret=False)}
    assert masked(outputs) == {"a": "shown", "b": MASK}
