"""What asks a service whether something exists already, against what the stand-ins make there."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.lookups import LOOKUPS
from sandbox.providers.provider import Settings
from sandbox.providers.server import PROVIDERS
from tests.sandbox.providers.conftest import CONFIGURATION, Plugin, World
from tests.sandbox.providers.examples import (
    BY_TYPE,
    DASHBOARD,
    ENVIRONMENT,
    MONITOR,
    OBJECTIVE,
    POLICY,
    PROJECT,
    RULESET,
    TEST,
)

ASKED = [kind for kind, lookup in LOOKUPS.items() if lookup is not None]
LISTED = {
    POLICY: "develop",
    RULESET: "develop: reviewed",
    MONITOR: "latency",
    TEST: "health",
    DASHBOARD: "ai-tools",
    OBJECTIVE: "availability",
}
"""What services give in pages, with the example's name."""


@pytest.fixture
def client_of(world: World) -> Iterator[Callable[[str], Any]]:
    clients = {
        provider.name: provider.configure(
            dict(CONFIGURATION[provider.name]), Settings(base_url=world.urls[provider.name])
        )
        for provider in PROVIDERS
    }
    yield lambda kind: clients[kind.partition(":")[0]]
    for client in clients.values():
        client.http.close()


def test_every_resource_has_a_lookup_or_is_overwritten() -> None:
    assert set(LOOKUPS) == {kind for provider in PROVIDERS for kind in provider.by_type}


@pytest.mark.parametrize("kind", ASKED, ids=lambda kind: kind.rpartition(":")[2])
def test_what_was_made_is_found_and_nothing_before_or_after(
    kind: str, plugin: Callable[[str], Plugin], client_of: Callable[[str], Any]
) -> None:
    example, lookup = BY_TYPE[kind], LOOKUPS[kind]
    assert lookup is not None
    connected = plugin(example.provider)
    inputs = dict(example.inputs)
    if "projectId" in inputs:
        # In a project that does not exist nothing is found either.
        assert [*lookup(client_of(kind), {**inputs, "projectId": "prj_gone"})] == []
        inputs["projectId"], _ = connected.create(PROJECT, BY_TYPE[PROJECT].inputs)
    else:
        assert [*lookup(client_of(kind), inputs)] == []
    if example.in_environment:
        connected.create(ENVIRONMENT, BY_TYPE[ENVIRONMENT].inputs)
    assert [*lookup(client_of(kind), inputs)] == []
    made, state = connected.create(kind, inputs)
    [found] = lookup(client_of(kind), inputs)
    assert found.resource_id == made
    read = connected.read(kind, found.import_id, {}, {})
    assert read.id == made
    connected.delete(kind, made, state)
    assert [*lookup(client_of(kind), inputs)] == []


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.rpartition(":")[2])
def test_one_of_many_is_found_by_its_whole_name_on_a_later_page(
    kind: str, plugin: Callable[[str], Plugin], client_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.lookups.PAGE", 2)
    example, lookup = BY_TYPE[kind], LOOKUPS[kind]
    assert lookup is not None
    connected = plugin(example.provider)
    if example.in_environment:
        connected.create(ENVIRONMENT, BY_TYPE[ENVIRONMENT].inputs)
    name = LISTED[kind]
    wanted = json.dumps(example.inputs)
    assert name in wanted
    for number in range(3):
        connected.create(kind, json.loads(wanted.replace(name, f"{name}-{number}")))
    made, _ = connected.create(kind, example.inputs)
    assert [found.resource_id for found in lookup(client_of(kind), example.inputs)] == [made]
