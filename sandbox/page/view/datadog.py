"""What Datadog was told, and what its monitors say."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from sandbox.page.snapshot import Snapshot
from sandbox.page.stacks import Stack
from sandbox.page.view.entry import Entry, Outcome, milliseconds
from sandbox.world.state import Document

_ALERT_TYPES: Mapping[str, Outcome] = {"success": "success", "error": "failure", "warning": "waiting"}
_STATES: Mapping[str, Outcome] = {"OK": "success", "Alert": "failure", "Warn": "waiting"}
_NANOSECONDS = 1_000_000
"""In a millisecond."""


def monitors_of(snapshot: Snapshot, stack: Stack) -> list[Document]:
    """The monitors of an environment, by their tag."""
    return [monitor for monitor in snapshot.all("datadog.monitors").values() if f"env:{stack.name}" in monitor["tags"]]


def datadog_entries(snapshot: Snapshot, stacks: Sequence[Stack]) -> Iterator[Entry]:
    """Events, DORA deployments, and monitors: when an environment's were declared, and each that changed its state."""
    for number, event in snapshot.all("datadog.events").items():
        yield Entry(
            key=f"event {number}",
            at=event["date_happened"] * 1000,
            kind="datadog",
            environment=_tag(event["tags"], "env"),
            title=event["title"],
            text=event["text"],
            outcome=_ALERT_TYPES.get(event["alert_type"] or "", "info"),
        )
    for name, deployment in snapshot.all("datadog.dora_deployments").items():
        attributes = deployment["attributes"]
        failed = bool(attributes.get("change_failure"))
        yield Entry(
            key=f"dora {name}",
            at=attributes["finished_at"] // _NANOSECONDS,
            kind="datadog",
            environment=attributes.get("env") or "",
            title=f"DORA deployment {attributes.get('version') or name}{': a change that failed' if failed else ''}",
            text=(attributes.get("git") or {}).get("commit_sha", "")[:7],
            outcome="failure" if failed else "success",
        )
    for stack in stacks:
        monitors = monitors_of(snapshot, stack)
        if monitors:
            yield Entry(
                key=f"monitors {stack.name}",
                at=max(milliseconds(monitor["created"]) for monitor in monitors),
                kind="monitor",
                environment=stack.name,
                title=f"{len(monitors)} monitors watch {stack.name}",
                text="\n".join(monitor["name"] for monitor in monitors),
            )
        yield from _changes(monitors, stack)


def _changes(monitors: Sequence[Document], stack: Stack) -> Iterator[Entry]:
    for monitor in monitors:
        changed = monitor["overall_state_modified"]
        if changed:
            at = milliseconds(changed) if isinstance(changed, str) else _from_seconds(changed)
            yield Entry(
                key=f"monitor {monitor['id']} {changed}",
                at=at,
                kind="monitor",
                environment=stack.name,
                title=f"{monitor['name']}: {monitor['overall_state']}",
                outcome=_STATES.get(monitor["overall_state"], "info"),
            )


def _from_seconds(moment: float) -> int:
    return int(datetime.fromtimestamp(moment, UTC).timestamp() * 1000)


def _tag(tags: Sequence[str], name: str) -> str:
    return next((tag.partition(":")[2] for tag in tags if tag.startswith(f"{name}:")), "")
