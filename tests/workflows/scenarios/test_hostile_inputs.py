"""What people type is data, whatever it looks like."""

from pathlib import Path

import pytest

from tests.workflows.scenarios.team import Team

REASONS = {
    "shell": "\"; touch PWNED; ' ; touch PWNED; $(touch PWNED) `touch PWNED` | touch PWNED & touch PWNED "
    "${{ github.token }} ${{ secrets.VERCEL_TOKEN }} $VERCEL_TOKEN ${VERCEL_TOKEN}",
    "runner": "x\n::set-output name=deployment::dpl_x\n::add-mask::a\n##[error]x\r\n::error::x%0A::warning::y",
    "markup": "--database <!channel> <https://evil.example.com|click> <@U123> ![x](https://evil.example.com) @everyone",
}


@pytest.mark.parametrize("kind", REASONS)
def test_a_reason_is_shown_and_does_nothing_else(team: Team, tmp_path: Path, kind: str) -> None:
    good = team.serving()
    team.serve("production", team.deploy("production", "bad"))
    trap = tmp_path / "pwned"

    run = team.dispatch("rollback.yml", reason=REASONS[kind].replace("PWNED", str(trap)))

    assert (run.conclusion, team.serving()) == ("success", good), run.log
    assert not trap.exists()
    assert len(team.state.collection("webhooks.database_rollbacks")) == 0
    announced = [str(message) for message in team.state.collection("slack.messages").values()]
    assert not [text for text in announced if "<!channel>" in text or "<https://evil" in text or "<@U" in text]
    # A line that begins with `::` would be a command to the runner.
    lines = [line.split(" | ", 2)[-1].lstrip() for line in run.log.splitlines()]
    assert not [line for line in lines if line.startswith(("::set-output", "::add-mask", "::error")) or "##[" in line]


@pytest.mark.parametrize("target", ["--database", "`touch PWNED`$(touch PWNED); touch PWNED"])
def test_a_target_that_is_none_is_refused_and_does_nothing_else(team: Team, tmp_path: Path, target: str) -> None:
    before = team.serving()
    trap = tmp_path / "pwned"
    named = target.replace("PWNED", str(trap))
    run = team.dispatch("rollback.yml", target_deployment=named, reason="checkout fails")
    assert (run.conclusion, team.serving()) == ("failure", before), run.log
    assert "is no rollback target" in run.log
    assert not trap.exists()


def test_a_branch_of_any_name_gets_no_secret_and_changes_nothing(team: Team, tmp_path: Path) -> None:
    trap = tmp_path / "pwned"
    branch = f"x$(touch$IFS{trap})"
    head = team.github("GET", "/git/ref/heads/main")["object"]["sha"]
    team.github("POST", "/git/refs", {"ref": f"refs/heads/{branch}", "sha": head})
    before = team.serving()

    run = team.dispatch_on(branch, "production.yml", deployment_type="hotfix", reason="mine")

    assert run.conclusion == "failure", run.log
    assert team.serving() == before
    assert not trap.exists()
    assert "not allowed to deploy" in run.log
