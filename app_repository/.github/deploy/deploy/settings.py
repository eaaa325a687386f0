"""What a command reads from the environment: the variables and secrets of the stack's GitHub environment."""

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from deploy.errors import WrongUsageError

VERCEL = ("VERCEL_TOKEN", "VERCEL_ORG_ID", "VERCEL_PROJECT_ID", "DOMAIN")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+", re.IGNORECASE)


class Settings:
    """The environment variables, each looked up by its name."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ
        """All of them, as they are."""

    def require(self, *names: str) -> None:
        """See that variables are there before anything is called.

        Raises:
            WrongUsageError: naming every one that is missing or empty, or that cannot be meant.
        """
        missing = [name for name in names if not self.get(name)]
        if missing:
            raise WrongUsageError(
                f"The environment has no {', '.join(missing)}.",
                "set them (in a workflow they come from the stack's GitHub environment, which `pulumi up` declares).",
            )
        if "DOMAIN" in names and not _DOMAIN.fullmatch(self["DOMAIN"]):
            raise WrongUsageError(
                f"DOMAIN is {self['DOMAIN']!r}, which is no host name.", "set it to one such as ai-tools.example.com."
            )
        for name in names:
            if name.endswith("_WEBHOOK"):
                check_url(self[name], name)

    def get(self, name: str, default: str = "") -> str:
        """A variable, or the default where it is not set or empty. Space around it is not part of it."""
        return self.environ.get(name, "").strip() or default

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if not value:
            raise KeyError(name)
        return value


def check_url(url: str, name: str) -> None:
    """See that an address may be sent secrets: `https`, or this machine.

    Raises:
        WrongUsageError: naming the variable, never the address: a webhook's address is its credential.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise WrongUsageError(f"{name} is no address.", f"set {name} to an https:// address.") from None
    local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    readable = url.isascii() and url.isprintable() and " " not in url
    if not readable or not parts.hostname or not (parts.scheme == "https" or local):
        raise WrongUsageError(f"{name} is no https:// address.", f"set {name} to an https:// address.")
