"""What the rules read from a delivered workflow: the branches that it runs for, and what its jobs write."""

from typing import Any

import pytest

from policies.rules import workflow_files
from policies.rules.least_permissions import MAY_WRITE
from tests.policies.stacks import recorded


@pytest.mark.parametrize(
    ("branch", "patterns", "through"),
    [
        ("main", ["main", "develop"], True),
        ("main", "main", True),
        ("main", ["develop"], False),
        ("main", ["*"], True),
        ("release/1", ["*"], False),
        ("release/1", ["**"], True),
        ("release/1", ["release/**"], True),
        ("main", ["**", "!main"], False),
        ("main", ["!main", "**"], True),
        ("v1.0", ["v[0-9].0"], True),
        ("v1x0", ["v[0-9].0"], False),
        ("main", ["[z-a]"], False),
        ("main", None, False),
    ],
)
def test_a_filter_lets_a_branch_through_as_github_does(branch: str, patterns: Any, through: bool) -> None:
    assert workflow_files.filtered(branch, patterns) is through


@pytest.mark.parametrize("event", ["pull_request", ["push", "pull_request"], {"pull_request": None}])
@pytest.mark.parametrize("key", ["on", True])
def test_the_events_are_found_however_they_are_written(key: Any, event: Any) -> None:
    assert "pull_request" in workflow_files.triggers({key: event})


def test_no_job_may_write_what_no_delivered_workflow_asks_for() -> None:
    asked: dict[str, set[str]] = {}
    for file in recorded("production").of("RepositoryFile"):
        for key, job in workflow_files.jobs(workflow_files.content(file) or {}).items():
            written = {scope for scope, access in job["permissions"].items() if access == "write"}
            asked.setdefault(key, set()).update(written)
    assert {key: scopes for key, scopes in asked.items() if scopes} == {key: set(MAY_WRITE[key]) for key in MAY_WRITE}
