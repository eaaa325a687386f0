"""What a test is told of while a run is under way, and what it can do then."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.world.github.workflow_runs import record_review
from sandbox.world.state import State


@dataclass(frozen=True, slots=True)
class WaitingJob:
    """A job that waits for an environment's reviewers."""

    run: int
    job: str
    environment: str
    state: State

    def approve(self, login: str, comment: str = "") -> None:
        """Approve it as a person; it counts when the environment asks that person."""
        record_review(
            self.state, self.run, environment=self.environment, login=login, verdict="approved", comment=comment
        )

    def reject(self, login: str, comment: str = "") -> None:
        """Reject it likewise."""
        record_review(
            self.state, self.run, environment=self.environment, login=login, verdict="rejected", comment=comment
        )


@dataclass(frozen=True, slots=True)
class StartingStep:
    """A step that is about to begin: it does nothing until the callback returns."""

    run: int
    job: str
    step: str
    kill: Callable[[], None]
    """Ends the job's machine with SIGKILL, as if it had gone: no further step of it runs, whatever its `if` says."""


OnWaiting = Callable[[WaitingJob], None]
OnStep = Callable[[StartingStep], None]
