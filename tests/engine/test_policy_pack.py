"""The real engine with the policy pack, and the rules on the plan that it tells of.

The engine that is built here has no host for Python. It then starts a policy pack through the analyzer plugin of its
language, `pulumi-analyzer-policy-python` on PATH, which is one line. With an installed Pulumi the host starts the pack,
and nothing of this is needed.
"""

import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi import automation as auto

from operations.operation import Operation
from policies.plan import Plan
from policies.rule import check
from policies.rules import RULES
from sandbox.paths import PROJECT
from sandbox.runner import Runner
from tests.engine.conftest import IMPATIENT, Sandbox
from tests.example import EXAMPLE

ONE_FILE_MORE = """
import pulumi_github as github
github.RepositoryFile("notes-NOTES.md", repository="ai-tools", branch=config.branch, file="NOTES.md", content="notes")
"""
SERVE = f"""
import sys
from pathlib import Path
sys.path.insert(0, {str(PROJECT)!r})
from policies.analyzer import serve
serve(Path({str(EXAMPLE)!r}))
"""
"""What `policies/__main__.py` does, by the example's stack files."""
STAGING = "app_repository/.github/workflows/staging.yml"


@dataclass
class Said:
    """What the pack said during an operation, and what the rules say of the plan that the engine told of."""

    operation: Operation
    by_pack: set[tuple[str, str]]
    of_plan: set[tuple[str, str]]


@dataclass
class Listener:
    """Takes in an operation's events."""

    plan: Plan
    by_pack: set[tuple[str, str]] = field(default_factory=set)

    def take(self, event: auto.EngineEvent) -> None:
        self.plan.take(event)
        if told := event.policy_event:
            self.by_pack.add((told.policy_name, str(told.resource_urn).rpartition("::")[2]))


@pytest.fixture
def analyzer_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plugin = tmp_path / "plugins" / "pulumi-analyzer-policy-python"
    plugin.parent.mkdir()
    # The engine runs it in the pack's folder.
    plugin.write_text(f"#!/bin/sh\nexec {sys.executable} __main__.py\n")
    plugin.chmod(0o755)
    monkeypatch.setenv("PATH", f"{plugin.parent}{os.pathsep}{os.environ['PATH']}")


def judged(sandbox: Sandbox, kind: Any) -> Said:
    """Run an operation on staging with the pack."""
    sandbox.prepare("staging")
    pack = sandbox.workspace.home / "pack"
    pack.mkdir()
    described = yaml.safe_load((PROJECT / "policies/PulumiPolicy.yaml").read_text())
    described["runtime"]["options"]["virtualenv"] = str(PROJECT / ".venv")
    (pack / "PulumiPolicy.yaml").write_text(yaml.safe_dump(described))
    (pack / "__main__.py").write_text(SERVE)
    listener = Listener(Plan("staging", sandbox.workspace.project))
    operation = Runner(sandbox.workspace, "staging", sandbox.urls, IMPATIENT).run(
        kind, on_event=listener.take, policy_packs=[str(pack)]
    )
    found = check(listener.plan.stack(), RULES)
    return Said(operation, listener.by_pack, {(each.rule, each.resource) for each in found})


@pytest.mark.usefixtures("analyzer_on_path")
def test_the_program_as_it_is_comes_up_with_the_pack(sandbox: Sandbox) -> None:
    said = judged(sandbox, "up")
    assert said.operation.succeeded, said.operation.diagnostics
    assert said.by_pack == said.of_plan == set()


@pytest.mark.usefixtures("analyzer_on_path")
def test_a_resource_that_breaks_a_rule_is_not_touched_even_by_an_up_without_a_preview(sandbox: Sandbox) -> None:
    workflow = sandbox.workspace.project / STAGING
    workflow.write_text(workflow.read_text().replace("\npermissions: {}\n", "\npermissions: write-all\n"))
    said = judged(sandbox, "up")
    assert not said.operation.succeeded
    assert said.by_pack == {("least-permissions", "workflows-.github/workflows/staging.yml")}
    written = [each.path for each in sandbox.exchanges() if each.method == "PUT" and "/contents/" in each.path]
    assert [path for path in written if path.endswith("staging.yml")] == []


@pytest.mark.usefixtures("analyzer_on_path")
def test_a_stack_that_breaks_a_rule_fails_its_preview(sandbox: Sandbox) -> None:
    program = sandbox.workspace.project / "__main__.py"
    program.write_text(program.read_text() + ONE_FILE_MORE)
    said = judged(sandbox, "preview")
    assert not said.operation.succeeded
    assert said.by_pack == said.of_plan == {("component-parent", "notes-NOTES.md")}
