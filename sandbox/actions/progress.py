"""Reads act's log into a job's result, step by step while it runs."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.actions.job_file import JobFile, StepFile
from sandbox.actions.masking import Masker
from sandbox.actions.result import StepResult

STARTED = "\u2b50 Run Main "
UNCOMPUTED = "Unable to interpolate expression"
ACTS_OWN = ("LocalRepositoryCache ", "Couldn't get a valid docker connection", "Error: Job '")


class Progress:
    """How far a job is."""

    def __init__(self, job: str, file: JobFile, masker: Masker, started: Callable[[StepFile, str], None]) -> None:
        """Follow a job.

        Args:
            job: its name in the log.
            file: what act got.
            masker: for all that is kept.
            started: called when a step begins, with its name as it is shown.
        """
        self._job = job
        self._steps = {step.key: step for step in file.steps}
        self._masker = masker
        self._started = started
        self._names = {step.key: step.name for step in file.steps}
        self._outcomes: dict[str, str] = {}
        self._conclusions: dict[str, str] = {}
        self._forgiven: set[str] = set()
        self._cancelled: set[str] = set()
        self.lines: list[str] = []
        self.summaries: list[str] = []
        self.current: StepFile | None = None
        """The step that runs."""
        self.succeeded: bool | None = None
        """What act says of the job; None before it says anything."""
        self.broken = False
        """Whether an expression could not be computed."""

    def read(self, event: Mapping[str, Any]) -> None:
        """Take in one line of act's log."""
        message = str(event.get("msg", ""))
        if "jobResult" in event:
            self.succeeded = event["jobResult"] == "success"
            return
        if message.startswith(ACTS_OWN):
            return
        path = event.get("stepID") or []
        key = path[0] if path else ""
        step = self._steps.get(key)
        if step is not None and len(path) == 1 and event.get("stage") == "Main":
            self._read_step(step, event, message)
        elif event.get("level") in ("error", "fatal") and len(path) <= 1 and "command" not in event:
            self.say(self._names.get(key, ""), f"##[error]{message}")
        if message.startswith(UNCOMPUTED):
            # act goes on with an empty string; GitHub does not.
            self.broken = True
        if event.get("raw_output"):
            self.say(self._names.get(key, ""), message)
        elif event.get("command") == "summary" and len(path) == 1:
            self.summaries.append(self._masker.mask(str(event.get("content", ""))))
        elif event.get("command") in ("warning", "error", "notice"):
            self.say(self._names.get(key, ""), f"##[{event['command']}]{event.get('arg', message)}\n")

    def say(self, step: str, text: str) -> None:
        """Add lines to the log."""
        masked = self._masker.mask(text)
        self.lines.extend(f"{self._job} | {step} | {line}\n" for line in masked.splitlines() or [""])

    def cancel_current(self) -> None:
        """Say of the step that runs that it is cancelled, however it ends."""
        if self.current is not None:
            self._cancelled.add(self.current.key)

    def results(self, unfinished: str) -> tuple[StepResult, ...]:
        """The steps' results; those that began and did not end are `unfinished`, those that did not begin skipped."""
        results: list[StepResult] = []
        for key in self._steps:
            running = unfinished if self.current is not None and self.current.key == key else "skipped"
            outcome = self._outcomes.get(key, running)
            results.append(StepResult(self._names[key], self._conclusions.get(key, outcome), outcome))
        return tuple(results)

    def _read_step(self, step: StepFile, event: Mapping[str, Any], message: str) -> None:
        if message.startswith(STARTED):
            if step.has_own_name:
                self._names[step.key] = self._masker.mask(str(event.get("step", step.name)))
            self.current = step
            self._started(step, self._names[step.key])
        elif message.startswith("Failed but continue next step"):
            self._forgiven.add(step.key)
        elif "stepResult" in event:
            outcome = "cancelled" if step.key in self._cancelled else str(event["stepResult"])
            self._outcomes[step.key] = outcome
            self._conclusions[step.key] = "success" if step.key in self._forgiven else outcome
            self.current = None
        elif event.get("level") == "error" and "command" not in event:
            self.say(self._names[step.key], f"##[error]{message}")
