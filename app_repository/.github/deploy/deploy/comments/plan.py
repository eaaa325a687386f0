"""What a command would start, decided before anything is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.comments.parsing import Command
from deploy.release.environments import Environment


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """A workflow to start.

    Attributes:
        command: what was asked for.
        workflow: its file.
        ref: the branch whose version of the file runs, and whose secrets it may read.
        inputs: of `workflow_dispatch`.
        commit: what would be deployed; empty for a rollback.
        title: what it is, for the answer.
        remarks: what whoever asked should know.
    """

    command: Command
    workflow: str
    ref: str
    inputs: Mapping[str, str]
    commit: str = ""
    title: str
    remarks: tuple[str, ...] = field(default_factory=tuple)

    @property
    def data(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            **facts_of_command(self.command),
            "workflow": self.workflow,
            "ref": self.ref,
            "inputs": dict(self.inputs),
            "commit": self.commit,
            "remarks": list(self.remarks),
        }


def facts_of_command(command: Command) -> dict[str, str]:
    """A command for machines."""
    return {
        "command": command.name,
        "environment": command.environment,
        "type": command.kind,
        "target": command.target,
        "reason": command.reason,
        "text": command.text,
    }


def of(environment: Environment, command: Command, title: str, **rest: Any) -> Plan:
    """The plan to start an environment's own workflow on its own branch."""
    return Plan(command=command, workflow=environment.workflow, ref=environment.branch, title=title, **rest)
