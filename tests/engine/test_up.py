"""`pulumi up` of both stacks on the real engine, and what comes after."""

import json
from pathlib import Path

from operations.operation import Operation
from sandbox.accounts import stack_secrets
from sandbox.world.github.secrets import values
from tests.engine.conftest import Sandbox

BothUp = tuple[Path, dict[str, int], list[Operation]]
THREE_LOCATIONS = ["aws:eu-central-1", "aws:us-east-1", "aws:ap-southeast-1"]
TEAM = "teamId=team_4fT0ZkqUxVJ1wq7cYp3sN8Lb"


def touched(operation: Operation) -> dict[str, str]:
    """Every resource that was not left alone, with what happened to it."""
    return {r.name: r.operation for r in operation.resources.values() if r.operation != "same"}


def test_both_stacks_come_up_and_a_second_up_changes_nothing(live: Sandbox, both_up: BothUp) -> None:
    for first in both_up[2]:
        assert set(touched(first).values()) == {"create"}
        second = live.succeed("up", first.stack)
        assert touched(second) == {}
        assert second.counts()["same"] == first.counts()["create"]


def test_preview_after_a_change_of_one_variable_shows_exactly_that(live: Sandbox) -> None:
    live.change(
        "staging",
        publicVariables={"NEXT_PUBLIC_API_URL": "https://new.example.com", "NEXT_PUBLIC_ANALYTICS_ID": "G-STAGING001"},
    )
    preview = live.succeed("preview")
    assert touched(preview) == {
        "app-variable-NEXT_PUBLIC_API_URL": "update",
        "build-variable-NEXT_PUBLIC_API_URL": "update",
    }
    assert touched(live.succeed("up")) == touched(preview)


def test_secrets_that_the_stack_file_has_for_real_accounts_come_up_made_up(sandbox: Sandbox) -> None:
    foreign = {"secure": "v1:SPGRkU294HE6+FpG:oQwueXDPscmIbIB2gfu7LLQFkwSG2660D7HZFrqhrwQZ"}
    variables = {"OPENAI_API_KEY": foreign}
    sandbox.change("staging", vercelToken=foreign, datadogAppKey=foreign, secretVariables=variables)
    assert "app-variable-OPENAI_API_KEY" in touched(sandbox.succeed("preview"))


def test_preview_changes_nothing_in_the_world(sandbox: Sandbox) -> None:
    sandbox.succeed("preview")
    written = {f"{e.method} {e.path}" for e in sandbox.exchanges() if e.method not in ("GET", "HEAD")}
    assert {call for call in written if not call.endswith("/validate")} == set()


def test_a_domain_that_changes_is_replaced(live: Sandbox) -> None:
    live.change("staging", domain="next.ai-tools.example.com")
    assert touched(live.succeed("preview"))["app-domain"] == "replace"
    live.succeed("up")
    project = live.vercel("GET", f"/v10/projects/ai-tools-staging?{TEAM}")
    domains = live.vercel("GET", f"/v9/projects/{project['id']}/domains?{TEAM}")["domains"]
    assert [domain["name"] for domain in domains if not domain["name"].endswith(".vercel.app")] == [
        "next.ai-tools.example.com"
    ]


def test_refresh_finds_what_was_changed_by_hand_and_up_puts_it_right(live: Sandbox) -> None:
    live.github("PATCH", "/environments/staging/variables/DOMAIN", {"value": "elsewhere.example.com"})
    live.github("DELETE", "/environments/staging-build/variables/NODE_VERSION")
    refreshed = live.succeed("refresh")
    assert touched(refreshed) == {"release-variable-DOMAIN": "update", "build-variable-NODE_VERSION": "delete"}
    live.succeed("up")
    assert live.github("GET", "/environments/staging/variables/DOMAIN")["value"] == "staging.ai-tools.example.com"
    assert live.github("GET", "/environments/staging-build/variables/NODE_VERSION")["value"] == "24.x"
    assert touched(live.succeed("refresh")) == {}


def test_delivering_the_files_starts_no_workflow(live: Sandbox) -> None:
    delivered = live.github("GET", "/contents/.github/workflows?ref=develop")
    assert {file["name"] for file in delivered} == {"pre-deploy.yml", "production.yml", "staging.yml"}
    assert list(live.state.collection("github.workflow_runs")) == []


def test_a_workflow_file_that_changes_is_delivered_past_the_ruleset(live: Sandbox) -> None:
    file = live.workspace.project / "app_repository/.github/workflows/staging.yml"
    file.write_text(file.read_text() + "# changed\n")
    assert touched(live.succeed("up")) == {"workflows-.github/workflows/staging.yml": "update"}


def test_a_target_that_changes_changes_its_objective_and_its_alerts_alone(live: Sandbox) -> None:
    live.change("production", availabilityTarget="99.5")
    changed = touched(live.succeed("preview", "production"))
    assert changed == {
        "monitoring-objective-availability": "update",
        **{f"monitoring-availability-{window}": "update" for window in ("1h", "6h", "24h", "48h")},
    }
    assert touched(live.succeed("up", "production")) == changed
    assert touched(live.succeed("up", "production")) == {}


