"""What one run of the engine did: every resource with its operation, what went wrong, and the outputs, masked."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pulumi import automation as auto

STACK_TYPE = "pulumi:pulumi:Stack"
"""The stack itself, as its own root resource: what the program exports are its outputs."""

OPERATIONS = {
    # the engine's word for a step: ours, None where the step is part of another
    "create": "create",
    "same": "same",
    "update": "update",
    "replace": "replace",
    "delete": "delete",
    "import": "create",
    "refresh": "same",
    "create-replacement": None,
    "delete-replaced": None,
    "discard-replaced": None,
    "remove-pending-replace": None,
    "read": None,
    "read-replacement": None,
    "read-discard": None,
}


@dataclass(kw_only=True, slots=True)
class Resource:
    """One resource of a run."""

    urn: str
    type: str
    name: str
    parent: str
    operation: str
    changed: list[str] = field(default_factory=list)
    """The properties that differ, where the engine told."""
    options: list[str] = field(default_factory=list)
    """Its options that differ, with what they would be, `protect: true`: also where the operation is `same`."""
    failed: bool = False
    before: Mapping[str, Any] = field(default_factory=dict)
    """What the state has of it: what the service answered, over what it was asked for. Secrets are masked."""
    after: Mapping[str, Any] = field(default_factory=dict)
    """What the program asks for; empty where it asks for it no more. The stack's own are its outputs. Secrets are
    masked."""


@dataclass(kw_only=True, slots=True)
class Operation:
    """A run of the engine on one stack."""

    stack: str
    kind: str
    """`up`, `preview`, `refresh` or `destroy`."""
    resources: dict[str, Resource] = field(default_factory=dict)
    """By URN, in the order in which the engine took them up."""
    diagnostics: list[str] = field(default_factory=list)
    """Errors and warnings, without colours."""
    outputs: dict[str, Any] = field(default_factory=dict)
    """The stack's, with `[secret]` for every secret."""
    succeeded: bool = False
    drifted: set[str] = field(default_factory=set)
    """The URNs of what a refresh found changed or deleted."""
    replaced: dict[str, Resource] = field(default_factory=dict)
    """By URN, what this run deletes of a resource that is replaced, or was by an earlier run that was cut off."""
    locked_by: str = ""
    """Who holds the stack's lock, in the engine's words, where that kept the operation from beginning."""

    def counts(self) -> dict[str, int]:
        """Resources by operation, every operation named."""
        counted = Counter(resource.operation for resource in self.resources.values())
        return {operation: counted[operation] for operation in ("create", "same", "update", "replace", "delete")}

    def summary(self) -> dict[str, Any]:
        """As it stands in `up.json`."""
        return {
            "succeeded": self.succeeded,
            "operations": self.counts(),
            "resources": [
                {
                    "type": resource.type,
                    "name": resource.name,
                    "operation": resource.operation,
                    **({"changed": resource.changed} if resource.changed else {}),
                    **({"failed": True} if resource.failed else {}),
                }
                for resource in self.resources.values()
            ],
            "outputs": self.outputs,
            **({"diagnostics": self.diagnostics} if self.diagnostics else {}),
        }

    def take(self, event: auto.EngineEvent) -> Resource | None:
        """Take in an engine event; gives the resource that it finished, if it did."""
        if event.resource_pre_event is not None:
            self._begin(event.resource_pre_event.metadata)
        elif event.res_outputs_event is not None:
            metadata = event.res_outputs_event.metadata
            self._begin(metadata)
            if metadata.type == STACK_TYPE and metadata.new and (stack := self.resources.get(metadata.urn)):
                stack.after = metadata.new.outputs or {}
            if metadata.op.value == "refresh" and (metadata.diffs or metadata.new is None):
                self.drifted.add(metadata.urn)
            return self.resources.get(metadata.urn)
        elif event.res_op_failed_event is not None:
            metadata = event.res_op_failed_event.metadata
            self._begin(metadata)
            if resource := self.resources.get(metadata.urn):
                resource.failed = True
                return resource
        elif event.diagnostic_event is not None and event.diagnostic_event.severity in ("error", "warning"):
            self._note(event.diagnostic_event.message.strip())
        return None

    def _note(self, message: str) -> None:
        """Keep a message, unless it repeats one: the language host wraps the program's own error in another."""
        if message and not any(known in message for known in self.diagnostics):
            self.diagnostics.append(message)

    def _begin(self, metadata: auto.StepEventMetadata) -> None:
        operation = OPERATIONS.get(metadata.op.value)
        if metadata.op.value == "delete-replaced":
            self.replaced[metadata.urn] = _resource(metadata, "delete")
        if operation is None:
            return
        known = self.resources.get(metadata.urn)
        if known is not None and known.operation == "replace":
            return
        self.resources[metadata.urn] = _resource(metadata, operation)


def _resource(metadata: auto.StepEventMetadata, operation: str) -> Resource:
    old, new = metadata.old, metadata.new
    state = new or old
    return Resource(
        urn=metadata.urn,
        type=metadata.type,
        name=metadata.urn.rsplit("::", 1)[-1],
        parent=state.parent if state else "",
        operation=operation,
        changed=sorted((metadata.detailed_diff or {}).keys()) or list(metadata.diffs or []),
        options=_options(old, new) if old and new else [],
        before={**(old.inputs or {}), **(old.outputs or {})} if old else {},
        after=new.inputs or {} if new and operation != "delete" else {},
    )


def _options(old: auto.StepEventStateMetadata, new: auto.StepEventStateMetadata) -> list[str]:
    """What the engine keeps of a resource beside its inputs, and does not count as an update."""
    pairs = {
        "protect": (bool(old.protect), bool(new.protect)),
        "retainOnDelete": (bool(old.retain_on_delete), bool(new.retain_on_delete)),
    }
    return [f"{name}: {str(after).lower()}" for name, (before, after) in pairs.items() if before != after]
