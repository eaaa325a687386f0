"""What the program registers on mocks, as the rules read it."""

import functools
from pathlib import Path
from typing import Any

from policies.model import Resource, Secret, Stack
from policies.stack_files import context_of
from tests.components import recording
from tests.components.recording import Recording, main_program, record
from tests.example import EXAMPLE


@functools.cache
def recorded(stack: str) -> Stack:
    """The example's stack of that name."""
    return as_stack(stack, record(main_program, stack=stack))


def as_stack(name: str, recorded: Recording, folder: Path = EXAMPLE) -> Stack:
    """A recording of a stack whose file is in a folder, as the rules read it."""
    registered = {resource.name for resource in recorded.resources}
    return Stack(
        context=context_of(name, folder),
        resources=tuple(
            Resource(
                type=resource.type,
                name=resource.name,
                parent=resource.parent if resource.parent in registered else "",
                inputs=_marked(resource.inputs),
                protect=resource.protect,
            )
            for resource in recorded.resources
        ),
        outputs=_marked(recorded.outputs),
    )


def _marked(value: Any) -> Any:
    """With each secret as the rules know it."""
    if isinstance(value, recording.Secret):
        return Secret(value.value)
    if isinstance(value, dict):
        return {key: _marked(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_marked(entry) for entry in value]
    return value
