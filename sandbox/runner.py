"""Runs the engine on a stack: the `__main__.py` that `pulumi up` runs, in process, so no language host is needed."""

import runpy
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from pulumi import automation as auto
from pulumi.automation import errors

from sandbox.operation import Operation, Resource
from sandbox.providers.provider import Pace
from sandbox.providers.server import serve
from sandbox.workspace import Workspace

Kind = Literal["up", "preview", "refresh", "destroy"]
OnResource = Callable[[Resource], None]


class Runner:
    """One stack of the sandbox and the engine's operations on it."""

    def __init__(self, workspace: Workspace, stack: str, urls: Mapping[str, str], pace: Pace | None = None) -> None:
        """Work on a prepared workspace; `urls` says where the services are, `pace` how patient providers are."""
        self._workspace = workspace
        self._stack = stack
        self._urls = urls
        self._pace = pace

    def run(self, kind: Kind, on_resource: OnResource | None = None) -> Operation:
        """Run one operation.

        Args:
            kind: which.
            on_resource: called with each resource as the engine finishes it.

        Returns:
            What happened, also when it failed: `succeeded` tells, `diagnostics` says why. A `destroy` of a stack with
            protected resources is refused as a whole: the engine would delete everything else before it fails.
        """
        operation = Operation(stack=self._stack, kind=kind)
        if kind == "destroy" and (protected := self._workspace.protected(self._stack)):
            operation.diagnostics.append(_refusal(self._stack, protected, self._workspace.home))
            return operation

        def take(event: auto.EngineEvent) -> None:
            finished = operation.take(event)
            if finished is not None and on_resource is not None:
                on_resource(finished)

        with serve(self._urls, self._pace) as debug_providers:
            try:
                stack = self._select(debug_providers)
                try:
                    getattr(stack, kind)(on_event=take)
                    operation.succeeded = True
                finally:
                    if kind != "preview":
                        # The Automation API would have every secret decrypted to tell which outputs hold one.
                        operation.outputs = self._workspace.outputs(self._stack)
            except errors.CommandError as error:
                operation.succeeded = False
                operation.diagnostics = operation.diagnostics or [_complaint(error)]
        return operation

    def _select(self, debug_providers: str) -> auto.Stack:
        workspace = self._workspace
        return auto.create_or_select_stack(
            stack_name=self._stack,
            project_name=workspace.project_name(),
            program=lambda: run_program(workspace.project),
            opts=auto.LocalWorkspaceOptions(
                work_dir=str(workspace.folder),
                env_vars={**workspace.environment(), "PULUMI_DEBUG_PROVIDERS": debug_providers},
                pulumi_command=auto.PulumiCommand(root=str(workspace.engine.parent.parent))
                if workspace.engine.parent.name == "bin"
                else None,
            ),
        )


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


def _complaint(error: errors.CommandError) -> str:
    """What the engine wrote before it began, without the frame that the Automation API puts around it."""
    _, _, written = str(error).partition("stderr: ")
    return written.strip() or str(error)


def run_program(project: Path) -> None:
    """Run the program as the language host would: `__main__.py`, with the project's folder to import from."""
    if str(project) not in sys.path:
        sys.path.insert(0, str(project))
    runpy.run_path(str(project / "__main__.py"), run_name="__main__")
