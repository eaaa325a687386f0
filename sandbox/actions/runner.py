"""Takes the runs that the world records, and runs them: what GitHub Actions does between a push and its result."""

import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from sandbox.actions.act import Grace
from sandbox.actions.concurrency import Groups, Place
from sandbox.actions.moments import OnStep, OnWaiting
from sandbox.actions.pip import PYTHON
from sandbox.actions.result import RunResult, to_document
from sandbox.actions.run import Run
from sandbox.actions.setting import Setting
from sandbox.actions.workflow_file import WorkflowError
from sandbox.world.github.git_store import GitStore
from sandbox.world.github.workflow_run_events import end_run
from sandbox.world.github.workflow_runs import take_run
from sandbox.world.state import Document, State

POLL_SECONDS = 0.03
TOOLS = Path(__file__).parent / "tools"


class RunnerError(Exception):
    """The sandbox itself failed, or what was asked of it is not there; the message says what."""


class Runner:
    """Runs the workflows of one world, in order of their recording, up to so many runs at once."""

    def __init__(
        self,
        state: State,
        *,
        folder: Path,
        environ: Mapping[str, str],
        on_waiting: OnWaiting | None = None,
        on_step: OnStep | None = None,
        runs_at_once: int = 4,
        jobs_at_once: int | None = None,
        grace: Grace | None = None,
    ) -> None:
        """Prepare to run.

        Args:
            state: the world.
            folder: where to keep artifacts and caches.
            environ: what every step finds in its environment, above all the way to the world.
            on_waiting: called when a job waits for reviewers.
            on_step: called when a step is about to begin.
            runs_at_once: the others stay queued.
            jobs_at_once: how many machines there are for all runs; None is one for each job.
            grace: how long cancelled steps have to end.
        """
        self._state = state
        self._folder = folder
        self._environ = dict(environ)
        self._on_waiting = on_waiting
        self._on_step = on_step
        self._runs_at_once = runs_at_once
        self._machines = None if jobs_at_once is None else threading.Semaphore(jobs_at_once)
        self._grace = grace or Grace()
        self._store = GitStore(state)
        self._path = _path(folder / "tools")
        self._groups: dict[str, Groups] = {}
        self._active: dict[int, Setting] = {}
        self._threads: list[threading.Thread] = []
        self._finished: dict[int, RunResult | BaseException] = {}
        self._changed = threading.Condition()
        self._stopped = threading.Event()

    def serve(self, stopped: threading.Event | None = None) -> None:
        """Take queued runs until `stop` is called or the event is set; then cancel at once what is under way."""
        try:
            while not self._stopped.is_set() and not (stopped is not None and stopped.is_set()):
                for run in self._queued():
                    if len(self._active) >= self._runs_at_once:
                        break
                    self._start(run)
                self._stopped.wait(POLL_SECONDS)
        finally:
            # Here, where no further run can begin: one that outlived this would use a world that has been closed.
            self._end()

    def wait(self, run: int, seconds: float = 120) -> RunResult:
        """The result of a run, once it is there.

        Raises:
            RunnerError: it does not end in time, or the sandbox itself failed.
        """
        deadline = time.monotonic() + seconds
        with self._changed:
            while run not in self._finished:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise RunnerError(f"run {run} has not ended after {seconds} s; {self._describe(run)}")
                self._changed.wait(left)
            result = self._finished[run]
        if isinstance(result, BaseException):
            raise RunnerError(f"the sandbox failed while it ran {run}: {result!r}") from result
        return result

    def cancel(self, run: int, login: str = "operator") -> None:
        """Cancel a run as a person does. Raises RunnerError when it is not under way."""
        self._setting(run).cancel(f"The run was canceled by @{login}.")

    def kill(self, run: int, job: str) -> None:
        """End a job's machine with SIGKILL. Raises RunnerError when the job does not run."""
        act = self._setting(run).acts.get(job)
        if act is None:
            raise RunnerError(f"the job {job} of run {run} does not run now; {self._describe(run)}")
        act.kill()

    def stop(self) -> None:
        """Let `serve` come to its end."""
        self._stopped.set()

    def _end(self) -> None:
        for setting in list(self._active.values()):
            setting.cancel("The sandbox's runner was stopped.")
            for act in list(setting.acts.values()):
                act.kill()
        for thread in list(self._threads):
            thread.join()

    def _queued(self) -> list[Document]:
        runs = self._state.collection("github.workflow_runs")
        return [run for run in runs.values() if run["status"] == "queued" and run["id"] not in self._active]

    def _start(self, run: Document) -> None:
        """Give a run its place and a thread; the places are taken in the order of recording."""
        number = run["id"]
        if not take_run(self._state, number):
            return
        try:
            setting = self._new_setting(run)
        except LookupError as error:
            self._finish(number, error)
            return
        try:
            prepared = Run.prepare(setting)
        except WorkflowError as refusal:
            # The job of no workflow that was started: there is none.
            self._finish(number, RunResult(number, "startup_failure", {}, str(refusal)))
            return
        except Exception as error:  # noqa: BLE001  # raised again where the run is waited for
            self._finish(number, error)
            return
        place: Place | None = None
        if prepared.group is not None:
            groups = self._groups.setdefault(run["repository"].lower(), Groups())
            place = groups.join(prepared.group, setting.cancel)
            if place.state == "waiting":
                setting.update(status="pending")
        self._active[number] = setting
        thread = threading.Thread(target=self._execute, args=[prepared, place], name=f"run-{number}", daemon=True)
        self._threads = [known for known in self._threads if known.is_alive()] + [thread]
        thread.start()

    def _new_setting(self, run: Document) -> Setting:
        folder = self._folder / "runs" / str(run["id"])
        folder.mkdir(parents=True, exist_ok=True)
        return Setting(
            state=self._state,
            run=run,
            folder=folder,
            store=self._store,
            groups=self._groups.setdefault(run["repository"].lower(), Groups()),
            environ=self._environ,
            path=self._path,
            on_waiting=self._on_waiting,
            on_step=self._on_step,
            grace=self._grace,
            machines=self._machines,
        )

    def _execute(self, run: Run, place: Place | None) -> None:
        setting = run.setting
        try:
            result = self._run_in_turn(run, place)
        except BaseException as error:  # noqa: BLE001  # raised again where the run is waited for
            self._finish(setting.id, error)
        else:
            self._finish(setting.id, result)

    def _run_in_turn(self, run: Run, place: Place | None) -> RunResult:
        setting = run.setting
        if place is None:
            return run.execute(())
        try:
            if not setting.groups.wait(place, lambda: setting.cancellation is not None):
                newer = f"Canceling since a higher priority waiting request for '{place.group.name}' exists"
                return RunResult(setting.id, "cancelled", {}, setting.cancellation or newer)
            setting.update(status="in_progress")
            return run.execute((place,))
        finally:
            setting.groups.leave(place)

    def _finish(self, run: int, result: RunResult | BaseException) -> None:
        ended = result if isinstance(result, RunResult) else RunResult(run, "failure", {})
        try:
            end_run(
                self._state,
                run,
                conclusion=ended.conclusion,
                jobs=to_document(ended.jobs),
                message=ended.message,
            )
        except Exception as error:  # noqa: BLE001  # raised again where the run is waited for
            result = error
        with self._changed:
            self._active.pop(run, None)
            self._finished[run] = result
            self._changed.notify_all()

    def _setting(self, run: int) -> Setting:
        setting = self._active.get(run)
        if setting is None:
            raise RunnerError(f"run {run} is not under way; {self._describe(run)}")
        return setting

    def _describe(self, run: int) -> str:
        known = self._state.collection("github.workflow_runs").get(str(run))
        if known is None:
            return "the world does not know it"
        jobs = ", ".join(f"{job['id']} {job['conclusion']}" for job in known.get("jobs") or [])
        running = ", ".join(self._active[run].acts) if run in self._active else ""
        return f"it is {known['status']}; ended: {jobs or 'none'}; running: {running or 'none'}"


