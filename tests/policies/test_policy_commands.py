"""`python -m sandbox policy` and `python -m policies.preview`: what they print and how they end."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import operations.stack
import policies.preview
import sandbox.__main__ as command_line
from operations.operation import Operation
from policies.model import Stack
from policies.plan import Plan
from tests.example import EXAMPLE
from tests.policies.engine_words import events
from tests.policies.mutations import MUTATIONS
from tests.policies.stacks import recorded

Planned = Mapping[str, Stack]
Command = Callable[..., Result]


def broken(rule: str) -> Stack:
    mutation = next(mutation for mutation in MUTATIONS if mutation.rule == rule)
    return mutation.change(recorded(mutation.stack))


@pytest.fixture
def in_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> Command:
    """`make policy`, where the engine would tell of these plans."""

    def invoke(planned: Planned, *, succeeded: bool = True) -> Result:
        def run(kind: str, home: Path, stack: str, plans: Mapping[str, Plan]) -> list[Operation]:
            del home, stack
            for name, each in planned.items():
                for event in events(each):
                    plans[name].take(event)
            return [Operation(stack=name, kind=kind, succeeded=succeeded) for name in planned]

        monkeypatch.setattr(command_line, "_run", run)
        return CliRunner().invoke(command_line.app, ["policy"], env={"COLUMNS": "200"})

    return invoke


@pytest.fixture
def with_a_backend(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """`python -m policies.preview`, where the engine would tell of these plans."""

    def invoke(
        planned: Planned, names: list[str], *, succeeded: bool = True, engine: str | None = "/bin/pulumi"
    ) -> int:
        def run(stack: operations.stack.Stack, kind: str, *, on_event: Callable[[Any], None]) -> Operation:
            for event in events(planned[stack.name]):
                on_event(event)
            complaints = [] if succeeded else ["no credentials"]
            return Operation(stack=stack.name, kind=kind, succeeded=succeeded, diagnostics=complaints)

        monkeypatch.setattr(operations.stack.Stack, "run", run)
        monkeypatch.setattr(policies.preview, "PROJECT", EXAMPLE)
        monkeypatch.setattr(policies.preview.shutil, "which", {"pulumi": engine}.get)
        return policies.preview.main(names)

    return invoke


def test_stacks_that_meet_the_rules_pass(in_the_sandbox: Command) -> None:
    result = in_the_sandbox({name: recorded(name) for name in ("staging", "production")})
    assert result.exit_code == 0
    assert "production: " in result.output
    assert "resources meet all" in result.output


def test_a_mandatory_violation_is_shown_with_its_fix_and_fails(in_the_sandbox: Command) -> None:
    result = in_the_sandbox({"staging": recorded("staging"), "production": broken("branch-protected")})
    assert result.exit_code == 1
    for shown in ("branch-protected", "mandatory", "branch-ruleset", "the branch can be deleted", "Fix: "):
        assert shown in result.output
    assert "staging: " in result.output


def test_an_advisory_violation_is_shown_and_fails_nothing(in_the_sandbox: Command) -> None:
    result = in_the_sandbox({"production": broken("resource-budget")})
    assert result.exit_code == 0
    assert "resource-budget" in result.output
    assert "advisory" in result.output


def test_a_preview_that_fails_fails_the_command(in_the_sandbox: Command) -> None:
    assert in_the_sandbox({"staging": recorded("staging")}, succeeded=False).exit_code == 1


def test_with_a_backend_the_exit_code_says_whether_a_mandatory_rule_is_violated(
    with_a_backend: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    planned = {"staging": recorded("staging"), "production": broken("loss-prevented")}
    assert with_a_backend(planned, ["staging"]) == 0
    assert with_a_backend(planned, ["production", "staging"]) == 1
    assert "loss-prevented" in capsys.readouterr().out


def test_with_a_backend_a_preview_that_fails_says_why(
    with_a_backend: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_a_backend({"staging": recorded("staging")}, ["staging"], succeeded=False) == 1
    assert "no credentials" in capsys.readouterr().out


def test_with_a_backend_a_stack_without_a_file_is_named(
    with_a_backend: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_a_backend({}, ["qa"]) == 2
    assert "Pulumi.qa.yaml" in capsys.readouterr().out


@pytest.mark.parametrize(("names", "engine"), [([], "/bin/pulumi"), (["staging"], None)])
def test_without_stacks_or_without_pulumi_the_usage_is_said(
    with_a_backend: Callable[..., int], capsys: pytest.CaptureFixture[str], names: list[str], engine: str | None
) -> None:
    assert with_a_backend({}, names, engine=engine) == 2
    assert "make policy" in capsys.readouterr().out