def test_a_target_that_cannot_alert_is_refused_before_anything_changes(live: Sandbox) -> None:
    live.change("production", availabilityTarget="90.0")
    refused = live.run("preview", "production")
    assert not refused.succeeded
    assert any("14.4 is out of reach" in said for said in refused.diagnostics)


def test_an_alert_is_destroyed_before_what_it_watches(live: Sandbox) -> None:
    live.change("staging", availabilityTarget="99.9", healthCheckSeconds=60, healthCheckLocations=THREE_LOCATIONS)
    assert touched(live.succeed("up"))["monitoring-objective-latency"] == "create"
    monitors = live.state.collection("datadog.monitors")
    alerts = {
        key: each["query"].split('"')[1]
        for key, each in monitors.items()
        if each["type"] == "slo alert" and "env:staging" in each["tags"]
    }
    before = len(live.exchanges())
    live.succeed("destroy")
    asked = [e for e in live.exchanges()[before:] if e.service == "datadog" and e.method in ("DELETE", "POST")]
    assert [e for e in asked if e.status >= 300] == []
    deleted = [e.path.split("?")[0] for e in asked if e.method == "DELETE"]
    assert len(alerts) == 8
    for alert, objective in alerts.items():
        assert deleted.index(f"/api/v1/monitor/{alert}") < deleted.index(f"/api/v1/slo/{objective}")
    assert "/dashboard/" in deleted[0]


def test_destroying_staging_leaves_nothing_of_it_and_all_of_production(live: Sandbox) -> None:
    assert set(touched(live.succeed("destroy")).values()) == {"delete"}
    environments = live.github("GET", "/environments")["environments"]
    assert {environment["name"] for environment in environments} == {
        "production",
        "production-build",
        "production-database",
    }
    assert [ruleset["name"] for ruleset in live.github("GET", "/rulesets")] == ["main: reviewed and checked"]
    projects = live.vercel("GET", f"/v10/projects?{TEAM}")["projects"]
    assert [project["name"] for project in projects] == ["ai-tools-production"]
    assert touched(live.succeed("refresh", "production")) == {}


def test_destroy_of_production_refuses_what_is_protected_and_says_how(live: Sandbox) -> None:
    before = [exchange for exchange in live.exchanges() if exchange.method != "GET"]
    refused = live.run("destroy", "production")
    assert not refused.succeeded
    assert refused.resources == {}
    (said,) = refused.diagnostics
    assert "nothing was deleted: app-project, app-domain are protected" in said
    assert "STACK=staging make down" in said
    assert [exchange for exchange in live.exchanges() if exchange.method != "GET"] == before
    # What it says to type works.
    assert f"--home {live.workspace.home} -- pulumi state unprotect --all --yes --stack production" in said
    live.workspace.pulumi("state", "unprotect", "--all", "--yes", "--stack", "production")
    assert live.workspace.protected("production") == []


def test_no_secret_is_in_the_state_in_plain_text(live: Sandbox) -> None:
    files = [file.read_text(errors="replace") for file in live.workspace.state.rglob("*") if file.is_file()]
    exported = [live.workspace.pulumi("stack", "export", "--stack", stack) for stack in ("staging", "production")]
    for secret in secrets_of(live):
        assert not any(secret in text for text in [*files, *exported])


def test_no_secret_is_in_what_the_engine_says_of_up_and_preview(live: Sandbox, both_up: BothUp) -> None:
    program = live.workspace.project / "__main__.py"
    program.write_text(
        program.read_text() + 'pulumi.export("token", pulumi.Config("ai-tools").require_secret("vercelToken"))\n'
    )
    live.change("production", deployWindow="Mon-Sun 00:00-23:59 UTC")
    operations = [*both_up[2], live.succeed("preview", "production"), live.succeed("up", "production")]
    assert operations[-1].outputs["token"] == "[secret]"
    said = [json.dumps(operation.summary()) for operation in operations]
    for secret in secrets_of(live):
        assert not any(secret in text for text in said)


def test_the_secrets_that_the_workflows_get_are_the_configured_ones(live: Sandbox) -> None:
    database = values(live.state, "acme", "ai-tools", "production-database")
    password = live.accounts.database_password
    assert database == {"DATABASE_URL": f"postgresql://ai_tools:{password}@127.0.0.1:5432/ai_tools_production"}
    assert set(values(live.state, "acme", "ai-tools", "production-build")) == {"VERCEL_BYPASS"}
    release = values(live.state, "acme", "ai-tools", "production")
    assert release["VERCEL_TOKEN"] == live.accounts.vercel_deploy_token
    assert "DATABASE_URL" not in release


def secrets_of(sandbox: Sandbox) -> list[str]:
    """Every secret value that the configuration holds."""
    configured = stack_secrets(sandbox.accounts, "production").values()
    return [*configured, sandbox.accounts.database_password]
