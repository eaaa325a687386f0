"""What stands between a job and its first step: its environment's branches, reviewers and wait timer."""

import time

from sandbox.actions import approvals, environments
from sandbox.actions.moments import WaitingJob
from sandbox.actions.setting import Setting

POLL_SECONDS = 0.02


class JobEndedError(Exception):
    """The job ends before its first step."""

    def __init__(self, conclusion: str, message: str) -> None:
        """End it with a conclusion, and a message for its log."""
        super().__init__(message)
        self.conclusion = conclusion


def pass_environment(setting: Setting, key: str, environment: str) -> None:
    """Wait for what an environment asks before a job, known by its key, begins.

    Raises:
        JobEndedError: it does not let the job in, or the run is cancelled meanwhile.
    """
    problem = environments.refusal(setting.state, setting.repository, environment, setting.run["ref"])
    if problem is not None:
        raise JobEndedError("failure", problem)
    asked = approvals.protection(setting.state, setting.repository, environment)
    if not asked.reviewers and not asked.minutes:
        return
    since = approvals.count_reviews(setting.state, setting.id)
    earliest = time.monotonic() + asked.minutes * 60
    with setting.waiting_for(asked.environment):
        if asked.reviewers:
            if setting.on_waiting is not None:
                setting.on_waiting(WaitingJob(setting.id, key, asked.environment, setting.state))
            _await_review(setting, asked, since)
        while time.monotonic() < earliest:
            _sleep(setting)


def _await_review(setting: Setting, asked: approvals.Protection, since: int) -> None:
    while (verdict := approvals.find_verdict(setting.state, setting.repository, setting.id, asked, since)) is None:
        _sleep(setting)
    if verdict["state"] == "rejected":
        comment = f": {verdict['comment']}" if verdict["comment"] else ""
        raise JobEndedError(
            "failure",
            f"{verdict['login']} rejected the deployment to {asked.environment}{comment}\n"
            "The deployment was rejected or didn't satisfy other protection rules.",
        )


def _sleep(setting: Setting) -> None:
    if setting.cancellation is not None:
        raise JobEndedError("cancelled", setting.cancellation)
    time.sleep(POLL_SECONDS)
