"""Who is there before anything comes up, by what the stack files say."""

from pathlib import Path

import pytest
import yaml

from sandbox.accounts import add_secrets, load_accounts, open_accounts, reviewer_of, secrets_of, stack_secrets
from sandbox.world.github.access import find_repository, role
from sandbox.world.state import State
from tests.example import STACK_FILES


@pytest.mark.parametrize(
    ("reviewers", "who"),
    [(["team:release-managers", "alice"], "alice"), (["team:release-managers"], "octocat"), (["bob", "alice"], "bob")],
)
def test_somebody_can_approve_whoever_is_asked(tmp_path: Path, reviewers: list[str], who: str) -> None:
    settings = yaml.safe_load(STACK_FILES["production"].read_text())
    settings["config"]["ai-tools:reviewers"] = reviewers
    file = tmp_path / "Pulumi.production.yaml"
    file.write_text(yaml.safe_dump(settings))
    state, accounts = State(), load_accounts(tmp_path)
    open_accounts(state, accounts, [file])
    assert reviewer_of(settings["config"]) == who
    assert state.collection("github.tokens")[accounts.reviewer_token]["login"] == who
    repository = find_repository(state, "acme", "ai-tools")
    assert repository is not None
    assert role(state, repository, who) is not None
    state.close()


def test_secrets_that_were_added_win_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    add_secrets(tmp_path, {"staging": {"ai-tools:databaseUrl": "postgresql://here"}})
    own = stack_secrets(load_accounts(tmp_path), "staging")
    assert secrets_of(tmp_path, "staging") == {**own, "ai-tools:databaseUrl": "postgresql://here"}
    assert secrets_of(tmp_path, "production") == stack_secrets(load_accounts(tmp_path), "production")
    assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}
