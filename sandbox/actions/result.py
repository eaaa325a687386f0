"""What became of a run, its jobs and their steps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StepResult:
    """One step: `success`, `failure`, `cancelled` or `skipped`; its `outcome` is before `continue-on-error`."""

    name: str
    conclusion: str
    outcome: str


@dataclass(frozen=True, slots=True)
class JobResult:
    """One job, or one that calls a workflow (then without steps)."""

    name: str
    conclusion: str
    steps: tuple[StepResult, ...] = ()
    outputs: Mapping[str, str] = field(default_factory=dict)
    started_at: str | None = None
    completed_at: str | None = None
    log: str = ""
    summary: str = ""

    def step(self, name: str) -> StepResult:
        """The step of that name. Raises KeyError with the names that there are."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(f"{self.name} has no step {name!r}, only {[step.name for step in self.steps]}")


@dataclass(frozen=True, slots=True)
class RunResult:
    """A finished run."""

    id: int
    conclusion: str
    """`success`, `failure`, `cancelled`, `skipped` or `startup_failure`."""
    jobs: Mapping[str, JobResult]
    """By ID; a called workflow's are `caller/called`."""
    message: str = ""
    """Why it was not started, or cancelled."""

    @property
    def log(self) -> str:
        """What all jobs printed, secrets masked: `job | step | line`."""
        return "".join([f"{self.message}\n" if self.message else "", *(job.log for job in self.jobs.values())])

    @property
    def summary(self) -> str:
        """What all steps wrote to GITHUB_STEP_SUMMARY, in order."""
        return "\n".join(job.summary for job in self.jobs.values() if job.summary)

    @property
    def outputs(self) -> Mapping[str, Mapping[str, str]]:
        """The outputs of each job."""
        return {name: job.outputs for name, job in self.jobs.items()}

    @property
    def results(self) -> dict[str, str]:
        """The conclusion of each job."""
        return {name: job.conclusion for name, job in self.jobs.items()}


def to_document(jobs: Mapping[str, JobResult]) -> list[dict[str, Any]]:
    """The jobs as the world remembers them."""
    return [
        {
            "id": name,
            "name": job.name,
            "status": "completed",
            "conclusion": job.conclusion,
            "started_at": job.started_at,
            "completed_at": job.completed_at,
            "steps": [
                {"number": number, "name": step.name, "status": "completed", "conclusion": step.conclusion}
                for number, step in enumerate(job.steps, 1)
            ],
            "log": job.log,
        }
        for name, job in jobs.items()
    ]
