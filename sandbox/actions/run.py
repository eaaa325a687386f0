"""One run: its jobs in the order of their `needs`, and those of the workflows that they call."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.actions import inputs, permissions, refusals
from sandbox.actions.concurrency import Group, Place, read_group
from sandbox.actions.expressions.evaluation import to_text
from sandbox.actions.expressions.syntax import ExpressionError
from sandbox.actions.expressions.templates import holds, value_of
from sandbox.actions.job import JobRun, continues_on_error
from sandbox.actions.permissions import Permissions
from sandbox.actions.result import JobResult, RunResult, to_document
from sandbox.actions.setting import Setting
from sandbox.actions.workflow_file import Job, WorkflowError, WorkflowFile, ancestors, read_workflow
from sandbox.world.github.identifiers import timestamp

DEEPEST = 10
"""Levels of workflows that call workflows."""


@dataclass(frozen=True, slots=True)
class Level:
    """A workflow file that is run: the run's own, or one that a job calls."""

    workflow: WorkflowFile
    contexts: Mapping[str, Any]
    """`github` and `inputs`."""
    prefix: str
    """Of the jobs' IDs in the results."""
    name_prefix: str
    allowed: Permissions | None
    """What the caller may do; None for the run's own file."""
    passed_secrets: Mapping[str, str] | None
    places: tuple[Place, ...]


