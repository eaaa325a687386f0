"""What all jobs of one run share."""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sandbox.actions import environments, event
from sandbox.actions.act import Act, Grace
from sandbox.actions.concurrency import Groups
from sandbox.actions.moments import OnStep, OnWaiting
from sandbox.world.github import history
from sandbox.world.github.access import find_repository
from sandbox.world.github.git_store import GitStore
from sandbox.world.github.workflow_runs import update_run
from sandbox.world.state import Document, State


@dataclass(slots=True)
class Setting:
    """One run while it is executed."""

    state: State
    run: Document
    folder: Path
    """The run's own."""
    store: GitStore
    groups: Groups
    environ: Mapping[str, str]
    path: str
    on_waiting: OnWaiting | None
    on_step: OnStep | None
    grace: Grace
    machines: threading.Semaphore | None = None
    """Counts those that are free; None where every job has its own at once, as at GitHub."""
    repository: Document = field(init=False)
    commit: Document = field(init=False)
    payload: dict[str, Any] = field(init=False)
    github: dict[str, Any] = field(init=False)
    acts: dict[str, Act] = field(default_factory=dict)
    """The jobs that run now."""
    cancellation: str | None = None
    """Why the run is cancelled; None while it is not."""
    _waiting_for: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _cancelling: list[Callable[[], None]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Look up what the run is of. Raises LookupError for what the world does not have."""
        repository = find_repository(self.state, *self.run["repository"].split("/"))
        commit = history.find_commit(self.state, repository, self.run["sha"]) if repository else None
        if repository is None or commit is None:
            raise LookupError(f"run {self.run['id']} is of {self.run['repository']} at {self.run['sha']}: unknown")
        self.repository = repository
        self.commit = commit
        self.payload = event.payload(self.state, repository, self.run, commit)
        self.github = event.github_context(repository, self.run, self.state, self.payload)

    @property
    def id(self) -> int:
        """The run's number."""
        return self.run["id"]

    @property
    def from_fork(self) -> bool:
        """Whether the files that are run are a fork's: such a run may read, and gets no secrets.

        Source: https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows#pull_request.
        """
        return self.run["event"] == "pull_request" and self.run["head_repository"] != self.run["repository"]

    def read(self, path: str) -> bytes | None:
        """A file of the run's commit."""
        return history.read_file(self.state, self.commit, path)

    def environment_names(self) -> list[str]:
        """The environments of the repository."""
        return environments.environment_names(self.state, self.repository)

    def update(self, **changes: Any) -> None:
        """Write what became of the run into the world."""
        update_run(self.state, self.id, **changes)

    @contextmanager
    def waiting_for(self, environment: str) -> Iterator[None]:
        """A job waits for an environment: the run's `status` says that one does, and `waiting_for` for which."""
        self._wait(lambda: self._waiting_for.append(environment))
        try:
            yield
        finally:
            self._wait(lambda: self._waiting_for.remove(environment))

    def _wait(self, change: Callable[[], None]) -> None:
        with self._lock:
            change()
            waiting = list(dict.fromkeys(self._waiting_for))
            self.update(status="waiting" if waiting else "in_progress", waiting_for=waiting)

    def cancel(self, reason: str) -> None:
        """Cancel the run: what runs is ended, what waits does not start."""
        with self._lock:
            if self.cancellation is not None:
                return
            self.cancellation = reason
            actions = list(self._cancelling)
        for action in actions:
            # Each may take as long as its step's grace.
            threading.Thread(target=action, daemon=True).start()

    def when_cancelled(self, action: Callable[[], None]) -> Callable[[], None]:
        """Have something done when the run is cancelled, at once when it is already; returns how to forget it."""
        with self._lock:
            if self.cancellation is None:
                self._cancelling.append(action)
                return lambda: self._forget(action)
        return lambda: None

    def _forget(self, action: Callable[[], None]) -> None:
        with self._lock:
            if action in self._cancelling:
                self._cancelling.remove(action)
