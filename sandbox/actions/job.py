"""One job with steps, from the moment its `needs` are done and its `if` holds."""

import shlex
import shutil
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.actions import actions, admission, environments, event, pip, tokens
from sandbox.actions.act import Act, Order
from sandbox.actions.admission import JobEndedError
from sandbox.actions.concurrency import Place, read_group
from sandbox.actions.expressions.evaluation import is_true
from sandbox.actions.expressions.templates import value_of
from sandbox.actions.gate import Gate, make_gate
from sandbox.actions.job_file import JobFile, Known, StepFile, build
from sandbox.actions.masking import Masker
from sandbox.actions.moments import StartingStep
from sandbox.actions.permissions import Permissions, read_only
from sandbox.actions.progress import Progress
from sandbox.actions.refusals import environment_name
from sandbox.actions.result import JobResult
from sandbox.actions.setting import Setting
from sandbox.actions.stand_ins.protocol import JobSettings
from sandbox.actions.workflow_file import Job, WorkflowFile
from sandbox.world.github.identifiers import timestamp

LOST = "The hosted runner lost communication with the server."


@dataclass(slots=True)
class JobRun:
    """One execution of a job."""

    setting: Setting
    key: str
    """Its ID in the run's results."""
    name: str
    workflow: WorkflowFile
    job: Job
    contexts: Mapping[str, Any]
    """`github`, `inputs`, `needs`."""
    permissions: Permissions
    passed_secrets: Mapping[str, str] | None
    """What the caller of a called workflow passed; None where the environment's own are given."""
    outer_places: tuple[Place, ...]
    """The run's places in concurrency groups."""
    _progress: Progress | None = None
    _timed_out: threading.Event = field(default_factory=threading.Event)

    def execute(self) -> JobResult:
        """Run it to its end."""
        started = timestamp()
        place: Place | None = None
        try:
            place = self._enter_group()
            environment = environment_name(self.job, self.contexts)
            if environment is not None:
                admission.pass_environment(self.setting, self.key, environment)
            allowed = read_only(self.permissions) if self.setting.from_fork else self.permissions
            with self._machine(), tokens.job_token(self.setting.state, allowed) as token:
                return self._run(started, environment, token)
        except JobEndedError as end:
            log = "".join(f"{self.key} |  | ##[error]{line}\n" for line in str(end).splitlines())
            return JobResult(self.name, end.conclusion, started_at=started, completed_at=timestamp(), log=log)
        finally:
            if place is not None:
                self.setting.groups.leave(place)

    def _enter_group(self) -> Place | None:
        group = read_group(self.job.body.get("concurrency"), self.contexts, f"job '{self.key}'")
        if group is None:
            return None
        if self.setting.groups.holds(group.name, self.outer_places):
            raise JobEndedError(
                "cancelled", f"Canceling since a deadlock for concurrency group '{group.name}' was detected."
            )
        place = self.setting.groups.join(group, self._superseded)
        if not self.setting.groups.wait(place, lambda: self.setting.cancellation is not None):
            raise JobEndedError(
                "cancelled",
                self.setting.cancellation
                or f"Canceling since a higher priority waiting request for '{group.name}' exists",
            )
        return place

    @contextmanager
    def _machine(self) -> Iterator[None]:
        """The next one that is free. Whoever is cancelled while it waits for one does not begin."""
        before = self.setting.cancellation
        with self.setting.machines or nullcontext():
            if self.setting.cancellation != before:
                raise JobEndedError("cancelled", self.setting.cancellation or "")
            yield

    def _superseded(self, reason: str) -> None:
        """A newer job of the group takes over: this one is cancelled, the run's others are not."""
        del reason
        act = self.setting.acts.get(self.key)
        if act is not None:
            self._cancel(act)

    def _run(self, started: str, environment: str | None, token: str) -> JobResult:
        setting = self.setting
        folder = setting.folder / self.key.replace("/", "-")
        folder.mkdir(parents=True)
        uses = list(actions.uses_of(self.job, setting.read))
        gate = make_gate(folder) if setting.on_step is not None else None
        places = actions.place(uses, folder / "actions", self._job_settings(folder, uses, gate))
        secrets = {**self._secrets(environment), "GITHUB_TOKEN": token}
        variables = environments.variables_of(setting.state, setting.repository, environment)
        github = {**self.contexts["github"], "token": token, "job": self.job.id}
        known = Known(
            {"needs": self.contexts["needs"], "inputs": self.contexts["inputs"]},
            {"github": event.more_context(setting.repository, setting.run, setting.state)},
            {**self.contexts, "github": github, "secrets": secrets, "vars": variables},
        )
        file = build(
            self.workflow,
            self.job,
            known,
            event=setting.run["event"],
            folder=folder,
            gated=gate is not None,
            caches=_save_caches(folder) if any("actions/cache@" in use for use in uses) else None,
        )
        masker = Masker(secrets.values())
        release = Gate(gate)
        progress = Progress(self.key, file, masker, lambda step, name: self._start_step(release, step, name))
        order = Order(
            folder=folder / "act",
            workflow=file.body,
            event=setting.run["event"],
            payload=setting.payload,
            secrets=secrets,
            variables=variables,
            environ=self._environ(),
            actor=setting.run["actor"],
            actions=places,
            path=setting.path,
        )
        act = Act(order, tracking=f"github_{setting.id}_{folder.name}_{time.monotonic_ns()}")
        try:
            self._follow(act, progress)
            given = {} if act.killed else _read_outputs(file, folder / "outputs", masker, progress)
            return self._result(act, progress, given, started)
        finally:
            release.close()
            shutil.rmtree(folder, ignore_errors=True)

    def _follow(self, act: Act, progress: Progress) -> None:
        setting = self.setting
        self._progress = progress
        setting.acts[self.key] = act
        forget = setting.when_cancelled(lambda: self._cancel(act))
        minutes = value_of(self.job.body.get("timeout-minutes", 360), self.contexts)
        timer = threading.Timer(float(minutes) * 60, self._time_out, [act])
        timer.daemon = True
        timer.start()
        try:
            for logged in act.events():
                progress.read(logged)
        finally:
            timer.cancel()
            forget()
            del setting.acts[self.key]

    def _time_out(self, act: Act) -> None:
        self._timed_out.set()
        self._cancel(act)

    def _cancel(self, act: Act) -> None:
        current = self._progress.current if self._progress else None
        stopped = current is not None and not current.outlives_cancellation
        if self._progress is not None and stopped:
            self._progress.cancel_current()
        act.cancel(self.setting.grace, stop_step=stopped)

    def _start_step(self, release: Gate, step: StepFile, name: str) -> None:
        setting = self.setting
        act = setting.acts[self.key]
        if setting.on_step is not None and not act.killed:
            setting.on_step(StartingStep(setting.id, self.key, name, act.kill))
        if step.gated and not act.killed:
            release.let_pass()

    def _result(self, act: Act, progress: Progress, given: Mapping[str, str], started: str) -> JobResult:
        if act.killed:
            conclusion, unfinished = "failure", "failure"
            progress.say("", f"##[error]{LOST}")
        elif act.cancelled:
            conclusion, unfinished = "cancelled", "cancelled"
            minutes = self.job.body.get("timeout-minutes")
            late = f"The job has exceeded the maximum execution time of {minutes}m0s."
            progress.say("", f"##[error]{late if self._timed_out.is_set() else 'The operation was canceled.'}")
        else:
            conclusion, unfinished = "success" if progress.succeeded and not progress.broken else "failure", "failure"
        return JobResult(
            name=self.name,
            conclusion=conclusion,
            steps=progress.results(unfinished),
            outputs=given,
            started_at=started,
            completed_at=timestamp(),
            log="".join(progress.lines),
            summary="\n".join(progress.summaries),
        )

    def _secrets(self, environment: str | None) -> Mapping[str, str]:
        if self.setting.from_fork:
            return {}
        # A called workflow's job gets its environment's secrets only when its caller inherits.
        if self.passed_secrets is not None:
            return self.passed_secrets
        return environments.secrets_of(self.setting.state, self.setting.repository, environment)

    def _environ(self) -> dict[str, str]:
        github = self.contexts["github"]
        named = {
            "GITHUB_RUN_ID": "run_id",
            "GITHUB_RUN_NUMBER": "run_number",
            "GITHUB_RUN_ATTEMPT": "run_attempt",
            "GITHUB_REPOSITORY": "repository",
            "GITHUB_REPOSITORY_OWNER": "repository_owner",
            "GITHUB_REPOSITORY_ID": "repository_id",
            "GITHUB_REPOSITORY_OWNER_ID": "repository_owner_id",
            "GITHUB_ACTOR_ID": "actor_id",
            "GITHUB_TRIGGERING_ACTOR": "triggering_actor",
            "GITHUB_WORKFLOW_REF": "workflow_ref",
            "GITHUB_WORKFLOW_SHA": "workflow_sha",
            "GITHUB_REF": "ref",
            "GITHUB_REF_NAME": "ref_name",
            "GITHUB_REF_TYPE": "ref_type",
            "GITHUB_HEAD_REF": "head_ref",
            "GITHUB_BASE_REF": "base_ref",
            "GITHUB_RETENTION_DAYS": "retention_days",
            # What act takes the commit from.
            "SHA_REF": "sha",
        }
        return {
            # There is no registry: whatever asks for one is told so at once.
            "npm_config_offline": "true",
            "npm_config_update_notifier": "false",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(pip.FOLDER),
            **self.setting.environ,
            **{variable: github[name] for variable, name in named.items()},
            "RUNNER_ENVIRONMENT": "github-hosted",
            "RUNNER_NAME": "sandbox",
        }

    def _job_settings(self, folder: Path, uses: list[str], gate: Path | None) -> JobSettings:
        setting = self.setting
        default = f"refs/heads/{setting.repository['default_branch']}"
        checks_out = any(use.lower().startswith("actions/checkout@") for use in uses)
        artifacts = setting.folder / "artifacts"
        artifacts.mkdir(exist_ok=True)
        return JobSettings(
            repository=setting.repository["full_name"],
            sha=setting.run["sha"],
            ref=setting.run["ref"],
            bare=setting.store.update(setting.repository, setting.commit) if checks_out else folder,
            artifacts=artifacts,
            caches=setting.folder.parent.parent / "caches" / setting.repository["full_name"],
            cache_scopes=tuple(dict.fromkeys([setting.run["ref"], default])),
            pending=folder / "caches",
            gate=gate,
        )


def _read_outputs(file: JobFile, written: Path, masker: Masker, progress: Progress) -> dict[str, str]:
    """The job's outputs by name; one that holds a secret is left out, as GitHub does."""
    given: dict[str, str] = {}
    values = written.read_text().split("\0") if written.exists() else []
    for name, value in zip(file.output_names, values, strict=False):
        if masker.is_in(value):
            progress.say("", f"##[warning]Skip output '{name}' since it may contain secret.")
        else:
            given[name] = value
    return given


def _save_caches(folder: Path) -> str:
    variables = " ".join(
        f"{name}={shlex.quote(value)}" for name, value in actions.environment(folder / "actions" / "job.json").items()
    )
    return f"{variables} exec python3 -P -S -m sandbox.actions.stand_ins.cache save"


def continues_on_error(job: Job, contexts: Mapping[str, Any]) -> bool:
    """Whether a job's failure is none of its run's."""
    return is_true(value_of(job.body.get("continue-on-error", False), contexts))
