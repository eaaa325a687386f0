"""A plan as the rules read it: the events that the engine tells of a preview."""

from collections.abc import Iterable
from pathlib import Path

from pulumi import automation as auto

from policies.model import Resource, Stack
from policies.reading import STACK_TYPE, is_declared, name_of, read
from policies.stack_files import context_of

_GONE = frozenset({"delete", "delete-replaced", "discard-replaced", "remove-pending-replace", "read-discard"})
"""Operations after which a resource is no longer there."""


class Plan:
    """Gathers the events of one preview. It masks secrets, so the rules see where one is and not what it is."""

    def __init__(self, environment: str, root: Path) -> None:
        """For the stack of that name, whose file is in that folder."""
        self._context = context_of(environment, root)
        self._states: dict[str, auto.StepEventStateMetadata] = {}

    def take(self, event: auto.EngineEvent) -> None:
        """Take in an engine event."""
        told = event.resource_pre_event or event.res_outputs_event
        if told is None:
            return
        metadata = told.metadata
        operation = str(getattr(metadata.op, "value", metadata.op))
        if metadata.new is not None and operation not in _GONE:
            self._states[metadata.urn] = metadata.new

    def stack(self) -> Stack:
        """The stack as it would be."""
        outputs = [state.outputs for state in self._states.values() if state.type == STACK_TYPE]
        return Stack(
            context=self._context,
            resources=tuple(
                Resource(
                    type=state.type,
                    name=name_of(urn),
                    parent=name_of(state.parent),
                    inputs=read(dict(state.inputs or {})),
                    protect=bool(state.protect),
                )
                for urn, state in self._states.items()
                if is_declared(state.type)
            ),
            outputs=read(dict(outputs[0] or {})) if outputs else {},
        )


def read_plan(environment: str, root: Path, events: Iterable[auto.EngineEvent]) -> Stack:
    """The stack that a preview told of."""
    plan = Plan(environment, root)
    for event in events:
        plan.take(event)
    return plan.stack()
