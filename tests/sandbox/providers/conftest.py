"""The stand-ins as the engine reaches them, over gRPC, against a world of their own."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf import struct_pb2
from pulumi.runtime import rpc
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.providers.provider import Pace
from sandbox.providers.server import serve
from sandbox.providers.values import Properties, decode, encode
from sandbox.world import exchanges, faults
from sandbox.world.datadog.seed import seed as seed_datadog
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.seed import seed as seed_github
from sandbox.world.server import running
from sandbox.world.state import State
from sandbox.world.vercel.seed import seed as seed_vercel

TEAM = "team_" + "a" * 24
GITHUB_TOKEN = "ghp_operatorToken0123456789"
VERCEL_TOKEN = "operatorTokenOfVercel012"
DATADOG_API_KEY = "0123456789abcdef0123456789abcdef"
DATADOG_APP_KEY = "0123456789abcdef0123456789abcdef01234567"
CONFIGURATION: dict[str, Properties] = {
    "github": {"token": GITHUB_TOKEN, "owner": "acme"},
    "vercel": {"apiToken": VERCEL_TOKEN, "team": TEAM},
    "datadog": {"apiKey": DATADOG_API_KEY, "appKey": DATADOG_APP_KEY},
}


@dataclass(frozen=True, slots=True)
class Call:
    """One request that a stand-in made: `GET /repos/acme/ai-tools`."""

    text: str
    body: bytes

    def __repr__(self) -> str:
        return self.text


class Plugin:
    """One stand-in, spoken to as the engine does. `pulumi_type` is a resource's type token."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def configure(self, config: Properties) -> None:
        self.stub.Configure(provider_pb2.ConfigureRequest(args=encode(config)))

    def check(self, pulumi_type: str, inputs: Properties) -> tuple[Properties, dict[str, str]]:
        """The checked inputs, and the failures by property."""
        request = provider_pb2.CheckRequest(urn=urn(pulumi_type), news=encode(inputs), randomSeed=b"seed")
        answer = self.stub.Check(request)
        return decode(answer.inputs), {failure.property: failure.reason for failure in answer.failures}

    def create(self, pulumi_type: str, inputs: Properties, *, preview: bool = False) -> tuple[str, Properties]:
        """The ID and the state of a resource from unchecked inputs, which must be good."""
        checked, failures = self.check(pulumi_type, inputs)
        assert failures == {}
        request = provider_pb2.CreateRequest(urn=urn(pulumi_type), properties=encode(checked), preview=preview)
        answer = self.stub.Create(request)
        return answer.id, decode(answer.properties)

    def diff(self, pulumi_type: str, resource_id: str, state: Properties, inputs: Properties) -> Any:
        """The plan from a state to unchecked inputs, which must be good."""
        checked, failures = self.check(pulumi_type, inputs)
        assert failures == {}
        request = provider_pb2.DiffRequest(
            urn=urn(pulumi_type), id=resource_id, olds=encode(state), news=encode(checked), old_inputs=encode(inputs)
        )
        return self.stub.Diff(request)

    def read(self, pulumi_type: str, resource_id: str, state: Properties, inputs: Properties) -> Any:
        request = provider_pb2.ReadRequest(
            urn=urn(pulumi_type), id=resource_id, properties=encode(state), inputs=encode(inputs)
        )
        return self.stub.Read(request)

    def update(self, pulumi_type: str, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        checked, _ = self.check(pulumi_type, inputs)
        request = provider_pb2.UpdateRequest(
            urn=urn(pulumi_type), id=resource_id, olds=encode(state), news=encode(checked)
        )
        return decode(self.stub.Update(request).properties)

    def delete(self, pulumi_type: str, resource_id: str, state: Properties) -> None:
        self.stub.Delete(provider_pb2.DeleteRequest(urn=urn(pulumi_type), id=resource_id, properties=encode(state)))

    def invoke(self, function: str, arguments: Properties) -> Any:
        return self.stub.Invoke(provider_pb2.InvokeRequest(tok=function, args=encode(arguments)))


class World:
    """The services that the stand-ins speak to, and what they were asked."""

    def __init__(self, state: State, urls: dict[str, str]) -> None:
        self.state = state
        self.urls = urls
        self._seen = 0

    def break_next(self, **fault: Any) -> None:
        faults.add(self.state, faults.Fault(**fault))

    def calls(self) -> list[Call]:
        """The requests since the last time this was asked, without query strings."""
        recorded = exchanges.since(self.state, self._seen)
        self._seen = recorded[-1][0] if recorded else self._seen
        return [
            Call(f"{exchange.method} {exchange.path.partition('?')[0]}", exchange.request_body)
            for _, exchange in recorded
        ]


def urn(pulumi_type: str) -> str:
    return f"urn:pulumi:staging::ai-tools::{pulumi_type}::example"


def made_in_part(error: Any) -> provider_pb2.ErrorResourceInitFailed:
    """What a Create that failed half-way tells the engine to keep."""
    metadata = {entry.key: entry.value for entry in error.trailing_metadata()}
    detail = provider_pb2.ErrorResourceInitFailed()
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    assert status.details[0].Unpack(detail)
    return detail


def secret_names(struct: struct_pb2.Struct) -> set[str]:
    """The properties that are marked secret."""
    return {
        name
        for name, value in struct.fields.items()
        if value.HasField("struct_value") and rpc._special_sig_key in value.struct_value.fields
    }


@pytest.fixture
def world() -> Iterator[World]:
    with running() as (state, urls):
        seed_github(
            state, owner="acme", repository="ai-tools", branches=["develop"], users=["octocat"], teams=["deployers"]
        )
        grant_token(state, GITHUB_TOKEN, login="operator", scopes=["repo", "workflow", "read:org"])
        seed_vercel(state, TEAM, "acme")
        state.collection("vercel.tokens")[VERCEL_TOKEN] = {"user": "operator", "teams": [TEAM]}
        seed_datadog(state, DATADOG_API_KEY, DATADOG_APP_KEY)
        yield World(state, urls)


@pytest.fixture
def connect(world: World) -> Iterator[Callable[[str], Plugin]]:
    """Connects to a stand-in that is not configured yet."""
    with serve(world.urls, Pace(retry_seconds=0, longest_retry_after_seconds=0, timeout_seconds=20)) as ports:
        by_name = dict(entry.split(":") for entry in ports.split(","))
        channels = {name: grpc.insecure_channel(f"127.0.0.1:{port}") for name, port in by_name.items()}
        yield lambda name: Plugin(channels[name])
        for channel in channels.values():
            channel.close()


@pytest.fixture
def plugin(connect: Callable[[str], Plugin]) -> Callable[[str], Plugin]:
    """Connects to a stand-in and configures it."""

    def configured(name: str) -> Plugin:
        connected = connect(name)
        connected.configure(CONFIGURATION[name])
        return connected

    return configured
