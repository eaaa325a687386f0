"""An `up` that does what was reviewed, or nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from operations.apply import ApplyError, Surroundings, UrgentError, apply
from operations.operation import Operation, Resource
from operations.preview import preview_of
from operations.stack import Stack
from policies.rules import RULES
from sandbox.paths import PROJECT
from sandbox.providers.server import serve
from tests.engine.conftest import IMPATIENT, Sandbox

URL = "https://staging.ai-tools.example.com"


@dataclass
class Scripted:
    """A stack that does what a test says, in order."""

    operations: list[Operation]
    name: str = "staging"
    project: Path = PROJECT
    ran: list[str] = field(default_factory=list)

    def run(self, kind: str, _on_resource: object = None, **_options: object) -> Operation:
        self.ran.append(kind)
        return self.operations.pop(0)

    def outputs(self) -> dict[str, Any]:
        return {"url": URL}

    def cut_off(self) -> list[str]:
        return []


def operation(*changed: str, **more: Any) -> Operation:
    made = replace(Operation(stack="staging", kind="preview", succeeded=True), **more)
    for name in changed:
        made.resources[name] = Resource(urn=name, type="a:b:C", name=name, parent="", operation="update")
    return made


@dataclass
class Site:
    """What the site answers, in order; the last answer stays."""

    answers: list[bool]
    told: list[str] = field(default_factory=list)
    waited: float = 0

    def is_healthy(self, url: str) -> bool:
        assert url == URL
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def pause(self, seconds: float) -> None:
        self.waited += seconds

    def surroundings(self) -> Surroundings:
        return Surroundings(tell=self.told.append, is_healthy=self.is_healthy, pause=self.pause)


def run(stack: Any, site: Site, reviewed: str = "") -> None:
    apply(stack, reviewed, site.surroundings())


def test_what_was_reviewed_is_applied_and_checked() -> None:
    stack, site = Scripted([operation("domain"), operation("domain"), operation()]), Site([True])
    run(stack, site, preview_of(operation("domain")).digest)
    assert stack.ran == ["preview", "up", "preview"]
    assert site.told[-2:] == [
        "staging is what the program says: a second preview changes nothing.",
        f"{URL} answers as before.",
    ]


def test_a_plan_that_breaks_a_rule_is_refused_before_anything_is_touched() -> None:
    stack = Scripted([operation("domain")])
    rule = replace(RULES[0], stack=lambda _stack: [(None, "it is wrong")])
    with pytest.raises(ApplyError, match=f"{rule.id}: staging: it is wrong\nNothing was changed"):
        apply(stack, "", Site([True]).surroundings(), rules=[rule])  # pyrefly: ignore[bad-argument-type]
    assert stack.ran == ["preview"]


def test_what_is_no_longer_what_was_reviewed_is_refused() -> None:
    stack = Scripted([operation("domain", "project")])
    with pytest.raises(ApplyError, match=r"(?s)not what was reviewed.*Nothing was changed.*gh workflow run apply.yml"):
        run(stack, Site([True]), preview_of(operation("domain")).digest)
    assert stack.ran == ["preview"]


def test_a_preview_that_fails_changes_nothing() -> None:
    stack = Scripted([operation(succeeded=False, diagnostics=["error: no token"])])
    with pytest.raises(ApplyError, match=r"(?s)error: no token.*nothing was changed"):
        run(stack, Site([True]))
    assert stack.ran == ["preview"]


def test_an_up_that_fails_says_that_the_stack_is_half_way() -> None:
    stack = Scripted([operation("domain"), operation("domain", succeeded=False, diagnostics=["error: 500"])])
    with pytest.raises(ApplyError, match=r"(?s)error: 500.*half-way; what was done is kept") as raised:
        run(stack, Site([True]))
    assert raised.value.exit_code == 1


def test_a_second_preview_that_is_not_empty_fails_the_check() -> None:
    stack = Scripted([operation("domain"), operation("domain"), operation("domain")])
    with pytest.raises(ApplyError, match=r"a second preview is not empty: staging: 1 to be changed"):
        run(stack, Site([True]))


@pytest.mark.parametrize("second", [operation(), operation("domain")], ids=["done", "not stable"])
def test_a_site_that_no_longer_answers_needs_a_person_now(second: Operation) -> None:
    site = Site([True, False])
    with pytest.raises(UrgentError, match=r"answered before, and has not for 60 seconds now") as raised:
        run(Scripted([operation("domain"), operation("domain"), second]), site)
    assert raised.value.exit_code == 3
    assert site.waited == 60


def test_a_site_may_take_a_while_to_answer_again() -> None:
    site = Site([True, False, False, True])
    run(Scripted([operation("domain"), operation("domain"), operation()]), site)
    assert site.waited == 10


def test_a_site_that_has_never_answered_is_no_reason_to_fail() -> None:
    site = Site([False])
    run(Scripted([operation("domain"), operation("domain"), operation()]), site)
    assert site.told[-1] == f"{URL} did not answer before either, so it was not asked again."


@pytest.fixture
def real(live: Sandbox) -> Iterator[Stack]:
    """Staging as the engine has it, with a change that waits to be applied."""
    workspace = live.workspace
    live.change("staging", nodeVersion="22.x")
    live.prepare("staging")
    with serve(live.urls, IMPATIENT) as debug_providers:
        yield Stack(
            name="staging",
            project=workspace.project,
            folder=workspace.folder,
            engine=workspace.engine,
            environment={**workspace.environment(), "PULUMI_DEBUG_PROVIDERS": debug_providers},
        )


def refusal(stack: Stack) -> str:
    with pytest.raises(ApplyError) as raised:
        apply(stack, "", Site([False]).surroundings())
    return str(raised.value)


def node_version(sandbox: Sandbox) -> str:
    return sandbox.github("GET", "/environments/staging-build/variables/NODE_VERSION")["value"]


def test_an_up_that_meets_a_lock_says_who_holds_it_and_what_to_type(live: Sandbox, real: Stack) -> None:
    locks = live.workspace.state / ".pulumi/locks/organization/ai-tools/staging"
    locks.mkdir(parents=True, exist_ok=True)
    holder = {"pid": 4242, "username": "kim", "hostname": "runner-7", "timestamp": "2026-11-28T03:00:00Z"}
    lock = locks / "5f7cbb0e-7d3f-4c66-9f8e-0d3cf0a3a4d1.json"
    lock.write_text(json.dumps(holder))
    said = refusal(real)
    assert "created by kim@runner-7 (pid 4242) at 2026-11-28T03:00:00Z" in said
    assert "staging was not touched" in said
    # What it says to type works.
    assert "  pulumi cancel --stack staging\n  pulumi refresh --stack staging\n" in said
    live.workspace.pulumi("cancel", "--yes", "--stack", "staging")
    assert not lock.exists()
    assert node_version(live) == "24.x"
    apply(real, "", Site([False]).surroundings())
    assert node_version(live) == "22.x"


def test_an_up_after_a_kill_says_what_nobody_knows_the_end_of(live: Sandbox, real: Stack) -> None:
    (file,) = live.workspace.state.glob(".pulumi/stacks/*/staging.json")
    state = json.loads(file.read_text())
    urn = "urn:pulumi:staging::ai-tools::datadog:index/monitor:Monitor::monitoring-new"
    resource = {"urn": urn, "custom": True, "type": "datadog:index/monitor:Monitor"}
    state["checkpoint"]["latest"]["pending_operations"] = [{"type": "creating", "resource": resource}]
    file.write_text(json.dumps(state))
    said = refusal(real)
    assert f"was killed while it was:\n  creating {urn}\nNothing was changed now." in said
    assert node_version(live) == "24.x"
    # What it says to type works.
    assert "  pulumi refresh --clear-pending-creates --stack staging\n" in said
    debug_providers = real.environment["PULUMI_DEBUG_PROVIDERS"]
    arguments = ("--clear-pending-creates", "--stack", "staging", "--yes", "--skip-preview")
    live.workspace.pulumi("refresh", *arguments, debug_providers=debug_providers)
    assert real.cut_off() == []


def test_a_state_that_cannot_be_read_is_told_in_a_sentence(live: Sandbox, real: Stack) -> None:
    elsewhere = {**real.environment, "PULUMI_BACKEND_URL": (live.workspace.home / "nowhere").as_uri()}
    assert "The state cannot be read. Nothing was changed." in refusal(replace(real, environment=elsewhere))
