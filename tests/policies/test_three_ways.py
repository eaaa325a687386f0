"""The rules say the same of a program, whether mocks, a preview's events or the engine's calls tell of it."""

import dataclasses
import functools
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
import yaml
from google.protobuf import empty_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.analyzer import VERSION, start
from policies.model import Stack, Unknown
from policies.plan import Plan, read_plan
from policies.rule import Severity, check
from policies.rules import RULES
from tests.components.recording import PROJECT
from tests.example import EXAMPLE
from tests.policies.engine_words import asked_all, asked_each, deletion, events
from tests.policies.mutations import MUTATIONS, Mutation
from tests.policies.stacks import recorded

BY_VALUE = "the value of a secret"
"""In what is found by comparing with a secret's value: a preview's events do not have it."""
WITHIN_A_SECRET = "a key that every visitor would download"

Found = set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def pack() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The pack, as the engine calls it."""
    server, port = start(EXAMPLE)
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield analyzer_pb2_grpc.AnalyzerStub(channel)
    server.stop(None).wait()


@functools.cache
def found_on_mocks(mutation: Mutation) -> Found:
    return found_in(mutation.change(recorded(mutation.stack)))


def found_in(stack: Stack) -> Found:
    return {(each.rule, each.resource, each.message) for each in check(stack, RULES)}


def asked(pack: analyzer_pb2_grpc.AnalyzerStub, stack: Stack) -> list[analyzer_pb2.AnalyzeDiagnostic]:
    said = [diagnostic for request in asked_each(stack) for diagnostic in pack.Analyze(request).diagnostics]
    return [*said, *pack.AnalyzeStack(asked_all(stack)).diagnostics]


def of_each_rule() -> list[Mutation]:
    """One mutation a rule, and all of secrets: two hundred calls for each take their time."""
    first = {mutation.rule: mutation for mutation in reversed(MUTATIONS)}
    return [m for m in MUTATIONS if m is first[m.rule] or m.rule == "no-plain-secret"]


@pytest.mark.parametrize("mutation", MUTATIONS, ids=str)
def test_a_plan_is_judged_as_the_mocks_are(mutation: Mutation) -> None:
    broken = mutation.change(recorded(mutation.stack))
    planned = found_in(read_plan(mutation.stack, EXAMPLE, events(broken)))
    if mutation.what == WITHIN_A_SECRET:
        assert planned == set()
    else:
        assert planned == {each for each in found_on_mocks(mutation) if BY_VALUE not in each[2]}


@pytest.mark.parametrize("mutation", of_each_rule(), ids=str)
def test_the_pack_judges_as_the_mocks_do(pack: analyzer_pb2_grpc.AnalyzerStub, mutation: Mutation) -> None:
    said = asked(pack, mutation.change(recorded(mutation.stack)))
    found = {(each.policyName, each.urn.rpartition("::")[2], each.message.partition(".\nWhy: ")[0]) for each in said}
    assert found == found_on_mocks(mutation)


@pytest.mark.parametrize("stack", ["staging", "production"])
def test_a_stack_as_it_is_passes_the_pack_and_its_plan(pack: analyzer_pb2_grpc.AnalyzerStub, stack: str) -> None:
    assert asked(pack, recorded(stack)) == []
    assert found_in(read_plan(stack, EXAMPLE, events(recorded(stack)))) == set()


def test_what_a_plan_deletes_is_not_judged() -> None:
    known = recorded("staging")
    plan = Plan("staging", EXAMPLE)
    for event in [*events(known), deletion(known, known.of("Project")[0])]:
        plan.take(event)
    assert len(plan.stack().resources) == len(known.resources)
    fresh = Plan("staging", EXAMPLE)
    fresh.take(deletion(known, known.of("Project")[0]))
    assert fresh.stack().resources == ()


def test_what_only_a_provider_will_know_breaks_no_rule(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    unknown = _with_unknown_queries(recorded("production"))
    assert found_in(unknown) == set()
    assert found_in(read_plan("production", EXAMPLE, events(unknown))) == set()
    assert asked(pack, unknown) == []


def test_a_mandatory_rule_stops_the_engine_and_an_advisory_one_speaks(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    levels = {Severity.MANDATORY: analyzer_pb2.MANDATORY, Severity.ADVISORY: analyzer_pb2.ADVISORY}
    info = pack.GetAnalyzerInfo(empty_pb2.Empty())
    assert {each.name: each.enforcementLevel for each in info.policies} == {r.id: levels[r.severity] for r in RULES}
    assert {rule.severity for rule in RULES} == set(levels)


def test_the_pack_changes_nothing(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    for request in asked_each(recorded("staging"))[:3]:
        assert not pack.Remediate(request).remediations


def test_the_pack_says_its_version(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    described = yaml.safe_load((PROJECT / "policies/PulumiPolicy.yaml").read_text())
    assert described["version"] == VERSION == pack.GetPluginInfo(empty_pb2.Empty()).version


def test_the_engine_starts_the_pack_by_its_folder_and_reads_its_port() -> None:
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(PROJECT / "policies")]
    with subprocess.Popen(command, cwd=PROJECT / "policies", stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            with grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
                info = analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(empty_pb2.Empty(), wait_for_ready=True)
        finally:
            process.kill()
    assert len(info.policies) == len(RULES)


def test_a_stack_without_a_file_is_refused_with_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: ai-tools\n")
    with pytest.raises(ValueError, match=r"no Pulumi\.staging\.yaml"):
        Plan("staging", tmp_path)


def _with_unknown_queries(stack: Stack) -> Stack:
    """As in a first preview: what names an ID is unknown, and so is the dashboard."""

    def blank(inputs: Mapping[str, Any]) -> dict[str, Any]:
        unknown = {"dashboard", "projectId", "projectIds"}
        if inputs.get("type") in ("slo alert", "composite", "query alert", "metric"):
            unknown.add("query")
        return {key: Unknown() if key in unknown else value for key, value in inputs.items()}

    resources = tuple(dataclasses.replace(each, inputs=blank(each.inputs)) for each in stack.resources)
    outputs = {key: Unknown() if key.endswith(("Url", "Id")) else value for key, value in stack.outputs.items()}
    return dataclasses.replace(stack, resources=resources, outputs=outputs)
