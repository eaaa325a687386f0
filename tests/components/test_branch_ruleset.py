"""The ruleset of the stack's branch."""

from pathlib import Path

import pytest

from components.branch_ruleset import BranchRuleset, BranchRulesetArgs, check_names
from tests.components.recording import record


@pytest.mark.parametrize(
    ("delivered_by", "actor"),
    [
        ("role:admin", {"actorType": "RepositoryRole", "actorId": 5, "bypassMode": "always"}),
        ("app:1234", {"actorType": "Integration", "actorId": 1234, "bypassMode": "always"}),
    ],
)
def test_who_delivers_the_files_passes_the_ruleset(delivered_by: str, actor: dict[str, object]) -> None:
    args = BranchRulesetArgs(repository="r", branch="main", required_checks=["Types"], delivered_by=delivered_by)
    recording = record(lambda: BranchRuleset("b", args))
    assert recording.named("b-ruleset").inputs["bypassActors"] == [actor]


def test_only_github_actions_can_report_a_required_check() -> None:
    args = BranchRulesetArgs(repository="r", branch="main", required_checks=["Types"], delivered_by="role:admin")
    rules = record(lambda: BranchRuleset("b", args)).named("b-ruleset").inputs["rules"]
    assert rules["requiredStatusChecks"]["requiredChecks"] == [{"context": "Types", "integrationId": 15368}]


def test_a_check_is_called_by_its_jobs_name_or_else_its_key(tmp_path: Path) -> None:
    workflow = tmp_path / "w.yml"
    workflow.write_text("jobs: {types: {name: Type check}, lint: {}}")
    assert check_names(workflow) == ["Type check", "lint"]
