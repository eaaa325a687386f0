"""What secrets and variables may be called: https://docs.github.com/actions/reference/security/secrets#naming-your-secrets."""

import re

from sandbox.world.github.errors import error


def check_name(kind: str, name: str, documentation: str) -> str:
    """The name as GitHub keeps it, in capitals; 422 for one it does not take. `kind` is `Secret` or `Variable`."""
    rules = "can only contain alphanumeric characters ([a-z], [A-Z], [0-9]) or underscores (_). Spaces are not allowed."
    if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) is None:
        raise error(
            422, f"{kind} names {rules} Must start with a letter ([a-z], [A-Z]) or underscores (_).", documentation
        )
    if name.upper().startswith("GITHUB_"):
        raise error(422, f"{kind} names must not start with GITHUB_.", documentation)
    return name.upper()
