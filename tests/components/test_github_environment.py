"""One GitHub environment and its reviewers."""

import pulumi
import pytest

from components.github_environment import GitHubEnvironment, GitHubEnvironmentArgs
from tests.components.recording import Secret, record

ARGS = GitHubEnvironmentArgs(repository="ai-tools", environment="production", branch="main")


def test_reviewers_are_resolved_to_the_ids_of_people_and_teams() -> None:
    args = GitHubEnvironmentArgs(
        repository="ai-tools", environment="e", branch="main", reviewers=["octocat", "team:release", "hubot"]
    )
    recording = record(lambda: GitHubEnvironment("e", args))
    assert recording.named("e-environment").inputs["reviewers"] == [{"users": [7, 7], "teams": [8]}]


def test_reviewers_that_github_does_not_know_are_all_named(caplog: pytest.LogCaptureFixture) -> None:
    args = GitHubEnvironmentArgs(
        repository="ai-tools", environment="e", branch="main", reviewers=["octocat", "ghost", "team:nobody"]
    )
    # The SDK ends a program with the look-up that failed, so what the operator reads is in the log before it.
    with pytest.raises(ValueError, match="404"):
        record(lambda: GitHubEnvironment("e", args), unknown=frozenset({"ghost", "nobody"}))
    assert "GitHub knows no ghost, team:nobody" in caplog.text


def test_an_environment_without_reviewers_asks_nobody() -> None:
    recording = record(lambda: GitHubEnvironment("e", ARGS))
    assert recording.named("e-environment").inputs["reviewers"] == []
    assert recording.named("e-environment").inputs["canAdminsBypass"] is True


def test_a_secret_given_as_plain_text_still_reaches_the_engine_as_a_secret() -> None:
    args = GitHubEnvironmentArgs(repository="r", environment="e", branch="b", secrets={"TOKEN": "value"})
    recording = record(lambda: GitHubEnvironment("e", args))
    assert recording.named("e-secret-TOKEN").inputs["value"] == Secret("value")


def test_its_output_is_the_environments_name() -> None:
    recording = record(lambda: pulumi.export("environment", GitHubEnvironment("e", ARGS).environment))
    assert recording.outputs == {"environment": "production"}
