"""The identifiers and times that Datadog gives to what it creates."""

import secrets
import time
from datetime import UTC, datetime

_LETTERS_AND_DIGITS = "abcdefghijkmnpqrstuvwxyz23456789"


def public_identifier() -> str:
    """`abc-def-ghi`, as synthetic tests and dashboards are named."""
    return "-".join("".join(secrets.choice(_LETTERS_AND_DIGITS) for _ in range(3)) for _ in range(3))


def hexadecimal_identifier(characters: int = 32) -> str:
    """Lower-case hexadecimal digits, as service level objectives and deployments are named."""
    return secrets.token_hex(characters // 2)


def moment() -> str:
    """The present time as Datadog writes it: ISO 8601 with microseconds and offset."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def seconds() -> int:
    """The present time in seconds since 1970."""
    return int(time.time())
