"""Which of a ruleset's required checks a commit has passed.

Source: https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets/available-rules-for-rulesets#require-status-checks-to-pass-before-merging.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.world.github.check_runs import ACTIONS_APP
from sandbox.world.github.commit_statuses import latest_statuses
from sandbox.world.github.workflow_jobs import jobs_of
from sandbox.world.github.workflow_runs import WORKFLOW_TOKEN_LOGIN
from sandbox.world.state import Document, State

_PASSING = ("success", "neutral", "skipped")


def list_expected(
    state: State, repository: Document, sha: str | None, required: Sequence[Mapping[str, Any]]
) -> list[str]:
    """The names of the required checks that a commit has not passed.

    Args:
        state: the world.
        repository: whose commit.
        sha: its ID; None for one that is only being made.
        required: each a `context`, and perhaps the `integration_id` of the app that has to say it.
    """
    newest = {(name.lower(), app): conclusion for name, app, conclusion in _checks(state, repository, sha or "")}
    passed = {check for check, conclusion in newest.items() if conclusion in _PASSING}

    def has_passed(check: Mapping[str, Any]) -> bool:
        apps = {app for name, app in passed if name == check["context"].lower()}
        wanted = check.get("integration_id")
        return bool(apps) if wanted is None else wanted in apps

    return [check["context"] for check in required if not has_passed(check)]


def _checks(state: State, repository: Document, sha: str) -> Iterator[tuple[str, int | None, str | None]]:
    """Name, app and conclusion of what was said of a commit, oldest first; a person's status is no app's."""
    for run in state.collection("github.workflow_runs").values():
        if (run["repository"], run["head_sha"]) == (repository["full_name"], sha):
            for job in jobs_of(state, repository, run):
                yield job["name"], ACTIONS_APP, job["conclusion"]
    for check in state.collection("github.check_runs").values():
        if (check["repository"], check["sha"]) == (repository["id"], sha):
            yield check["name"], check["app"]["id"], check["conclusion"]
    for status in latest_statuses(state, repository, sha).values():
        app = ACTIONS_APP if status["creator"] == WORKFLOW_TOKEN_LOGIN else None
        yield status["context"], app, status["state"]
