"""A job's GITHUB_TOKEN: valid from before its first step until after its last.

Source: https://docs.github.com/actions/concepts/security/github_token.
"""

import contextlib
import secrets
from collections.abc import Iterator

from sandbox.actions.permissions import Permissions, scopes
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.users import add_user
from sandbox.world.github.workflow_runs import WORKFLOW_TOKEN_LOGIN
from sandbox.world.state import State

APP_ID = 15368
"""GitHub Actions' own number."""


@contextlib.contextmanager
def job_token(state: State, permissions: Permissions) -> Iterator[str]:
    """A token with these permissions; revoked on the way out."""
    add_user(state, WORKFLOW_TOKEN_LOGIN)
    token = f"ghs_{secrets.token_hex(18)}"
    grant_token(state, token, login=WORKFLOW_TOKEN_LOGIN, scopes=scopes(permissions), kind="App", app_id=APP_ID)
    try:
        yield token
    finally:
        state.collection("github.tokens").pop(token, None)