@contextlib.contextmanager
def actions_runner(
    state: State,
    *,
    environ: Mapping[str, str],
    folder: Path,
    on_waiting: OnWaiting | None = None,
    on_step: OnStep | None = None,
    runs_at_once: int = 4,
    jobs_at_once: int | None = None,
    grace: Grace | None = None,
) -> Iterator[Runner]:
    """A runner that takes a world's runs in the background, and ends with the block. Arguments as `Runner` has them."""
    runner = Runner(
        state,
        folder=folder,
        environ=environ,
        on_waiting=on_waiting,
        on_step=on_step,
        runs_at_once=runs_at_once,
        jobs_at_once=jobs_at_once,
        grace=grace,
    )
    thread = threading.Thread(target=runner.serve, name="actions-runner", daemon=True)
    thread.start()
    try:
        yield runner
    finally:
        runner.stop()
        thread.join()


def serve_runs(state: State, *, environ: Mapping[str, str], folder: Path, stopped: threading.Event) -> None:
    """Run a world's workflows until the event is set: for whatever serves the world for long."""
    Runner(state, folder=folder, environ=environ).serve(stopped)


def _path(tools: Path) -> str:
    """PATH of the steps: the sandbox's tools and this machine's own Python first, not the project's environment."""
    tools.mkdir(parents=True, exist_ok=True)
    for name, target in (("python3", PYTHON), ("python", PYTHON), ("npm", TOOLS / "npm"), ("npx", TOOLS / "npx")):
        link = tools / name
        with contextlib.suppress(FileExistsError):
            link.symlink_to(target)
    own = str(Path(sys.prefix) / "bin")
    rest = [entry for entry in os.environ["PATH"].split(os.pathsep) if entry and entry != own]
    return os.pathsep.join([str(tools), *rest])
