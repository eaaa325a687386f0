import json
from collections.abc import Callable
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import grpc
import pytest

from sandbox.providers.http_client import CallError, HttpClient, RetryPolicy
from sandbox.providers.values import Properties, decode
from tests.sandbox.providers.conftest import (
    CONFIGURATION,
    GITHUB_TOKEN,
    TEAM,
    Plugin,
    World,
    made_in_part,
)
from tests.sandbox.providers.examples import (
    BY_TYPE,
    BYPASS,
    DASHBOARD,
    DOMAIN,
    ENVIRONMENT,
    FILE,
    MONITOR,
    POLICY,
    PROJECT,
    PROJECT_VARIABLE,
    SECRET,
    SECRET_VALUE,
    TEST,
    VARIABLE,
)


def example_inputs(plugin: Plugin, pulumi_type: str) -> Properties:
    """The example's inputs, with a project or an environment for them."""
    example = BY_TYPE[pulumi_type]
    inputs = dict(example.inputs)
    if example.in_environment:
        plugin.create(ENVIRONMENT, BY_TYPE[ENVIRONMENT].inputs)
    if "projectId" in inputs:
        inputs["projectId"], _ = plugin.create(PROJECT, BY_TYPE[PROJECT].inputs)
    return inputs


LATER_CALLS: list[tuple[str, str, str]] = [
    # What is made, and which call after the one that makes it fails
    (ENVIRONMENT, "GET", "/repos/acme/ai-tools$"),
    (POLICY, "GET", "/repos/acme/ai-tools$"),
    (VARIABLE, "GET", "/repos/acme/ai-tools$"),
    (FILE, "GET", "/commits/"),
    (PROJECT, "PATCH", "/v9/projects/"),
    (DOMAIN, "GET", "/config"),
    (TEST, "GET", "/synthetics/tests/api/"),
    (DASHBOARD, "GET", "/dashboard/"),
]


@pytest.mark.parametrize(("pulumi_type", "method", "path"), LATER_CALLS)
def test_what_was_made_before_a_failure_is_kept_and_the_next_update_completes_it(
    pulumi_type: str, method: str, path: str, plugin: Callable[[str], Plugin], world: World
) -> None:
    connected = plugin(BY_TYPE[pulumi_type].provider)
    inputs = example_inputs(connected, pulumi_type)
    world.break_next(method=method, path=path, times=4, status=503)
    with pytest.raises(grpc.RpcError) as failure:
        connected.create(pulumi_type, inputs)
    world.state.collection("faults").clear()
    kept = made_in_part(failure.value)
    assert "503" in kept.reasons[0]
    completed = connected.update(pulumi_type, kept.id, decode(kept.properties), inputs)
    found = connected.read(pulumi_type, kept.id, completed, inputs)
    plan = connected.diff(pulumi_type, kept.id, decode(found.properties), inputs)
    assert (found.id, dict(plan.detailedDiff)) == (kept.id, {})


@pytest.mark.parametrize(
    ("pulumi_type", "path"),
    [
        (ENVIRONMENT, "environments"),
        (SECRET, "secrets/TOKEN"),
        (VARIABLE, "variables"),
        (PROJECT, "projects"),
        (PROJECT_VARIABLE, "/env"),
        (BYPASS, "protection-bypass"),
        (MONITOR, "monitor$"),
    ],
)
def test_a_creation_that_made_nothing_keeps_nothing_and_succeeds_the_next_time(
    pulumi_type: str, path: str, plugin: Callable[[str], Plugin], world: World
) -> None:
    connected = plugin(BY_TYPE[pulumi_type].provider)
    inputs = example_inputs(connected, pulumi_type)
    for method in ("PUT", "POST", "PATCH"):
        world.break_next(method=method, path=path, times=4, status=500)
    with pytest.raises(grpc.RpcError) as failure:
        connected.create(pulumi_type, inputs)
    assert "grpc-status-details-bin" not in {entry.key for entry in failure.value.trailing_metadata()}
    world.state.collection("faults").clear()
    assert connected.create(pulumi_type, inputs)[0]


