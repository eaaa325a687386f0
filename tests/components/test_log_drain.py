"""The drain of the app's logs from Vercel to Datadog."""

from urllib.parse import parse_qs, urlsplit

import pulumi
import pytest

from components.log_drain import LogDrain, LogDrainArgs
from tests.components.recording import Recording, Registered, Secret, main_program, record, stack_config

KEY = "fedcba9876543210fedcba9876543210"


def args(*, site: str = "datadoghq.com") -> LogDrainArgs:
    return LogDrainArgs(
        project_id=pulumi.Output.from_input("prj_1"),
        environment="staging",
        service="ai-tools",
        site=site,
        api_key=pulumi.Output.secret(KEY),
    )


def recorded() -> Recording:
    return record(lambda: LogDrain("logs", args()))


@pytest.fixture
def drain() -> Registered:
    return recorded().named("logs-drain")


def test_the_key_is_in_a_secret_header_and_nowhere_else(drain: Registered) -> None:
    assert drain.inputs["headers"] == Secret({"DD-API-KEY": KEY})
    assert KEY not in repr({name: value for name, value in drain.inputs.items() if name != "headers"})


def test_the_key_stays_secret_when_the_component_is_given_it_in_plain_text() -> None:
    plain = LogDrainArgs(
        project_id="prj_1",
        environment="staging",
        service="ai-tools",
        site="datadoghq.com",
        api_key=pulumi.Output.from_input(KEY),
    )
    drain = record(lambda: LogDrain("logs", plain)).named("logs-drain")
    assert drain.inputs["headers"] == Secret({"DD-API-KEY": KEY})


@pytest.mark.parametrize(
    ("site", "host"),
    [
        ("datadoghq.com", "http-intake.logs.datadoghq.com"),
        ("datadoghq.eu", "http-intake.logs.datadoghq.eu"),
        ("us5.datadoghq.com", "http-intake.logs.us5.datadoghq.com"),
    ],
)
def test_logs_go_to_the_intake_of_the_site_with_source_service_and_environment(site: str, host: str) -> None:
    address = urlsplit(args(site=site).endpoint)
    assert (address.scheme, address.hostname, address.path) == ("https", host, "/api/v2/logs")
    assert parse_qs(address.query) == {"ddsource": ["vercel"], "service": ["ai-tools"], "ddtags": ["env:staging"]}


def test_only_this_project_and_only_what_is_released_is_drained(drain: Registered) -> None:
    assert drain.inputs["projectIds"] == ["prj_1"]
    assert drain.inputs["environments"] == ["production"]
    assert drain.inputs["deliveryFormat"] == "json"


def test_every_kind_of_request_that_a_monitor_counts_is_drained(drain: Registered) -> None:
    assert {"lambda", "static", "edge"} <= set(drain.inputs["sources"])


def test_a_changed_drain_never_sends_beside_the_old_one(drain: Registered) -> None:
    assert drain.delete_before_replace


@pytest.mark.parametrize("logs", ["none", "integration"])
def test_a_stack_whose_logs_come_another_way_declares_no_drain(logs: str) -> None:
    assert recorded().of("LogDrain")
    config = {**stack_config("staging"), "ai-tools:logs": logs}
    assert record(main_program, config=config).of("LogDrain") == []


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_stack_sends_its_own_projects_logs_under_its_own_name(stack: str) -> None:
    recording = record(main_program, stack=stack)
    drain = recording.named("logs-drain")
    assert drain.inputs["projectIds"] == ["app-project-id"]
    assert f"ddtags=env:{stack}" in drain.inputs["endpoint"]
    assert drain.inputs["name"] == f"datadog-ai-tools-{stack}"
