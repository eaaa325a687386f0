"""commands.yml: a comment is data, and only who may start a deployment starts one."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflows.workflow import DELIVERED, Workflow

COMMANDS = Workflow(DELIVERED / "commands.yml")
HOSTILE = [
    "$(touch executed)",
    "`touch executed`",
    "; touch executed #",
    "' ; touch executed ; '",
    '" ; touch executed ; "',
    "\\\n touch executed",
    "${IFS}touch${IFS}executed",
    "x\r\nrefusal=\r\nrequest={}",
    "x\nworkflow=production.yml\nrefusal=",
    "<<< $(touch executed)",
    "${{ secrets.VERCEL_TOKEN }}",
    '", "ref": "evil',
    "\u202e\u0007\u001b[31mred",
]
Decision = dict[str, str]


@pytest.fixture
def decide(tmp_path: Path) -> Callable[[str, str], Decision]:
    """What the delivered steps decide about a comment by somebody in a role."""

    def run_step(name: str, **environment: str) -> Decision:
        outputs = tmp_path / "outputs"
        outputs.write_text("")
        script = COMMANDS.script("command", name)
        # As GitHub runs `shell: bash`.
        subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "GITHUB_OUTPUT": str(outputs), **environment},
            cwd=tmp_path,
            check=True,
        )
        return dict(line.split("=", 1) for line in outputs.read_text().splitlines())

    def run(comment: str, role: str) -> Decision:
        read = run_step("Read the command", COMMENT=comment)
        assert read.keys() == {"command", "target", "reason"}
        return run_step("Decide", COMMAND=read["command"], TARGET=read["target"], REASON=read["reason"], ROLE=role)

    return run


@pytest.mark.parametrize(
    ("command", "roles", "started"),
    [
        ("preview", {"write", "maintain", "admin"}, ("staging.yml", "develop")),
        ("deploy", {"maintain", "admin"}, ("production.yml", "main")),
        ("rollback it broke", {"maintain", "admin"}, ("rollback.yml", "main")),
    ],
)
@pytest.mark.parametrize("role", ["", "none", "read", "triage", "write", "maintain", "admin", "deployers"])
def test_a_command_is_for_some_roles(
    decide: Callable[[str, str], Decision], command: str, roles: set[str], started: tuple[str, str], role: str
) -> None:
    decision = decide(f"@workflow:{command}", role)
    if role in roles:
        assert decision["refusal"] == ""
        assert (decision["workflow"], json.loads(decision["request"])["ref"]) == started
    else:
        assert decision["refusal"]


@pytest.mark.parametrize(
    ("words", "target", "reason"),
    [
        ("it broke", "previous", "it broke"),
        ("broken", "previous", "broken"),
        ("previous it broke", "previous", "it broke"),
        ("dpl_8HgVx3 it broke", "dpl_8HgVx3", "it broke"),
        ("https://ai-tools-abc123.vercel.app it broke", "https://ai-tools-abc123.vercel.app", "it broke"),
        ("dpl_8HgVx3; it broke", "previous", "dpl_8HgVx3; it broke"),
        ("it broke\nand more lines", "previous", "it broke"),
        ("it broke\r\n", "previous", "it broke"),
    ],
)
def test_a_rollback_names_its_target_first_and_then_the_reason(
    decide: Callable[[str, str], Decision], words: str, target: str, reason: str
) -> None:
    decision = decide(f"@workflow:rollback {words}", "admin")
    assert decision["refusal"] == ""
    assert json.loads(decision["request"])["inputs"] == {"target_deployment": target, "reason": reason}


@pytest.mark.parametrize("words", ["", " ", "\nit broke", " dpl_8HgVx3", " previous "])
def test_a_rollback_without_a_reason_is_refused(decide: Callable[[str, str], Decision], words: str) -> None:
    assert "needs a reason" in decide(f"@workflow:rollback{words}", "admin")["refusal"]


@pytest.mark.parametrize("command", ["", "deploy:admin", "Deploy", "deploy;", "*", "destroy", "rollback:maintain why"])
def test_an_unknown_command_starts_nothing(decide: Callable[[str, str], Decision], command: str) -> None:
    for role in ("read", "admin"):
        decision = decide(f"@workflow:{command}", role)
        assert decision["refusal"]
        assert decision["workflow"] == ""


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize(
    "comment", ["@workflow:{}", "@workflow:rollback {}", "@workflow:rollback dpl_1 {}", "@workflow:deploy {}"]
)
def test_nothing_in_a_comment_is_executed_or_becomes_an_output(
    decide: Callable[[str, str], Decision], tmp_path: Path, comment: str, hostile: str
) -> None:
    decision = decide(comment.format(hostile), "read")
    assert decision["refusal"]
    assert decision["workflow"] == ""
    decision = decide(comment.format(hostile), "admin")
    assert decision.keys() == {"workflow", "request", "refusal"}
    assert json.loads(decision["request"]).keys() <= {"ref", "inputs"}
    assert {path.name for path in tmp_path.iterdir()} == {"outputs"}


def test_only_a_new_comment_that_begins_with_the_prefix_is_looked_at() -> None:
    assert COMMANDS.triggers == {"issue_comment": {"types": ["created"]}}
    assert [job.content["if"] for job in COMMANDS.jobs] == ["startsWith(github.event.comment.body, '@workflow:')"]


def test_nothing_of_a_pull_request_is_fetched() -> None:
    assert [step["uses"] for job in COMMANDS.jobs for step in job.steps if "uses" in step] == []
    assert not any("git " in script for job in COMMANDS.jobs for script in job.scripts)


def test_github_is_asked_for_the_authors_role_before_anything_is_started() -> None:
    steps = COMMANDS.job("command").steps
    places = {
        key: next(index for index, step in enumerate(steps) if key in step["run"])
        for key in ("/permission", "case ", "/dispatches")
    }
    assert sorted(places, key=lambda key: places[key]) == ["/permission", "case ", "/dispatches"]
    # None of the three goes on where the one before failed.
    assert [steps[index].get("if", "") for index in places.values()] == ["", "", "steps.decide.outputs.refusal == ''"]
