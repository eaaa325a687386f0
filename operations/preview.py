"""What an `up` would do, as a document: what a person reviews, and a digest of it that an `up` is held to."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from operations.operation import Operation, Resource

FILE_TYPE = "github:index/repositoryFile:RepositoryFile"
"""A file that the stack delivers to the app's repository."""

_PROVIDERS = "pulumi:providers:"
"""A provider is no resource of a service: where only its own inputs differ, as a token's do from job to job, an `up`
writes them into the state and asks nobody for anything."""

URGENCY = ("replace", "delete", "update", "create")
"""The operations that change something, with what may lose something first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A delivered file, before and after."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One resource that would not stay as it is."""

    operation: str
    urn: str
    type: str
    name: str
    changed: list[str]
    """The properties that differ, where the engine tells."""
    inputs: str
    """SHA-256 of what it would be made of: secrets are masked, and what is not known yet is not known to it."""
    outside: bool = False
    """Whether somebody changed it, so that it no longer is what the state says."""
    delivery: Delivery | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What an `up` of a stack would do."""

    stack: str
    succeeded: bool
    unchanged: int
    changes: list[Change]
    diagnostics: list[str] = field(default_factory=list)

    @property
    def digest(self) -> str:
        """SHA-256 of every change: the operation, the resource, the properties' names and what they would be.

        Two previews with the same digest would do the same. A secret counts by its name alone: its value is in neither.
        """
        told = [
            [change.operation, change.urn, change.changed, change.inputs]
            for change in sorted(self.changes, key=lambda change: change.urn)
        ]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    def counts(self) -> dict[str, int]:
        """Changes by operation, those that may lose something first; without those that there are none of."""
        counted = {name: sum(change.operation == name for change in self.changes) for name in URGENCY}
        return {name: number for name, number in counted.items() if number}

    def write(self, file: Path) -> None:
        """Write it as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({**asdict(self), "digest": self.digest}, indent=2) + "\n")

    @classmethod
    def read(cls, file: Path) -> "Preview":
        """Read what `write` wrote."""
        known = json.loads(file.read_text())
        return cls(
            stack=known["stack"],
            succeeded=known["succeeded"],
            unchanged=known["unchanged"],
            changes=[_read_change(change) for change in known["changes"]],
            diagnostics=known["diagnostics"],
        )


def preview_of(operation: Operation) -> Preview:
    """What a run of `preview` tells."""
    resources = [each for each in operation.resources.values() if not each.type.startswith(_PROVIDERS)]
    return Preview(
        stack=operation.stack,
        succeeded=operation.succeeded,
        unchanged=sum(resource.operation == "same" for resource in resources),
        changes=[
            _change(resource, outside=resource.urn in operation.drifted)
            for resource in resources
            if resource.operation != "same"
        ],
        diagnostics=operation.diagnostics,
    )


def _read_change(known: dict[str, Any]) -> Change:
    delivery = known.pop("delivery")
    return Change(**known, delivery=Delivery(**delivery) if delivery else None)


def _change(resource: Resource, *, outside: bool) -> Change:
    return Change(
        operation=resource.operation,
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        changed=resource.changed,
        inputs=hashlib.sha256(json.dumps(resource.after, sort_keys=True).encode()).hexdigest(),
        outside=outside,
        delivery=_delivery(resource.before, resource.after) if resource.type == FILE_TYPE else None,
    )


def _delivery(before: Mapping[str, Any], after: Mapping[str, Any]) -> Delivery | None:
    """The file's text on both sides; none where it stays the same and something else about it changes."""
    old, new = str(before.get("content", "")), str(after.get("content", ""))
    path = str(after.get("file") or before.get("file"))
    return Delivery(path=path, before=old, after=new) if old != new else None
