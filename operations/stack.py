"""One stack and the engine's operations on it: the `__main__.py` that `pulumi up` runs, in process.

So no language host is needed, and what an operation did is known resource by resource.
"""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml
from pulumi import automation as auto
from pulumi.automation import errors

from operations.operation import Operation, Resource

Kind = Literal["up", "preview", "refresh", "destroy"]
OnResource = Callable[[Resource], None]
OnEvent = Callable[[auto.EngineEvent], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    """A stack of a project, as the engine is to work on it."""

    name: str
    project: Path
    """The folder of `__main__.py`."""
    folder: Path
    """The folder of `Pulumi.yaml` and the stack's configuration."""
    engine: Path
    """The `pulumi` command."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """For the engine, above this process's own."""
    make: bool = False
    """Whether a stack that the backend does not know is made."""

    def run(
        self, kind: Kind, on_resource: OnResource | None = None, on_event: OnEvent | None = None, **options: Any
    ) -> Operation:
        """Run one operation.

        Args:
            kind: which.
            on_resource: called with each resource as the engine finishes it.
            on_event: called with everything that the engine tells.
            options: the Automation API's: `plan`, `refresh`, …

        Returns:
            What happened, also when it failed: `succeeded` tells, `diagnostics` says why, `locked_by` who is at work.
        """
        operation = Operation(stack=self.name, kind=kind)

        def take(event: auto.EngineEvent) -> None:
            if on_event is not None:
                on_event(event)
            finished = operation.take(event)
            if finished is not None and on_resource is not None:
                on_resource(finished)

        try:
            getattr(self._open(), kind)(on_event=take, **options)
            operation.succeeded = True
        except errors.ConcurrentUpdateError as error:
            operation.locked_by = complaint(error)
            operation.diagnostics = [operation.locked_by]
        except errors.CommandError as error:
            operation.diagnostics = operation.diagnostics or [complaint(error)]
        return operation

    def cut_off(self) -> list[str]:
        """What a kill cut off: `creating` and the URN, of each operation that nobody knows the end of.

        Raises:
            subprocess.CalledProcessError: the backend cannot be read; `stderr` is what the engine said.
        """
        exported = subprocess.run(
            [self.engine, "stack", "export", "--stack", self.name, "--non-interactive"],
            cwd=self.folder,
            env={**os.environ, **self.environment},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        pending = json.loads(exported)["deployment"].get("pending_operations") or []
        return [f"{operation['type']} {operation['resource']['urn']}" for operation in pending]

    def outputs(self) -> dict[str, Any]:
        """The plain outputs by name, without those that are secret; empty where nothing ever came up.

        Raises:
            pulumi.automation.CommandError: the backend cannot be read, or does not know the stack.
        """
        known = self._open().outputs()
        return {name: output.value for name, output in known.items() if not output.secret}

    def _open(self) -> auto.Stack:
        select = auto.create_or_select_stack if self.make else auto.select_stack
        return select(
            stack_name=self.name,
            project_name=yaml.safe_load((self.folder / "Pulumi.yaml").read_text())["name"],
            program=lambda: run_program(self.project),
            opts=auto.LocalWorkspaceOptions(
                work_dir=str(self.folder), env_vars=dict(self.environment), pulumi_command=self._command()
            ),
        )

    def _command(self) -> auto.PulumiCommand | None:
        """The engine for the Automation API, which looks in a folder's `bin/`; None for the one on PATH."""
        return auto.PulumiCommand(root=str(self.engine.parent.parent)) if self.engine.parent.name == "bin" else None


def run_program(project: Path) -> None:
    """Run the program as the language host would: `__main__.py`, with the project's folder to import from."""
    if str(project) not in sys.path:
        sys.path.insert(0, str(project))
    runpy.run_path(str(project / "__main__.py"), run_name="__main__")


def complaint(error: errors.CommandError) -> str:
    """What the engine wrote before it began, without the frame that the Automation API puts around it."""
    _, _, written = str(error).partition("stderr: ")
    return written.strip() or str(error)
