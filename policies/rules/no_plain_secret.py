"""no-plain-secret."""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.model import Context, Resource, Secret, Stack, Unknown, is_unknown, texts
from policies.rule import Finding, Rule, Severity

SHORTEST = 12
"""A secret value that is shorter can be part of any text."""

PUBLIC = "NEXT_PUBLIC_"
_VARIABLES = frozenset({"ProjectEnvironmentVariable", "SharedEnvironmentVariable"})
_HOLDERS = {
    "ActionsEnvironmentSecret": "value",
    "LogDrain": "headers",
    **dict.fromkeys(_VARIABLES, "value"),
}
"""Inputs that are secrets wherever they occur, by class."""

_LOOKS_SECRET = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,}|xox[abprs]-[\w-]{10,}|[sr]k_live_\w{16,}|AKIA[0-9A-Z]{16}"
    r"|sk-[A-Za-z0-9_-]{32,})|hooks\.slack\.com/services/T\w+/B\w+/\w{16,}|-----BEGIN [A-Z ]*PRIVATE KEY-----"
    # A database's address with a password that is no placeholder.
    r"|postgres(?:ql)?://[^\s:/@$<{]+:(?!PASSWORD@)[^\s@$<{*]{8,}@(?!(?:localhost|127\.0\.0\.1)\b)"
)


def is_public(resource: Resource) -> bool:
    """Whether it is an environment variable that every visitor downloads."""
    return resource.kind in _VARIABLES and resource.text("key").startswith(PUBLIC)


def _may_be_public(resource: Resource) -> bool:
    """Its key says whether it is, and nobody may know the key yet."""
    return is_public(resource) or (resource.kind in _VARIABLES and is_unknown(resource.inputs.get("key")))


def _plain(resource: Resource, _: Context) -> Iterator[str]:
    key = _HOLDERS.get(resource.kind)
    hidden = not key or isinstance(resource.inputs.get(key), (Secret, Unknown))
    if key in resource.inputs and not hidden and not _may_be_public(resource):
        yield f"{key} is plain"
    # Vercel's SDK marks every variable's value, also one that every visitor downloads.
    downloaded = [("value", text) for text in _secrets(resource.inputs)] if is_public(resource) else []
    for path, text in [("the name", resource.name), *texts(resource.inputs), *downloaded]:
        if _looks_secret(text):
            yield f"{path} holds what looks like a credential"


def _leaked(stack: Stack) -> Iterator[Finding]:
    for path, text in texts(stack.outputs):
        if _looks_secret(text):
            yield None, f"the output {path} holds what looks like a credential"
    known = {
        value for resource in stack.resources if not _may_be_public(resource) for value in _secrets(resource.inputs)
    }
    known |= set(_secrets(stack.outputs))
    # A public value that somebody also calls a secret is not one.
    known -= {value for resource in stack.resources if _may_be_public(resource) for value in _secrets(resource.inputs)}
    for resource in stack.resources:
        for path, text in [("the name", resource.name), *texts(resource.inputs)]:
            if _holds(text, known):
                yield resource, f"{path} holds the value of a secret"
    for path, text in texts(stack.outputs):
        if _holds(text, known):
            yield None, f"the output {path} holds the value of a secret"


@functools.lru_cache(maxsize=4096)
def _looks_secret(text: str) -> bool:
    """Delivered files are long, and every stack has the same."""
    return _LOOKS_SECRET.search(text) is not None


def _holds(text: str, known: set[str]) -> bool:
    return any(value in text for value in known)


def _secrets(value: Any, *, hidden: bool = False) -> Iterator[str]:
    """The texts that are kept secret, without the keys of mappings among them."""
    if isinstance(value, Secret):
        yield from _secrets(value.value, hidden=True)
    elif isinstance(value, str):
        if hidden and len(value) >= SHORTEST:
            yield value
    elif isinstance(value, (Mapping, list)):
        for entry in value.values() if isinstance(value, Mapping) else value:
            yield from _secrets(entry, hidden=hidden)


RULE = Rule(
    id="no-plain-secret",
    severity=Severity.MANDATORY,
    what="No secret is plain in an input, an output, a name or a delivered file.",
    why="Plain state, previews, logs and the app's repository are read by far more people than may have the secret.",
    fix="Replace the value where it came from; keep the new one with `pulumi config set --secret` and `Output.secret`.",
    resource=_plain,
    stack=_leaked,
)
