"""What each stack calls its own, read from the project's committed files."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from operations.stack_files import stack_files
from policies.model import Context, StackNames, mapping

NEEDED = ("branch", "domain")
"""The keys that a stack's own file must have: rules compare with them."""


def context_of(environment: str, root: Path) -> Context:
    """What the rules know of a stack.

    Args:
        environment: the stack's name.
        root: the folder of `Pulumi.yaml` and of the stacks' files.

    Raises:
        ValueError: if the stack has no file there, or the file does not say what the rules compare with.
    """
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())["name"]
    stacks = {
        name: _names(project, name, mapping(yaml.safe_load(file.read_text())))
        for name, file in stack_files(root).items()
    }
    if environment not in stacks:
        raise ValueError(f"There is no Pulumi.{environment}.yaml in {root}, which says what the stack's names are.")
    names = stacks.pop(environment)
    if missing := [f"{project}:{key}" for key in NEEDED if not getattr(names, key)]:
        raise ValueError(
            f"Pulumi.{environment}.yaml does not say {' and '.join(missing)}. The rules read a stack's names from its "
            f"file, so {' and '.join(f'`{project}:{key}`' for key in NEEDED)} must be in it, as plain texts, wherever "
            "the program itself gets them from."
        )
    return Context(project=project, names=names, others=tuple(stacks.values()))


def _names(project: str, environment: str, settings: Mapping[str, Any]) -> StackNames:
    config = mapping(settings.get("config"))

    def text(key: str) -> str:
        value = config.get(f"{project}:{key}")
        return value if isinstance(value, str) else ""

    return StackNames(
        environment=environment,
        branch=text("branch"),
        domain=text("domain"),
        # As components/config.py has it.
        vercel_project=text("vercelProject") or f"{project}-{environment}",
    )
