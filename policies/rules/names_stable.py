"""names-stable."""

import re
from collections import Counter
from collections.abc import Iterator

from policies.model import Context, Resource, Stack, is_unknown
from policies.rule import Finding, Rule, Severity

_NAMED = {
    "Project": "name",
    "LogDrain": "name",
    "RepositoryRuleset": "name",
    "Monitor": "name",
    "SyntheticsTest": "name",
    "ServiceLevelObjective": "name",
    "LogsMetric": "name",
    "RepositoryEnvironment": "environment",
}
"""The input that is the resource's name at its service, by class."""

_KEYED = {
    "RepositoryFile": "file",
    "ActionsEnvironmentSecret": "secretName",
    "ActionsEnvironmentVariable": "variableName",
    "ProjectEnvironmentVariable": "key",
}
"""Of which a component has many: what tells one from the next ends its name in the stack."""


def _unstable(resource: Resource, _: Context) -> Iterator[str]:
    key = _NAMED.get(resource.kind)
    if key:
        # Where a name is left out, the engine appends a random part to the resource's own.
        made_up = rf"{re.escape(resource.name)}-[0-9a-f]{{7}}"
        if not resource.inputs.get(key) or re.fullmatch(made_up, resource.text(key)):
            yield f"its {key} is made up by the engine, and another after each replacement"
    key = _KEYED.get(resource.kind)
    if key and not is_unknown(resource.inputs.get(key)) and not resource.name.endswith(f"-{resource.text(key)}"):
        yield f"its name in the stack does not end in its {key}, {resource.text(key)!r}"
    if not resource.is_component and resource.parent and not resource.name.startswith(f"{resource.parent}-"):
        yield f"its name in the stack does not begin with its component's, {resource.parent!r}"


def _ambiguous(stack: Stack) -> Iterator[Finding]:
    named = [each for each in stack.resources if _NAMED.get(each.kind) and each.text(_NAMED[each.kind])]
    counted = Counter((each.kind, each.text(_NAMED[each.kind])) for each in named)
    for each in named:
        name = each.text(_NAMED[each.kind])
        if counted[each.kind, name] > 1:
            yield each, f"another {each.kind} is called {name!r} too"


RULE = Rule(
    id="names-stable",
    severity=Severity.MANDATORY,
    what="A resource has a name of its own at its service, and one in the stack that says what it is.",
    why="A name that is made up, or counted, is another after a replacement, an import or a new neighbour.",
    fix="Pass the name on, and build the name in the stack from the component's and from what tells it apart.",
    resource=_unstable,
    stack=_ambiguous,
)
