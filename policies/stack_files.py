"""What each stack calls its own, read from the project's committed files."""

from pathlib import Path
from typing import Any

import yaml

from policies.model import Context, StackNames


def context_of(environment: str, root: Path) -> Context:
    """What the rules know of a stack.

    Args:
        environment: the stack's name.
        root: the folder of `Pulumi.yaml` and of the stacks' files.

    Raises:
        ValueError: if the stack has no file there.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())["name"]
    stacks = {
        file.name.split(".")[1]: _names(project, file.name.split(".")[1], yaml.safe_load(file.read_text()) or {})
        for file in sorted(root.glob("Pulumi.*.yaml"))
    }
    if environment not in stacks:
        raise ValueError(f"There is no Pulumi.{environment}.yaml in {root}, which says what the stack's names are.")
    names = stacks.pop(environment)
    return Context(project=project, names=names, others=tuple(stacks.values()))


def _names(project: str, environment: str, settings: dict[str, Any]) -> StackNames:
    config = settings.get("config", {})
    return StackNames(
        environment=environment,
        branch=config.get(f"{project}:branch", ""),
        domain=config.get(f"{project}:domain", ""),
        # As components/config.py has it.
        vercel_project=config.get(f"{project}:vercelProject", f"{project}-{environment}"),
    )