def test_an_error_names_the_request_and_the_answer(plugin: Callable[[str], Plugin], world: World) -> None:
    github = plugin("github")
    inputs = example_inputs(github, SECRET)
    world.break_next(method="PUT", path="secrets/TOKEN", times=4, status=500)
    with pytest.raises(
        grpc.RpcError, match=r"GitHub: PUT /repositories/\d+/.*/secrets/TOKEN: 500 injected by the sandbox"
    ):
        github.create(SECRET, inputs)


class _Echo(BaseHTTPRequestHandler):
    """Refuses everything, and tells everything that it was sent."""

    def do_PUT(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        told = json.dumps({"message": f"{self.headers['Authorization']} {sent}"}).encode()
        self.send_response(422)
        self.send_header("Content-Length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def test_an_error_of_a_service_that_repeats_secrets_does_not() -> None:
    with HTTPServer(("127.0.0.1", 0), _Echo) as server:
        Thread(target=server.handle_request, daemon=True).start()
        client = HttpClient(
            "Echo",
            f"http://127.0.0.1:{server.server_port}",
            headers={"Authorization": f"Bearer {GITHUB_TOKEN}"},
            retry=RetryPolicy(statuses=frozenset(), retries=0, delay=lambda _number, _answer: 0),
        )
        nested = [{"password": "another secret"}, {"headers": {"DD-API-KEY": "a secret header"}}]
        with closing(client), pytest.raises(CallError) as failure:
            client.put("/secrets/TOKEN", {"encrypted_value": SECRET_VALUE, "nested": nested})
    told = str(failure.value)
    assert "Echo: PUT /secrets/TOKEN: 422" in told
    assert all(secret not in told for secret in (GITHUB_TOKEN, SECRET_VALUE, "another secret", "a secret header"))


@pytest.mark.parametrize(
    ("pulumi_type", "fault", "tries"),
    [
        (ENVIRONMENT, {"method": "PUT", "status": 502, "times": 3}, 4),
        (ENVIRONMENT, {"method": "PUT", "kind": "reset", "times": 3}, 4),
        (PROJECT, {"method": "POST", "status": 429, "times": 3, "headers": {"Retry-After": "7"}}, 4),
        (MONITOR, {"path": "monitor$", "status": 503, "times": 3}, 4),
        (MONITOR, {"path": "monitor$", "status": 429, "times": 2}, 3),
    ],
)
def test_what_the_real_provider_tries_again_is_tried_again(
    pulumi_type: str, fault: dict[str, object], tries: int, plugin: Callable[[str], Plugin], world: World
) -> None:
    connected = plugin(BY_TYPE[pulumi_type].provider)
    world.break_next(**fault)
    world.calls()
    connected.create(pulumi_type, BY_TYPE[pulumi_type].inputs)
    asked = [call.text for call in world.calls()]
    assert max(asked.count(text) for text in asked) == tries


@pytest.mark.parametrize(
    ("pulumi_type", "fault"),
    [
        (ENVIRONMENT, {"method": "PUT", "status": 409}),
        (PROJECT, {"method": "POST", "status": 500}),
        (PROJECT, {"method": "POST", "kind": "reset"}),
        (MONITOR, {"path": "monitor$", "status": 400}),
    ],
)
def test_what_the_real_provider_gives_up_on_is_not_tried_again(
    pulumi_type: str, fault: dict[str, object], plugin: Callable[[str], Plugin], world: World
) -> None:
    connected = plugin(BY_TYPE[pulumi_type].provider)
    world.break_next(**fault)
    with pytest.raises(grpc.RpcError):
        connected.create(pulumi_type, BY_TYPE[pulumi_type].inputs)


def test_github_can_be_told_to_try_again_after_a_conflict(connect: Callable[[str], Plugin], world: World) -> None:
    github = connect("github")
    # The engine hands every setting over as text.
    github.configure({**CONFIGURATION["github"], "retryableErrors": "[409]", "retryDelayMs": "0", "maxRetries": "1"})
    world.break_next(method="PUT", status=409)
    assert github.create(ENVIRONMENT, BY_TYPE[ENVIRONMENT].inputs)[0] == "ai-tools:staging"


@pytest.mark.parametrize(
    ("provider", "config", "told"),
    [
        ("github", {"owner": "acme"}, "pulumi config set --secret github:token"),
        ("vercel", {"team": TEAM}, "pulumi config set --secret vercel:apiToken"),
        ("vercel", {"apiToken": "short"}, "24 letters and digits"),
        ("datadog", {"appKey": "x"}, "pulumi config set --secret datadog:apiKey"),
        ("datadog", {"apiKey": "x"}, "pulumi config set --secret datadog:appKey"),
        ("github", {**CONFIGURATION["github"], "tokn": "x"}, "Did you mean 'token'?"),
        ("github", {**CONFIGURATION["github"], "maxRetries": "many"}, "must be a whole number"),
        ("github", {**CONFIGURATION["github"], "baseUrl": "nowhere"}, "not an absolute URL"),
        ("github", {**CONFIGURATION["github"], "token": "ghp_unknown"}, "401"),
        ("vercel", {**CONFIGURATION["vercel"], "team": "team_unknown"}, "opens no team team_unknown"),
        ("datadog", {**CONFIGURATION["datadog"], "apiKey": "unknown"}, "Datadog does not know datadog:apiKey"),
    ],
)
def test_a_configuration_that_cannot_work_is_refused_with_the_way_out(
    provider: str,
    config: Properties,
    told: str,
    connect: Callable[[str], Plugin],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("GITHUB_TOKEN", "VERCEL_API_TOKEN", "DD_API_KEY", "DD_APP_KEY", "DATADOG_API_KEY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(grpc.RpcError) as failure:
        connect(provider).configure(config)
    assert told in str(failure.value.details())


def test_datadog_without_validation_needs_no_keys(
    connect: Callable[[str], Plugin], world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("DD_API_KEY", "DD_APP_KEY", "DATADOG_API_KEY", "DATADOG_APP_KEY"):
        monkeypatch.delenv(variable, raising=False)
    connect("datadog").configure({"validate": "false"})
    assert world.calls() == []


def test_a_file_that_is_there_is_not_overwritten_unless_asked(plugin: Callable[[str], Plugin]) -> None:
    inputs = {**BY_TYPE[FILE].inputs, "file": "README.md", "overwriteOnCreate": False}
    with pytest.raises(grpc.RpcError, match="overwriteOnCreate is not set"):
        plugin("github").create(FILE, inputs)


def test_a_file_on_a_branch_that_is_not_there_is_refused(plugin: Callable[[str], Plugin]) -> None:
    with pytest.raises(grpc.RpcError, match="Branch release is not in repository acme/ai-tools"):
        plugin("github").create(FILE, {**BY_TYPE[FILE].inputs, "branch": "release"})


def test_a_variable_that_exists_is_refused_with_its_import(plugin: Callable[[str], Plugin]) -> None:
    vercel = plugin("vercel")
    inputs = example_inputs(vercel, PROJECT_VARIABLE)
    existing, _ = vercel.create(PROJECT_VARIABLE, inputs)
    with pytest.raises(grpc.RpcError, match=f"{TEAM}/{inputs['projectId']}/{existing}"):
        vercel.create(PROJECT_VARIABLE, inputs)


def test_the_only_bypass_must_be_the_one_of_the_variable_and_leaves_nothing_behind(
    plugin: Callable[[str], Plugin], world: World
) -> None:
    vercel = plugin("vercel")
    inputs = example_inputs(vercel, BYPASS)
    world.calls()
    with pytest.raises(grpc.RpcError, match="isEnvVar is false for the project's only bypass"):
        vercel.create(BYPASS, {**inputs, "isEnvVar": False})
    assert b'"revoke"' in world.calls()[-1].body


def test_a_monitor_that_datadog_refuses_fails_in_the_preview(plugin: Callable[[str], Plugin]) -> None:
    inputs = {**BY_TYPE[MONITOR].inputs, "query": "no query at all"}
    with pytest.raises(grpc.RpcError, match="monitor/validate"):
        plugin("datadog").create(MONITOR, inputs, preview=True)
    assert plugin("datadog").create(MONITOR, {**inputs, "validate": False}, preview=True)[0] == ""


def test_a_resource_that_the_sandbox_does_not_have_is_named(plugin: Callable[[str], Plugin]) -> None:
    with pytest.raises(grpc.RpcError, match="github:index/branch:Branch"):
        plugin("github").check("github:index/branch:Branch", {})
