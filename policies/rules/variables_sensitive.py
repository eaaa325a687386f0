"""variables-sensitive."""

from collections.abc import Iterator
from typing import Any

from policies.model import Context, Resource, at, differs, is_unknown, sequence
from policies.rule import Rule, Severity
from policies.rules.no_plain_secret import PUBLIC

_LISTS = {"Project": "environments", "ProjectEnvironmentVariables": "variables"}
"""Where a class has many; the others are one variable each."""


def _readable(variable: Resource, _: Context) -> Iterator[str]:
    listed = _LISTS.get(variable.kind)
    entries: list[Any] = list(sequence(variable.inputs.get(listed))) if listed else [variable.inputs]
    for entry in entries:
        key = at(entry, "key")
        if not is_unknown(key) and not str(key).startswith(PUBLIC) and differs(at(entry, "sensitive"), True):
            yield f"everybody in the Vercel team can read {key}"


RULE = Rule(
    id="variables-sensitive",
    severity=Severity.MANDATORY,
    what="An environment variable of the app is sensitive unless its name begins with `NEXT_PUBLIC_`.",
    why="Vercel shows a value that is not sensitive to everybody who can open the project, and in its API.",
    fix="Give it in `secretVariables`, or, where every visitor may see it, in `publicVariables`.",
    kinds=frozenset({"ProjectEnvironmentVariable", "SharedEnvironmentVariable", *_LISTS}),
    resource=_readable,
)
