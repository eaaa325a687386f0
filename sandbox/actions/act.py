"""One run of act: a job on this machine, its steps as processes of this user. https://nektosact.com.

Secrets reach it in files that only this user can read, never in its arguments.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.actions import processes
from sandbox.actions.job_file import STEP_SHELL

Event = Mapping[str, Any]
POLL_SECONDS = 0.01


class ActError(Exception):
    """act is not there."""


@dataclass(frozen=True, slots=True)
class Grace:
    """How long a cancelled step is given after SIGINT, and then after SIGTERM.

    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-cancellation.
    """

    interrupt: float = 7.5
    terminate: float = 2.5


@dataclass(frozen=True, slots=True)
class Order:
    """What act is to do."""

    folder: Path
    """Its own, empty, in the job's: it keeps everything below it."""
    workflow: Mapping[str, Any]
    event: str
    payload: Mapping[str, Any]
    secrets: Mapping[str, str]
    variables: Mapping[str, str]
    environ: Mapping[str, str]
    """For the steps, above what the workflow and the job set."""
    actor: str
    actions: Mapping[str, Path]
    """The folder that stands in for an action, by `owner/name@ref`."""
    path: str
    """PATH of the steps."""


def find_act() -> str:
    """The `act` command: of this Python's environment, or on PATH.

    Raises:
        ActError: there is none.
    """
    beside = Path(sys.executable).parent / "act"
    found = str(beside) if beside.exists() else shutil.which("act")
    if found is None:
        raise ActError("There is no `act`, which runs workflows here. `uv sync --all-groups` installs it.")
    return found


class Act:
    """A running act."""

    def __init__(self, order: Order, tracking: str) -> None:
        """Start it. Every process below it carries the tracking ID."""
        self._tracking = tracking
        self._ending = threading.Lock()
        self.killed = False
        self.cancelled = False
        self._folder = order.folder.parent
        self._held: list[int] = []
        home = order.folder / "home"
        empty = order.folder / "empty"
        for made in (home, empty):
            made.mkdir(parents=True)
        environ = {**order.environ, processes.TRACKING: tracking}
        files = {
            "workflow.yml": order.workflow,
            "event.json": order.payload,
            "secrets.yml": order.secrets,
            "variables.yml": order.variables,
            "environment.yml": environ,
        }
        for name, content in files.items():
            _write_private(order.folder / name, content)
        arguments = [
            find_act(),
            order.event,
            "--json",
            "--no-cache-server",
            "--no-skip-checkout",
            "--platform=ubuntu-latest=-self-hosted",
            f"--directory={empty}",
            f"--workflows={order.folder / 'workflow.yml'}",
            f"--eventpath={order.folder / 'event.json'}",
            f"--secret-file={order.folder / 'secrets.yml'}",
            f"--var-file={order.folder / 'variables.yml'}",
            f"--env-file={order.folder / 'environment.yml'}",
            f"--input-file={os.devnull}",
            f"--action-cache-path={order.folder / 'work'}",
            f"--actor={order.actor}",
            *(f"--local-repository={name}={folder}" for name, folder in order.actions.items()),
        ]
        self._process = subprocess.Popen(
            arguments,
            cwd=empty,
            # Nothing of this process's own environment: act would hand it on to every step.
            env={"PATH": order.path, "HOME": str(home), "LANG": "C.UTF-8", processes.TRACKING: tracking},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def events(self) -> Iterator[Event]:
        """What it logs, line by line until it ends; what is no JSON has only `msg`."""
        with self._process:
            if self._process.stdout is None:
                raise ActError("act was started without a way to read its log")
            try:
                for line in self._process.stdout:
                    yield _parse(line.decode(errors="replace"))
            except GeneratorExit:
                # Whoever reads has given up: the job must not go on behind its back.
                self.kill()
                raise
        with self._ending:
            # What its steps left behind ends with the job.
            processes.kill_tracked(self._tracking)

    def kill(self) -> None:
        """SIGKILL act and everything below it, as if the machine had gone."""
        self.killed = True
        processes.send(self._process.pid, signal.SIGKILL)
        processes.kill_tracked(self._tracking)

    def cancel(self, grace: Grace, *, stop_step: bool) -> None:
        """Cancel the job: the step that runs gets SIGINT, SIGTERM, SIGKILL; then come those that always run.

        Args:
            grace: how long the step is given.
            stop_step: False to let the present step go on, as one whose condition still holds does.
        """
        with self._ending:
            if self._process.poll() is not None:
                return
            self.cancelled = True
            if stop_step:
                self._end_step(grace)
            processes.send(self._process.pid, signal.SIGINT)
        # The step is over once act has ended what ran it; those that follow must not be held.
        for step in self._held:
            while processes.is_alive(step) and self._process.poll() is None:
                time.sleep(POLL_SECONDS)
        (self._folder / "cancelling").unlink(missing_ok=True)

    def _end_step(self, grace: Grace) -> None:
        """End the step's command. What ran it stays until act, which must know why by then, ends it."""
        (self._folder / "cancelling").touch()
        ended = self._folder / "ended"
        for step in processes.children(self._process.pid):
            if str(STEP_SHELL) not in processes.command(step):
                # A stand-in's: it does nothing that would need to be ended with care.
                continue
            self._held.append(step)
            inside = [child for child in processes.children(step) if processes.command(child)[:1] != ["cat"]]
            for number, seconds in ((signal.SIGINT, grace.interrupt), (signal.SIGTERM, grace.terminate)):
                for entry in inside:
                    processes.send(entry, number)
                deadline = time.monotonic() + seconds
                while not ended.exists() and processes.is_alive(step) and time.monotonic() < deadline:
                    time.sleep(POLL_SECONDS)
            if not ended.exists():
                for process in processes.descendants(step):
                    processes.send(process, signal.SIGKILL)


def _parse(line: str) -> Event:
    try:
        event = json.loads(line)
    except ValueError:
        return {"msg": line}
    return event if isinstance(event, dict) else {"msg": line}


def _write_private(path: Path, content: Any) -> None:
    # JSON is YAML, and needs no care with quotes; what act reads as YAML knows no surrogate pairs.
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        json.dump(content, file, ensure_ascii=False)
