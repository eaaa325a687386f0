"""Property values on the wire: Struct to plain Python and back, with unknowns and secrets.

Source of the markers: pulumi.runtime.rpc, which the engine and every SDK agree on.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

Properties: TypeAlias = dict[str, Any]
"""Properties of a resource by Pulumi's (camelCase) name: JSON values, or `UNKNOWN` anywhere within."""


class Unknown:
    """A value that a preview cannot know yet."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Unknown":
        return self


UNKNOWN: Final = Unknown()


def decode(struct: struct_pb2.Struct) -> Properties:
    """Plain values: secrets and outputs are unwrapped, nulls are left out, whole numbers are `int`."""
    return {name: plain for name, value in struct.fields.items() if (plain := _plain(value)) is not None}


def _plain(value: struct_pb2.Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        signature = fields[rpc._special_sig_key].string_value if rpc._special_sig_key in fields else ""  # noqa: SLF001 - the SDK names the markers nowhere else
        if signature in (rpc._special_secret_sig, rpc._special_output_value_sig):  # noqa: SLF001 - as above
            return _plain(fields["value"]) if "value" in fields else UNKNOWN
        return decode(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    if kind == "string_value":
        return UNKNOWN if value.string_value == rpc.UNKNOWN else value.string_value
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    return value.bool_value if kind == "bool_value" else None


def encode(properties: Mapping[str, Any], secrets: Iterable[str] = ()) -> struct_pb2.Struct:
    """A Struct for the engine; the named properties are marked secret, and nulls are left out."""
    secret = frozenset(secrets)
    struct = struct_pb2.Struct()
    for name, value in properties.items():
        if value is None:
            continue
        wired = _wire(value)
        if name in secret and value is not UNKNOWN:
            wired = {rpc._special_sig_key: rpc._special_secret_sig, "value": wired}  # noqa: SLF001 - as in _plain
        struct.update({name: wired})
    return struct


def _wire(value: Any) -> Any:
    if value is UNKNOWN:
        return rpc.UNKNOWN
    if isinstance(value, Mapping):
        return {key: _wire(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_wire(item) for item in value]
    return value


def has_unknown(value: Any) -> bool:
    """Whether a preview leaves any part of the value open."""
    if isinstance(value, Mapping):
        return any(has_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(has_unknown(item) for item in value)
    return value is UNKNOWN


def only_known(properties: Mapping[str, Any]) -> Properties:
    """The properties that hold no unknown."""
    return {name: value for name, value in properties.items() if not has_unknown(value)}
