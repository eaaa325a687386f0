"""Concurrency groups: one run or job of a group at a time, and of those that wait only the newest.

Source: https://docs.github.com/actions/concepts/workflows-and-actions/concurrency.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.actions.expressions.evaluation import is_true, to_text
from sandbox.actions.expressions.templates import value_of
from sandbox.actions.workflow_file import WorkflowError


@dataclass(frozen=True, slots=True)
class Group:
    """What a `concurrency:` asks for."""

    name: str
    cancel_in_progress: bool


@dataclass(eq=False, slots=True)
class Place:
    """A run's or job's place in a group."""

    group: Group
    cancel: Callable[[str], None]
    """Called with the reason when a newer one takes over what this one does."""
    state: str = "waiting"
    """`waiting`, `running`, or `superseded`."""


@dataclass(slots=True)
class Groups:
    """The groups of one repository, by name in lower case."""

    _changed: threading.Condition = field(default_factory=threading.Condition)
    _running: dict[str, Place] = field(default_factory=dict)
    _waiting: dict[str, Place] = field(default_factory=dict)

    def join(self, group: Group, cancel: Callable[[str], None]) -> Place:
        """Take a place: at once when the group is free, otherwise as the only one that waits."""
        place = Place(group, cancel)
        key = group.name.lower()
        with self._changed:
            running = self._running.get(key)
            if running is None:
                place.state = "running"
                self._running[key] = place
                return place
            older = self._waiting.get(key)
            if older is not None:
                older.state = "superseded"
                self._changed.notify_all()
            self._waiting[key] = place
        if group.cancel_in_progress:
            running.cancel(f"Canceling since a higher priority waiting request for '{group.name}' exists")
        return place

    def wait(self, place: Place, given_up: Callable[[], bool]) -> bool:
        """Wait for one's turn; False when a newer one took the place, or the waiting was given up."""
        key = place.group.name.lower()
        with self._changed:
            while place.state == "waiting":
                if given_up():
                    if self._waiting.get(key) is place:
                        del self._waiting[key]
                    return False
                # Giving up is nobody's event here: it is asked for now and then.
                self._changed.wait(0.05)
            return place.state == "running"

    def leave(self, place: Place) -> None:
        """Let the next one in."""
        key = place.group.name.lower()
        with self._changed:
            if self._waiting.get(key) is place:
                del self._waiting[key]
            if self._running.get(key) is not place:
                return
            del self._running[key]
            following = self._waiting.pop(key, None)
            if following is not None:
                following.state = "running"
                self._running[key] = following
            self._changed.notify_all()

    def holds(self, name: str, places: tuple[Place, ...]) -> bool:
        """Whether one of these places is the one that the group is busy with: to wait for it would never end."""
        with self._changed:
            return self._running.get(name.lower()) in places


def read_group(declared: Any, contexts: Mapping[str, Any], where: str) -> Group | None:
    """The group that a `concurrency:` names, its templates filled in; None when there is none.

    Raises:
        WorkflowError: it has a key that is not known here.
        ExpressionError: an expression of it cannot be computed.
    """
    if declared is None:
        return None
    rules = declared if isinstance(declared, dict) else {"group": declared}
    unknown = [name for name in rules if name not in ("group", "cancel-in-progress")]
    if unknown or "group" not in rules:
        problem = f"has `{unknown[0]}`, which the sandbox does not know" if unknown else "names no group"
        raise WorkflowError(f"{where}: `concurrency` {problem}.")
    name = to_text(value_of(rules["group"], contexts))
    if not name:
        return None
    return Group(name, is_true(value_of(rules.get("cancel-in-progress", False), contexts)))
