"""Every secret that a world knows, so that none is shown: somebody may write one into a comment or a message."""

from collections.abc import Iterable, Iterator
from urllib.parse import unquote, urlsplit

from sandbox.actions.environments import environment_names, secrets_of
from sandbox.actions.masking import Masker
from sandbox.world.state import State

_NAMED_BY_THEIR_KEY = (
    *("github.tokens", "vercel.tokens", "datadog.api_keys", "datadog.application_keys"),
    *("slack.webhooks", "webhooks.tokens"),
)
PUBLIC = "NEXT_PUBLIC_"
"""What begins so is in the site's own files."""
SHORTEST = 6
"""Characters: what is shorter is found in ordinary words."""


def masker(state: State, more: Iterable[str] = ()) -> Masker:
    """What replaces a world's secrets in text.

    Args:
        state: the world.
        more: secrets that the world does not hold.
    """
    return Masker(value for value in {*_secrets(state), *more} if len(value) >= SHORTEST)


def _secrets(state: State) -> Iterator[str]:
    for name in _NAMED_BY_THEIR_KEY:
        yield from state.collection(name)
    for project in state.collection("vercel.projects").values():
        yield from project["protectionBypass"]
    for variable in state.collection("vercel.environment_variables").values():
        if not variable["key"].startswith(PUBLIC):
            yield str(variable.get("value") or "")
    for repository in state.collection("github.repositories").values():
        for environment in environment_names(state, repository):
            for value in secrets_of(state, repository, environment).values():
                yield value
                yield unquote(_password(value))


def _password(value: str) -> str:
    """The password in an address; empty where it is none."""
    try:
        return urlsplit(value).password or ""
    except ValueError:
        return ""
