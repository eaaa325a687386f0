"""What an `up` would do, as a document: what a person reviews, and a digest of it that an `up` is held to."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from operations.operation import STACK_TYPE, Operation, Resource

FILE_TYPE = "github:index/repositoryFile:RepositoryFile"
"""A file that the stack delivers to the app's repository."""

_PROVIDERS = "pulumi:providers:"
"""A provider is no resource of a service, but with which credentials, and for whom, it asks is in the state. So a new
provider and new inputs are a change; where an old one is forgotten, something else that is listed took its place."""

URGENCY = ("replace", "delete", "update", "create")
"""The operations that change something, with what may lose something first."""

_TYPE = re.compile(r"[\w:/.-]+")
"""A resource's type, such as `vercel:index/projectDomain:ProjectDomain`."""


class PreviewError(Exception):
    """A file is not what `Preview.write` writes; the message says what about it is not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A delivered file, before and after."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """One resource that would not stay as it is; of the stack itself, its outputs."""

    operation: str
    urn: str
    type: str
    name: str
    changed: list[str]
    """The properties that differ, where the engine tells; options with what they would be, `protect: true`."""
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

        Two previews with the same digest would do the same, as far as the engine tells: to which resources, in which
        properties, with `protect` and `retainOnDelete`; with which inputs of the providers; to which of the stack's
        outputs. A secret counts by its name alone: its value is in neither, so that one secret instead of another is
        the same. What is known only once something was made is not in it either.
        """
        told = sorted([change.urn, change.operation, change.changed, change.inputs] for change in self.changes)
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
        """Read what `write` wrote. A pull request's own code may have written it: nothing in it is believed unseen.

        Raises:
            PreviewError: it is something else, or of another stack than the file's name says.
        """
        try:
            known = json.loads(file.read_text())
            made = cls(
                stack=known["stack"],
                succeeded=known["succeeded"],
                unchanged=known["unchanged"],
                changes=[_read_change(change) for change in known["changes"]],
                diagnostics=known["diagnostics"],
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise PreviewError(f"{file} is no preview: {type(error).__name__}. Run `preview` again.") from error
        if not _has_type(made, cls):
            raise PreviewError(f"{file} is no preview: a value is of another type. Run `preview` again.")
        if made.stack != file.stem:
            raise PreviewError(f"{file} is of another stack than its name says. Run `preview` again.")
        if not all(_TYPE.fullmatch(change.type) and change.operation in URGENCY for change in made.changes):
            raise PreviewError(f"{file} tells of a change that the engine does not make. Run `preview` again.")
        return made


def preview_of(operation: Operation) -> Preview:
    """What a run of `preview` tells."""
    unchanged = 0
    changes: list[Change] = []
    for resource in operation.resources.values():
        provider = resource.type.startswith(_PROVIDERS)
        change = _change(resource, outside=resource.urn in operation.drifted)
        if change is None:
            unchanged += not provider
        elif not (provider and change.operation == "delete"):
            changes.append(change)
    for resource in operation.replaced.values():
        made_anew = operation.resources.get(resource.urn)
        # A replacement that an earlier `up` did not finish: it is listed nowhere else.
        if made_anew is None or made_anew.operation != "replace":
            changes.append(_described(resource, "delete", resource.changed))
    return Preview(
        stack=operation.stack,
        succeeded=operation.succeeded,
        unchanged=unchanged,
        changes=changes,
        diagnostics=operation.diagnostics,
    )


def _read_change(known: dict[str, Any]) -> Change:
    delivery = known.pop("delivery")
    return Change(**known, delivery=Delivery(**delivery) if delivery else None)


def _has_type(value: object, kind: Any) -> bool:
    """Whether a value, and what it holds, is what the fields of these dataclasses may hold; a bool is no number."""
    if get_origin(kind) is list:
        return isinstance(value, list) and all(_has_type(each, get_args(kind)[0]) for each in value)
    if get_args(kind):
        return any(_has_type(value, each) for each in get_args(kind))
    if is_dataclass(kind) and isinstance(value, kind):
        return all(_has_type(getattr(value, name), hint) for name, hint in get_type_hints(kind).items())
    return type(value) is kind


def _change(resource: Resource, *, outside: bool) -> Change | None:
    """What would become of a resource; None where it stays as it is."""
    operation, changed = resource.operation, [*resource.changed, *resource.options]
    if resource.type == STACK_TYPE and operation in ("same", "update"):
        changed += _differing(resource.before, resource.after)
    elif resource.type.startswith(_PROVIDERS) and operation == "update":
        changed = changed or _differing(resource.before, resource.after) or _masked(resource.after)
    if operation == "same":
        if not changed:
            return None
        operation = "update"
    return _described(resource, operation, changed, outside=outside)


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _masked(inputs: Mapping[str, Any]) -> list[str]:
    """The secrets among a provider's inputs: what differs where nothing that can be seen does."""
    return sorted(name for name, value in inputs.items() if "[secret]" in json.dumps(value))


def _described(resource: Resource, operation: str, changed: list[str], *, outside: bool = False) -> Change:
    return Change(
        operation=operation,
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        changed=changed,
        inputs=hashlib.sha256(json.dumps(resource.after, sort_keys=True).encode()).hexdigest(),
        outside=outside,
        delivery=_delivery(resource.before, resource.after) if resource.type == FILE_TYPE else None,
    )


def _delivery(before: Mapping[str, Any], after: Mapping[str, Any]) -> Delivery | None:
    """The file's text on both sides; none where it stays the same and something else about it changes."""
    old, new = str(before.get("content", "")), str(after.get("content", ""))
    path = str(after.get("file") or before.get("file"))
    return Delivery(path=path, before=old, after=new) if old != new else None
