"""stacks-apart."""

import re
from collections.abc import Iterator

from policies.model import Context, Resource, StackNames, texts
from policies.rule import Rule, Severity

_BRANCH_KEYS = ("branch", "branchPattern")


def _foreign(resource: Resource, context: Context) -> Iterator[str]:
    inputs = dict(resource.inputs)
    if resource.kind == "RepositoryFile":
        # Every stack delivers the same files, and their names say which environment a file is for.
        for shared in ("content", "file", "commitMessage"):
            inputs.pop(shared, None)
    for other in context.others:
        named = _pattern(other, context.project)
        for path, text in texts(inputs):
            if named.search(text) or _is_its_branch_or_environment(path, text, other, resource):
                yield f"{path} names {other.environment}'s"


def _pattern(other: StackNames, project: str) -> re.Pattern[str]:
    """Whatever is the other stack's wherever it stands: no word in front of it or behind makes it another's."""
    whole = [other.domain, other.vercel_project, f"env:{other.environment}", f"{project} {other.environment}"]
    names = "|".join(re.escape(name) for name in whole if name)
    ref = rf"|refs/heads/{re.escape(other.branch)}(?![\w./-])" if other.branch else ""
    return re.compile(rf"(?<![\w.-])(?:{names})(?![\w-]|\.\w){ref}")


def _is_its_branch_or_environment(path: str, text: str, other: StackNames, resource: Resource) -> bool:
    if path in _BRANCH_KEYS:
        return bool(text) and text == other.branch
    if path == "environment":
        return re.fullmatch(rf"{re.escape(other.environment)}(?:-build|-database)?", text) is not None
    return path == "value" and text == other.environment and resource.kind == "ActionsEnvironmentVariable"


RULE = Rule(
    id="stacks-apart",
    severity=Severity.MANDATORY,
    what="Nothing in a stack names another stack's domain, branch, project or environment.",
    why="Two stacks that share something break together, and destroying one takes it from the other.",
    fix="Derive the name from the stack's own configuration.",
    resource=_foreign,
)
