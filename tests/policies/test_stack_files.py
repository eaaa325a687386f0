"""What the rules know of stacks from their files, and what those files must say."""

import dataclasses
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.analyzer import start
from policies.model import StackNames
from policies.rule import check
from policies.rules import RULES
from policies.stack_files import context_of
from tests.policies.changes import put
from tests.policies.stacks import recorded

STAGING = "config:\n  ai-tools:branch: develop\n  ai-tools:domain: staging.example.com\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "Pulumi.yaml").write_text("name: ai-tools\n")
    (tmp_path / "Pulumi.staging.yaml").write_text(STAGING)
    return tmp_path


@pytest.mark.parametrize("text", ["", "config:\n", "config: {}\n", "environment: [ai-tools/production]\n", "- a\n"])
def test_a_stack_whose_file_says_nothing_leaves_the_others_be(project: Path, text: str) -> None:
    (project / "Pulumi.production.yaml").write_text(text)
    context = context_of("staging", project)
    assert context.names.branch == "develop"
    assert context.others == (
        StackNames(environment="production", branch="", domain="", vercel_project="ai-tools-production"),
    )


def test_a_name_that_another_stacks_file_leaves_out_is_not_taken_for_an_empty_one(project: Path) -> None:
    (project / "Pulumi.production.yaml").write_text("config:\n")
    stack = put("app-bypass", branch="", note="what a branch is called: refs/heads/")(recorded("staging"))
    context = dataclasses.replace(stack.context, others=context_of("staging", project).others)
    assert check(dataclasses.replace(stack, context=context), RULES) == []


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("config:\n", "ai-tools:branch and ai-tools:domain"),
        ("environment: [ai-tools/staging]\n", "ai-tools:branch and ai-tools:domain"),
        ("config:\n  ai-tools:branch: develop\n", "ai-tools:domain"),
        ("config:\n  ai-tools:branch: develop\n  ai-tools:domain: {secure: AAAB}\n", "ai-tools:domain"),
    ],
)
def test_a_stack_whose_own_file_does_not_name_it_is_refused_with_the_keys_that_it_needs(
    project: Path, text: str, missing: str
) -> None:
    (project / "Pulumi.staging.yaml").write_text(text)
    with pytest.raises(ValueError, match=f"Pulumi.staging.yaml does not say {missing}. ") as refused:
        context_of("staging", project)
    assert "`ai-tools:branch` and `ai-tools:domain` must be in it" in str(refused.value)


def test_the_pack_ends_with_that_sentence_and_without_a_violation(project: Path) -> None:
    (project / "Pulumi.staging.yaml").write_text("config:\n")
    server, port = start(project)
    kind = "vercel:index/project:Project"
    request = analyzer_pb2.AnalyzeRequest(type=kind, urn=f"urn:pulumi:staging::ai-tools::{kind}::app-project")
    try:
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError) as refused:
            analyzer_pb2_grpc.AnalyzerStub(channel).Analyze(request)
    finally:
        server.stop(None).wait()
    assert "Pulumi.staging.yaml does not say ai-tools:branch and ai-tools:domain." in str(refused.value)
