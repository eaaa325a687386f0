"""Values as the engine writes them, in events and to its policy packs."""

from typing import Any

from policies.model import Secret, Unknown

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - how the engine marks one
_MASKED = "[secret]"
_UNKNOWN = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # a text
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # a mapping
    }
)
"""What stands in place of a value that only the provider will know.

Source: https://github.com/pulumi/pulumi/blob/v3.259.0/sdk/go/common/resource/plugin/rpc.go.
"""

_NOT_OURS = "pulumi:"
"""How the types of the stack itself and of its providers begin."""

STACK_TYPE = "pulumi:pulumi:Stack"


def read(value: Any) -> Any:
    """A value with `Secret` and `Unknown` in place of what the engine writes for them."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return Secret(read(value.get("value")))
        return {key: read(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [read(entry) for entry in value]
    if value == _MASKED:
        return Secret()
    return Unknown() if isinstance(value, str) and value in _UNKNOWN else value


def is_declared(kind: str) -> bool:
    """Whether a resource of that type is one that the program declares."""
    return not kind.startswith(_NOT_OURS)


def name_of(urn: str) -> str:
    """The resource's name, the last part of its URN; empty where the URN is the stack's own, or empty."""
    return "" if f"::{STACK_TYPE}::" in urn else urn.rpartition("::")[2]


def stack_of(urn: str) -> str:
    """The stack's name, the first part of a URN: `urn:pulumi:STACK::PROJECT::TYPE::NAME`."""
    return urn.removeprefix("urn:pulumi:").partition("::")[0]
