"""Small changes to a stack: another input, one resource less, a file more."""

import copy
import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any

from policies.model import Resource, Secret, Stack

Change = Callable[[Stack], Stack]


def each(name: str, change: Callable[[Resource], Resource]) -> Change:
    """Change the one resource of that name."""

    def changed(stack: Stack) -> Stack:
        assert [resource.name for resource in stack.resources].count(name) == 1, name
        resources = tuple(change(resource) if resource.name == name else resource for resource in stack.resources)
        assert resources != stack.resources, name
        return dataclasses.replace(stack, resources=resources)

    return changed


def edit(name: str, change: Callable[[Any], object]) -> Change:
    """Change a copy of the inputs of the resource of that name, in place."""

    def changed(resource: Resource) -> Resource:
        inputs = copy.deepcopy(dict(resource.inputs))
        change(inputs)
        return dataclasses.replace(resource, inputs=inputs)

    return each(name, changed)


def put(name: str, /, **inputs: Any) -> Change:
    """Give inputs other values; None leaves one out."""

    def change(held: dict[str, Any]) -> None:
        held.update(inputs)
        for key, value in inputs.items():
            if value is None:
                del held[key]

    return edit(name, change)


def rewrite(name: str, key: str, pattern: str | re.Pattern[str], replacement: str, count: int = 1) -> Change:
    """Rewrite a text among the inputs."""

    def change(held: dict[str, Any]) -> None:
        held[key] = re.sub(pattern, replacement, held[key], count=count)

    return edit(name, change)


def say(name: str, text: str) -> Change:
    """Add a text to the end of a message or of a file's content."""

    def change(held: dict[str, Any]) -> None:
        key = "content" if "content" in held else "message"
        held[key] += text

    return edit(name, change)


def rename(name: str, to: str) -> Change:
    """Give a resource another name in the stack."""
    return each(name, lambda resource: dataclasses.replace(resource, name=to))


def option(name: str, **options: Any) -> Change:
    """Change what a resource has beside its inputs."""
    return each(name, lambda resource: dataclasses.replace(resource, **options))


def drop(*names: str) -> Change:
    """Leave resources out."""

    def changed(stack: Stack) -> Stack:
        assert set(names) <= {resource.name for resource in stack.resources}, names
        kept = tuple(resource for resource in stack.resources if resource.name not in names)
        return dataclasses.replace(stack, resources=kept)

    return changed


def add(kind: str, name: str, parent: str, inputs: Mapping[str, Any] | None = None) -> Change:
    """Declare one more resource."""
    more = Resource(type=kind, name=name, parent=parent, inputs=inputs or {})
    return lambda stack: dataclasses.replace(stack, resources=(*stack.resources, more))


def output(name: str, value: Any) -> Change:
    """Export something more."""
    return lambda stack: dataclasses.replace(stack, outputs={**stack.outputs, name: value})


def file(path: str, content: str, name: str = "") -> Change:
    """Deliver one more file."""
    inputs = {"file": path, "content": content, "branch": "main", "repository": "ai-tools"}
    return add("github:index/repositoryFile:RepositoryFile", name or f"workflows-{path}", "workflows", inputs)


def both(*changes: Change) -> Change:
    """One after the other."""

    def changed(stack: Stack) -> Stack:
        for change in changes:
            stack = change(stack)
        return stack

    return changed


def rules_of_branch(change: Callable[[Any], object]) -> Change:
    """Change the rules of the ruleset."""
    return edit("branch-ruleset", lambda held: change(held["rules"]))


def reveal(name: str, key: str) -> Change:
    """Hand a secret over as plain text."""

    def change(held: dict[str, Any]) -> None:
        secret = held[key]
        assert isinstance(secret, Secret)
        held[key] = secret.value

    return edit(name, change)


def without_tag(name: str, prefix: str) -> Change:
    """Take a tag off."""
    return edit(name, lambda held: held.update(tags=[tag for tag in held["tags"] if not tag.startswith(prefix)]))
