"""An `up` that is killed with SIGKILL while the services work for it, and what the next one makes of that."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox import recovery
from sandbox.daemon import SandboxError
from sandbox.lookups import LOOKUPS, Found
from sandbox.paths import PROJECT
from sandbox.workspace import Workspace
from tests.engine.conftest import Sandbox
from tests.engine.test_up import TEAM, touched

DEADLINE_SECONDS = 120

Cut = tuple[str, str, str, bool, str]

KILLS: list[list[Cut]] = [
    # Service, method and path of a call that is never answered; whether it takes effect; what the next up says of it.
    [
        ("vercel", "POST", "/projects$", True, r"app-project exists \(ai-tools-staging, prj_\w+\), and is adopted"),
        ("datadog", "POST", "/synthetics/tests/api$", False, r"monitoring-(health|certificate\S*) was not made"),
        ("github", "POST", "/deployment-branch-policies$", True, r"-branch-policy exists"),
    ],
    [
        ("vercel", "POST", "/env$", True, r"app-variable-[A-Z_]+ exists"),
        ("vercel", "POST", "/domains$", True, r"app-domain exists"),
        ("vercel", "PATCH", "/protection-bypass$", True, r"app-bypass exists"),
        ("datadog", "POST", "/synthetics/tests/api$", True, r"monitoring-(health|certificate\S*) exists"),
    ],
]
"""Kill by kill, calls that an `up` then makes whatever its order: what they wait for was not there before, and GitHub's
provider makes one at a time."""


@pytest.fixture
def served(complete: Sandbox) -> Sandbox:
    """A sandbox whose world the command line finds as that of its background process."""
    described = {"pid": os.getpid(), "urls": complete.urls}
    (complete.workspace.home / "sandbox.json").write_text(json.dumps(described))
    return complete


def start_up(sandbox: Sandbox, **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", "up", "--home", str(sandbox.workspace.home)],
        cwd=PROJECT,
        env={**os.environ, "STACK": "staging", "COLUMNS": "500"},
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def kill_an_up(sandbox: Sandbox, cuts: list[Cut]) -> str:
    """Start an `up` and kill all of its processes once each of the calls was made; gives what it printed."""
    for service, method, path, applied, _ in cuts:
        sandbox.fail(service=service, method=method, path=path, kind="timeout", applied=applied)
    armed = sandbox.state.collection("faults")
    log = sandbox.workspace.home / "up.log"
    with log.open("w") as output, start_up(sandbox, stdout=output, start_new_session=True) as up:
        deadline = time.monotonic() + DEADLINE_SECONDS
        while armed:
            missing = f"never met: {[*armed.values()]}\n{log.read_text()}"
            assert up.poll() is None, missing
            assert time.monotonic() < deadline, missing
            time.sleep(0.01)
        os.killpg(up.pid, signal.SIGKILL)
    return log.read_text()


def repeated(sandbox: Sandbox) -> list[tuple[str, ...]]:
    """What exists twice in the world."""
    state = sandbox.state
    projects = [*state.collection("vercel.projects").values()]
    named = [
        *(("monitor", monitor["name"]) for monitor in state.collection("datadog.monitors").values()),
        *(("test", test["name"]) for test in state.collection("datadog.synthetics_tests").values()),
        *(("dashboard", page["title"]) for page in state.collection("datadog.dashboards").values()),
        *(("ruleset", ruleset["name"]) for ruleset in state.collection("github.rulesets").values()),
        *(
            ("policy", key.rpartition("/")[0], policy["name"])
            for key, policy in state.collection("github.branch_policies").items()
        ),
        *(("project", project["name"]) for project in projects),
        *(
            ("variable", variable["projectId"], variable["key"])
            for variable in state.collection("vercel.environment_variables").values()
        ),
        *(
            ("bypass", project["name"], bypass["note"])
            for project in projects
            for bypass in sandbox.vercel("GET", f"/v10/projects/{project['id']}?{TEAM}")["protectionBypass"].values()
        ),
    ]
    kinds = {name[0] for name in named}
    assert kinds == {"monitor", "test", "dashboard", "ruleset", "policy", "project", "variable", "bypass"}
    return [name for name, number in Counter(named).items() if number > 1]


def test_what_a_killed_up_made_is_adopted_and_what_it_did_not_make_is_made(served: Sandbox) -> None:
    said = [kill_an_up(served, cuts) for cuts in KILLS]
    with start_up(served, stdout=subprocess.PIPE) as last:
        said.append(last.communicate()[0])
    assert last.returncode == 0, said[-1]
    for cuts, after in zip(KILLS, said[1:], strict=True):
        assert "was killed while it worked on staging; its lock is removed" in after
        for *_, expected in cuts:
            assert re.search(expected, after), f"{expected}\n{after}"
    assert repeated(served) == []
    # The state is what the world holds, and what the program asks for.
    assert touched(served.succeed("refresh")) == {}
    assert touched(served.succeed("preview")) == {}


KIND = "datadog:index/monitor:Monitor"
URN = f"urn:pulumi:staging::ai-tools::{KIND}::monitoring-up"
PENDING = {"urn": URN, "custom": True, "type": KIND, "inputs": {"name": "up"}, "parent": "urn:parent"}


def known(resource_id: str, **more: Any) -> dict[str, Any]:
    return {**PENDING, "id": resource_id, "outputs": {"name": "up"}, **more}


@dataclass(kw_only=True)
class Case:
    pending: dict[str, Any] = field(default_factory=lambda: PENDING)
    resources: list[dict[str, Any]] = field(default_factory=list)
    exist: tuple[str, ...] = ()
    adopted: str | None = None
    outcome: str


@pytest.mark.parametrize(
    "case",
    [
        Case(outcome="was not made"),
        Case(exist=("7",), adopted="7", outcome="exists (monitor 7), and is adopted"),
        # The engine carries a pending create along although the resource is there by now.
        Case(resources=[known("7")], exist=("7",), outcome="was not made"),
        Case(resources=[known("6")], exist=("6", "7"), adopted="7", outcome="exists (monitor 7)"),
        # The answer had come, and only the snapshot that says so had not.
        Case(pending=known("7"), adopted="7", outcome="was answered before the kill"),
        Case(pending=known("7"), resources=[known("7")], exist=("7",), outcome="is in the state already"),
        Case(pending={**PENDING, "type": "ai-tools:index:Monitoring", "custom": False}, outcome="is no service's"),
    ],
)
def test_what_becomes_of_a_creation_that_was_cut_off(monkeypatch: pytest.MonkeyPatch, case: Case) -> None:
    monkeypatch.setitem(LOOKUPS, KIND, lambda *_: (found(name) for name in case.exist))
    made, said = recovery._resolve(case.pending, case.resources, lambda _: None)
    assert (made and made["id"]) == case.adopted
    assert case.outcome in said


def test_what_could_be_any_of_several_is_left_to_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(LOOKUPS, KIND, lambda *_: (found(name) for name in ("7", "8")))
    with pytest.raises(SandboxError, match=r"(?s)2 that exist could be it:.*monitor 7.*monitor 8.*Delete all of them"):
        recovery._resolve(PENDING, [], lambda _: None)


def test_what_replaces_another_keeps_it_to_be_deleted() -> None:
    other = {"urn": "urn:other", "id": "1"}
    for before, after in (
        ([other], [other, known("8")]),
        ([known("7"), other], [known("8"), known("7", delete=True), other]),
        ([known("7", pendingReplacement=True), other], [known("8"), other]),
    ):
        recovery._place(known("8"), before)
        assert before == after


@pytest.mark.parametrize(("exist", "left"), [(["7"], ["8", "7"]), ([], ["8"])])
def test_what_was_replaced_is_forgotten_once_it_is_deleted(
    monkeypatch: pytest.MonkeyPatch, exist: list[str], left: list[str]
) -> None:
    monkeypatch.setitem(LOOKUPS, KIND, lambda *_: (found(name) for name in exist))
    resources = [known("8"), known("7", delete=True)]
    recovery._settle_deletion(known("7", delete=True), resources, lambda _: None)
    assert [resource["id"] for resource in resources] == left


def test_files_that_a_kill_left_unwritten_keep_nobody_from_working(sandbox: Sandbox) -> None:
    workspace = Workspace(sandbox.workspace.project, sandbox.workspace.home, sandbox.workspace.engine)
    sandbox.prepare("staging")
    workspace.pulumi("stack", "select", "--create", "staging")
    [state] = workspace.state.glob(".pulumi/stacks/*/staging.json")
    state.with_name("staging.json.attrs").write_text("")
    lock = workspace.state / ".pulumi/locks/organization" / workspace.project_name() / "staging/id.json.18c.tmp"
    lock.parent.mkdir(parents=True, exist_ok=True)
    lock.write_text("")
    assert workspace.break_stale_locks("staging") == []
    assert workspace.is_locked("staging")
    os.utime(lock, (0, 0))
    workspace.break_stale_locks("staging")
    assert not workspace.is_locked("staging")
    assert workspace.cut_off("staging") == []
    workspace.pulumi("stack", "export", "--stack", "staging")


def found(name: str) -> Found:
    return Found(resource_id=name, import_id=name, about=f"monitor {name}")
