"""Runs the engine on a stack of the sandbox, with the providers that stand in for the real ones."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from operations.operation import Operation
from operations.stack import Kind, OnResource, Stack
from sandbox.providers.provider import Pace
from sandbox.providers.server import serve
from sandbox.workspace import Workspace


class Runner:
    """One stack of the sandbox and the engine's operations on it."""

    def __init__(self, workspace: Workspace, stack: str, urls: Mapping[str, str], pace: Pace | None = None) -> None:
        """Work on a prepared workspace; `urls` says where the services are, `pace` how patient providers are."""
        self._workspace = workspace
        self._stack = stack
        self._urls = urls
        self._pace = pace

    def run(self, kind: Kind, on_resource: OnResource | None = None, **options: Any) -> Operation:
        """Run one operation.

        Args:
            kind: which.
            on_resource: called with each resource as the engine finishes it.
            options: those of `operations.stack.Stack.run`.

        Returns:
            What happened, also when it failed: `succeeded` tells, `diagnostics` says why. A `destroy` of a stack with
            protected resources is refused as a whole: the engine would delete everything else before it fails.
        """
        workspace = self._workspace
        if kind == "destroy" and (protected := workspace.protected(self._stack)):
            refused = Operation(stack=self._stack, kind=kind)
            refused.diagnostics.append(_refusal(self._stack, protected, workspace.home))
            return refused
        with serve(self._urls, self._pace) as debug_providers:
            operation = Stack(
                name=self._stack,
                project=workspace.project,
                folder=workspace.folder,
                engine=workspace.engine,
                environment={**workspace.environment(), "PULUMI_DEBUG_PROVIDERS": debug_providers},
                make=True,
            ).run(kind, on_resource, **options)
        if kind != "preview" and operation.resources:
            # The Automation API would have every secret decrypted to tell which outputs hold one.
            operation.outputs = workspace.outputs(self._stack)
        return operation


def _refusal(stack: str, protected: Sequence[str], home: Path) -> str:
    """Which resources keep a stack from being deleted, and what to type either way."""
    names = ", ".join(urn.rpartition("::")[2] for urn in protected)
    return (
        f"{stack} was not touched, nothing was deleted: {names} {'is' if len(protected) == 1 else 'are'} protected, "
        "as their loss would hurt.\nTo take down staging alone:\n  STACK=staging make down\n"
        f"To delete {stack} all the same, lift the protection first (the next `make up` puts it back):\n"
        f"  .venv/bin/python -m sandbox exec --home {home} -- pulumi state unprotect --all --yes --stack {stack}\n"
        f"  STACK={stack} make down"
    )
