"""What the provider takes as the name of a secret or a variable."""

from collections.abc import Iterator

from sandbox.providers.resource import Failure
from sandbox.providers.rules import matches
from sandbox.providers.values import Properties


def check_name(inputs: Properties, name: str) -> Iterator[Failure]:
    """Letters, digits and underscores, no digit first, and not GitHub's own prefix."""
    yield from matches(inputs, name, r"[A-Za-z_][A-Za-z0-9_]*", "takes letters, digits and _, and no digit first")
    if str(inputs.get(name, "")).upper().startswith("GITHUB_"):
        yield Failure(name, f"{name!r} must not begin with GITHUB_.")
