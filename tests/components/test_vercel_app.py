"""The app's Vercel project."""

import pulumi

from components.vercel_app import VercelApp, VercelAppArgs
from tests.components.recording import Secret, record


def args(*, protect: bool = False) -> VercelAppArgs:
    return VercelAppArgs(
        project="ai-tools-staging",
        domain="staging.ai-tools.example.com",
        node_version="24.x",
        public_variables={"NEXT_PUBLIC_ENV": "staging"},
        secret_variables={"OPENAI_API_KEY": pulumi.Output.secret("openai-secret")},
        previews=False,
        protect=protect,
    )


def test_only_the_pipeline_deploys_and_gives_a_deployment_its_domain() -> None:
    inputs = record(lambda: VercelApp("app", args())).named("app-project").inputs
    assert "gitRepository" not in inputs
    assert inputs["autoAssignCustomDomains"] is False


def test_a_variable_is_sensitive_unless_every_visitor_gets_it() -> None:
    recording = record(lambda: VercelApp("app", args()))
    public = recording.named("app-variable-NEXT_PUBLIC_ENV").inputs
    secret = recording.named("app-variable-OPENAI_API_KEY").inputs
    assert public["sensitive"] is False
    assert secret["sensitive"] is True
    assert secret["value"] == Secret("openai-secret")


def test_a_variable_is_deleted_before_it_is_replaced() -> None:
    recording = record(lambda: VercelApp("app", args()))
    assert all(variable.delete_before_replace for variable in recording.of("ProjectEnvironmentVariable"))


def test_production_deployments_are_kept_as_rollback_targets_for_a_year() -> None:
    assert record(lambda: VercelApp("app", args())).named("app-retention").inputs["expirationProduction"] == "1y"


def test_protection_covers_the_project_and_its_domain() -> None:
    recording = record(lambda: VercelApp("app", args(protect=True)))
    assert {resource.name for resource in recording.resources if resource.protect} == {"app-project", "app-domain"}


def test_the_bypass_secret_stays_secret() -> None:
    recording = record(lambda: pulumi.export("bypass", VercelApp("app", args()).bypass_secret))
    assert recording.outputs == {"bypass": Secret("bypass-secret-00000000000000000")}
