"""variables-sensitive."""

from collections.abc import Iterator

from policies.model import Context, Resource
from policies.rule import Rule, Severity
from policies.rules.no_plain_secret import is_public


def _readable(variable: Resource, _: Context) -> Iterator[str]:
    if not is_public(variable) and variable.inputs.get("sensitive") is not True:
        yield f"everybody in the Vercel team can read {variable.text('key')}"


RULE = Rule(
    id="variables-sensitive",
    severity=Severity.MANDATORY,
    what="An environment variable of the app is sensitive unless its name begins with `NEXT_PUBLIC_`.",
    why="Vercel shows a value that is not sensitive to everybody who can open the project, and in its API.",
    fix="Give it in `secretVariables`, or, where every visitor may see it, in `publicVariables`.",
    kinds=frozenset({"ProjectEnvironmentVariable"}),
    resource=_readable,
)