@dataclass(slots=True)
class Run:
    """One run while it is executed."""

    setting: Setting
    workflow: WorkflowFile
    contexts: Mapping[str, Any]
    group: Group | None
    results: dict[str, JobResult] = field(default_factory=dict)
    error: BaseException | None = None
    """What went wrong in the sandbox itself."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def prepare(cls, setting: Setting) -> "Run":
        """Read and check the run's workflow file.

        Raises:
            WorkflowError: GitHub, or the sandbox, does not start it.
        """
        run = setting.run
        content = setting.read(run["path"])
        if content is None:
            raise WorkflowError(f"The commit {run['sha']} has no {run['path']}.")
        workflow = read_workflow(run["path"], content)
        trigger = workflow.trigger(run["event"])
        if trigger is None:
            raise WorkflowError(f"{run['path']} is not started by {run['event']}.")
        given: dict[str, Any] = {}
        if run["event"] == "workflow_dispatch":
            given = inputs.dispatched(trigger.get("inputs") or {}, run["inputs"], setting.environment_names())
        contexts: dict[str, Any] = {"github": setting.github, "inputs": given, "vars": {}}
        try:
            _check(setting, workflow, contexts, None, 0)
            group = read_group(workflow.body.get("concurrency"), contexts, workflow.path)
        except ExpressionError as error:
            raise WorkflowError(f"Invalid workflow file: {workflow.path}: {error}") from error
        return cls(setting, workflow, contexts, group)

    def execute(self, places: tuple[Place, ...]) -> RunResult:
        """Run all jobs to their end."""
        level = Level(self.workflow, self.contexts, "", "", None, None, places)
        conclusions = self._run_level(level)
        if self.error is not None:
            raise self.error
        order = {name: number for number, name in enumerate(self.workflow.jobs)}
        jobs = dict(sorted(self.results.items(), key=lambda item: order[item[0].partition("/")[0]]))
        conclusion = _conclusion(conclusions.values(), cancelled=self.setting.cancellation is not None)
        return RunResult(self.setting.id, conclusion, jobs, self.setting.cancellation or "")

    def _run_level(self, level: Level) -> dict[str, str]:
        """Run a file's jobs, each as soon as those it needs are done; returns their conclusions for the whole."""
        jobs = level.workflow.jobs
        done = {name: threading.Event() for name in jobs}
        own: dict[str, JobResult] = {}
        counted: dict[str, str] = {}

        def run_job(job: Job) -> None:
            try:
                for name in job.needs:
                    done[name].wait()
                result, forgiven = self._run_job(level, job, own)
                own[job.id] = result
                counted[job.id] = "success" if forgiven and result.conclusion == "failure" else result.conclusion
                self._record(level.prefix + job.id, result)
            except BaseException as error:  # noqa: BLE001  # raised again where the run is waited for
                self.error = self.error or error
                own[job.id] = JobResult(job.name, "failure", log=f"{job.id} |  | the sandbox failed: {error!r}\n")
                counted[job.id] = "failure"
            finally:
                done[job.id].set()

        threads = [threading.Thread(target=run_job, args=[job], daemon=True) for job in jobs.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return counted

    def _record(self, key: str, result: JobResult) -> None:
        with self._lock:
            self.results[key] = result
            self.setting.update(jobs=to_document(self.results))

    def _run_job(self, level: Level, job: Job, own: Mapping[str, JobResult]) -> tuple[JobResult, bool]:
        needs = {name: {"result": own[name].conclusion, "outputs": dict(own[name].outputs)} for name in job.needs}
        contexts = {**level.contexts, "needs": needs}
        name = level.name_prefix + self._name(job, contexts)
        earlier = [own[found].conclusion for found in ancestors(level.workflow.jobs, job)]
        cancelled = self.setting.cancellation is not None
        functions: Mapping[str, Callable[[], Any]] = {
            "always": lambda: True,
            "cancelled": lambda: cancelled,
            "success": lambda: not cancelled and all(conclusion == "success" for conclusion in earlier),
            "failure": lambda: not cancelled and "failure" in earlier,
        }
        try:
            if not holds(job.body.get("if"), contexts, functions):
                return JobResult(name, "cancelled" if cancelled else "skipped"), False
            if job.uses is not None:
                return self._call(level, job, contexts, name), continues_on_error(job, contexts)
            allowed = _permissions(level.workflow, job, level.allowed)
            running = JobRun(
                self.setting,
                level.prefix + job.id,
                name,
                level.workflow,
                job,
                contexts,
                allowed,
                level.passed_secrets,
                level.places,
            )
            return running.execute(), continues_on_error(job, contexts)
        except (ExpressionError, WorkflowError) as error:
            return _failed(level.prefix + job.id, name, str(error)), False

    @staticmethod
    def _name(job: Job, contexts: Mapping[str, Any]) -> str:
        try:
            return to_text(value_of(job.name, contexts))
        except ExpressionError:
            return job.name

    def _call(self, level: Level, job: Job, contexts: Mapping[str, Any], name: str) -> JobResult:
        """Run the jobs of the workflow that a job calls."""
        key = level.prefix + job.id
        called = _read_called(self.setting, job)
        given = {name: value_of(value, contexts) for name, value in _mapping(job.body.get("with")).items()}
        trigger = called.trigger("workflow_call") or {}
        values = inputs.called(trigger.get("inputs") or {}, given, called.path)
        inner_contexts: dict[str, Any] = {"github": level.contexts["github"], "inputs": values, "vars": {}}
        started = timestamp()
        place, problem = self._enter(read_group(called.body.get("concurrency"), inner_contexts, called.path), level)
        if problem is not None:
            log = f"{key} |  | ##[error]{problem}\n"
            return JobResult(name, "cancelled", started_at=started, completed_at=timestamp(), log=log)
        try:
            inner = Level(
                called,
                inner_contexts,
                f"{key}/",
                f"{name} / ",
                _permissions(level.workflow, job, level.allowed),
                _passed_secrets(job, contexts, level.passed_secrets),
                (*level.places, *([place] if place else [])),
            )
            conclusions = self._run_level(inner)
        finally:
            if place is not None:
                self.setting.groups.leave(place)
        outputs = self._called_outputs(trigger, inner)
        conclusion = _conclusion(conclusions.values(), cancelled=self.setting.cancellation is not None)
        return JobResult(name, conclusion, outputs=outputs, started_at=started, completed_at=timestamp())

    def _enter(self, group: Group | None, level: Level) -> tuple[Place | None, str | None]:
        """A called workflow's place in its own concurrency group; or why it gets none."""
        if group is None:
            return None, None
        groups = self.setting.groups
        if groups.holds(group.name, level.places):
            return None, (
                f"Canceling since a deadlock for concurrency group '{group.name}' was detected between "
                f"'top level workflow' and '{level.workflow.name}'"
            )
        place = groups.join(group, self.setting.cancel)
        if groups.wait(place, lambda: self.setting.cancellation is not None):
            return place, None
        reason = self.setting.cancellation
        return None, reason or f"Canceling since a higher priority waiting request for '{group.name}' exists"

    def _called_outputs(self, trigger: Mapping[str, Any], level: Level) -> dict[str, str]:
        with self._lock:
            jobs = {
                name: {"result": result.conclusion, "outputs": dict(result.outputs)}
                for name in level.workflow.jobs
                if (result := self.results.get(level.prefix + name)) is not None
            }
        return {
            name: to_text(value_of((declared or {}).get("value"), {**level.contexts, "jobs": jobs}))
            for name, declared in (trigger.get("outputs") or {}).items()
        }


def _check(
    setting: Setting, workflow: WorkflowFile, contexts: Mapping[str, Any], allowed: Permissions | None, depth: int
) -> None:
    """Refuse a file, or one that it calls, before any job starts."""
    refusals.refuse(workflow, setting.read, contexts)
    for job in workflow.jobs.values():
        held = _permissions(workflow, job, allowed)
        if allowed is not None:
            permissions.refuse_more(held, allowed, job.id)
        if job.uses is None:
            continue
        if depth == DEEPEST:
            raise WorkflowError(f"{workflow.path}: workflows call each other more than {DEEPEST} levels deep.")
        called = _read_called(setting, job)
        # Its inputs may come from jobs that have not run.
        _check(setting, called, {"github": contexts["github"]}, held, depth + 1)


def _read_called(setting: Setting, job: Job) -> WorkflowFile:
    path = str(job.uses).removeprefix("./")
    content = setting.read(path)
    if content is None:
        raise WorkflowError(f"error parsing called workflow: job '{job.id}' calls {path}: workflow was not found.")
    called = read_workflow(path, content)
    if called.trigger("workflow_call") is None:
        raise WorkflowError(f"error parsing called workflow: {path} is not reusable: it lacks `on: workflow_call`.")
    return called


def _permissions(workflow: WorkflowFile, job: Job, allowed: Permissions | None) -> Permissions:
    """What a job's token may do: the job's own word, the file's, the caller's, or the default."""
    own = permissions.declared(job.body.get("permissions"), job.id)
    if own is None:
        own = permissions.declared(workflow.body.get("permissions"), workflow.path)
    if own is None:
        own = allowed if allowed is not None else permissions.DEFAULT
    return own


def _passed_secrets(
    job: Job, contexts: Mapping[str, Any], passed: Mapping[str, str] | None
) -> Mapping[str, str] | None:
    secrets = job.body.get("secrets")
    if secrets == "inherit":
        return passed
    # A calling job has no environment, and this world's repositories have no secrets of their own.
    known = {**contexts, "secrets": passed or {}}
    return {name: to_text(value_of(value, known)) for name, value in (secrets or {}).items()}


def _conclusion(conclusions: Any, *, cancelled: bool) -> str:
    found = set(conclusions)
    if cancelled:
        return "cancelled"
    for conclusion in ("failure", "cancelled", "success"):
        if conclusion in found:
            return conclusion
    return "skipped"


def _failed(key: str, name: str, problem: str) -> JobResult:
    log = "".join(f"{key} |  | ##[error]{line}\n" for line in problem.splitlines())
    return JobResult(name, "failure", started_at=timestamp(), completed_at=timestamp(), log=log)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else dict[str, Any]()
