"""Shows what the engine did: a tree of resources, what failed, the outputs, and `up.json` for machines."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from operations.operation import Operation, Resource

LONGEST_OUTPUT = 4
"""Entries of an output that are still printed."""

SIGNS = {
    "create": ("+", "green"),
    "same": ("=", "dim"),
    "update": ("~", "yellow"),
    "replace": ("±", "magenta"),
    "delete": ("-", "red"),
}


def show_resource(console: Console, resource: Resource) -> None:
    """A line for a resource that was touched; unchanged ones are only counted at the end."""
    if resource.failed or resource.operation != "same":
        console.print(Text("  ") + _line(resource), soft_wrap=True)


def show_operation(console: Console, operation: Operation) -> None:
    """The whole of an operation: tree, what went wrong, counts, outputs."""
    console.print(_tree(operation), soft_wrap=True)
    for diagnostic in operation.diagnostics:
        console.print(Text(diagnostic, style="red" if not operation.succeeded else "yellow"), soft_wrap=True)
    counted = ", ".join(
        f"{number} {_past(name, operation.kind)}" for name, number in operation.counts().items() if number
    )
    verdict = Text("succeeded", style="green") if operation.succeeded else Text("failed", style="bold red")
    console.print(Text.assemble(f"{operation.kind} of {operation.stack} ", verdict, f": {counted or 'nothing to do'}"))
    for name, value in operation.outputs.items():
        console.print(Text(f"  {name}: {_short(value)}"), soft_wrap=True)


def write_summary(path: Path, operations: Sequence[Operation]) -> None:
    """Write `up.json`: by stack, the resources by operation, each resource, and the outputs with secrets masked."""
    unfinished = path.with_suffix(".new")
    unfinished.write_text(
        json.dumps({operation.stack: operation.summary() for operation in operations}, indent=2) + "\n"
    )
    unfinished.rename(path)


def _tree(operation: Operation) -> Tree:
    root = Tree(f"[bold]{operation.stack}[/bold]")
    branches: dict[str, Tree] = {}
    # A child can come before its parent: deletions run from the leaves up.
    for urn in operation.resources:
        _branch(operation, urn, branches, root)
    return root


def _branch(operation: Operation, urn: str, branches: dict[str, Tree], root: Tree) -> Tree:
    if urn in branches:
        return branches[urn]
    resource = operation.resources[urn]
    parent = root if resource.parent not in operation.resources else _branch(operation, resource.parent, branches, root)
    branches[urn] = parent.add(_line(resource))
    return branches[urn]


def _line(resource: Resource) -> Text:
    sign, style = ("!", "bold red") if resource.failed else SIGNS[resource.operation]
    kind = resource.type.rsplit(":", 1)[-1] if not resource.type.startswith("pulumi:") else resource.type
    changed = f"  [{', '.join(resource.changed)}]" if resource.changed else ""
    return Text.assemble((f"{sign} ", style), (kind, "bold"), f" {resource.name}", (changed, "yellow"))


def _short(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (dict, list)) and len(value) > LONGEST_OUTPUT:
        return f"{len(value)} entries, in .sandbox/up.json"
    return json.dumps(value)


def _past(operation: str, kind: str) -> str:
    words = {"create": "created", "same": "unchanged", "update": "updated", "replace": "replaced", "delete": "deleted"}
    return f"to {operation}" if kind == "preview" and operation != "same" else words[operation]
