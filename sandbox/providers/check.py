"""Check: do the inputs fit the schema and the provider's own rules, and which defaults does it fill in."""

import hashlib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from sandbox.providers.resource import Failure, Resource
from sandbox.providers.schema import Choice, ListOf, MapOf, ObjectOf, Property, ResourceSchema, Scalar, Type
from sandbox.providers.values import UNKNOWN, Properties

_WORDS = {"string": "a string", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
_AUTONAME_DIGITS = 7


def check(
    resource: Resource[Any],
    schema: ResourceSchema,
    inputs: Properties,
    *,
    name: str,
    seed: bytes,
    old_inputs: Properties,
) -> tuple[Properties, list[Failure]]:
    """Validate a program's inputs as the real provider does.

    Args:
        resource: whose rules apply.
        schema: the types.
        inputs: what the program gave, unknowns included.
        name: the resource's Pulumi name, for a name that is made from it.
        seed: the engine's random seed for such a name.
        old_inputs: what was checked in last time; a made name stays.

    Returns:
        The inputs with defaults filled in, and everything that is wrong.
    """
    failures = list(check_object(schema.inputs, inputs))
    complete = dict(inputs)
    for default, value in resource.traits.defaults.items():
        complete.setdefault(default, value)
    if resource.traits.autonamed and "name" not in complete:
        complete["name"] = old_inputs.get("name") or f"{name}-{hashlib.sha256(seed).hexdigest()[:_AUTONAME_DIGITS]}"
    if not failures:
        failures.extend(resource.check(complete))
    return complete, failures


def check_object(properties: Mapping[str, Property], values: Mapping[str, Any], path: str = "") -> Iterator[Failure]:
    """Unknown, missing and mistyped properties of an object."""
    for name, value in values.items():
        inner = f"{path}.{name}" if path else name
        declared = properties.get(name)
        if declared is None:
            near = get_close_matches(name, properties, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            yield Failure(inner, f"{inner!r} is no property here.{hint}")
        else:
            yield from _check_type(declared.type, value, inner)
    for name, declared in properties.items():
        if declared.required and name not in values:
            inner = f"{path}.{name}" if path else name
            yield Failure(inner, f"The property {inner!r} is required, and is missing.")


def _check_type(wanted: Type, value: Any, path: str) -> Iterator[Failure]:
    if value is UNKNOWN:
        return
    match wanted:
        case Scalar(kind) if not _is_scalar(kind, value):
            yield _mistyped(path, _WORDS[kind], value)
        case Choice(values) if value not in values:
            yield Failure(path, f"{path!r} must be one of {', '.join(map(str, values))}.")
        case ListOf() | MapOf() | ObjectOf():
            yield from _check_composite(wanted, value, path)
        case _:
            return


def _check_composite(wanted: ListOf | MapOf | ObjectOf, value: Any, path: str) -> Iterator[Failure]:
    if isinstance(wanted, ListOf) and isinstance(value, list):
        for index, element in enumerate(value):
            yield from _check_type(wanted.item, element, f"{path}[{index}]")
    elif isinstance(wanted, MapOf) and isinstance(value, Mapping):
        for key, element in value.items():
            yield from _check_type(wanted.value, element, f"{path}.{key}")
    elif isinstance(wanted, ObjectOf) and isinstance(value, Mapping):
        yield from check_object(wanted.properties, value, path)
    else:
        yield _mistyped(path, "a list" if isinstance(wanted, ListOf) else "an object", value)


def _is_scalar(kind: str, value: Any) -> bool:
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    return isinstance(value, int) or (kind == "number" and isinstance(value, float))


def _mistyped(path: str, wanted: str, value: Any) -> Failure:
    """Names the type that was given, never the value: it may be a secret."""
    kinds = {bool: "true or false", str: "a string", int: "a whole number", float: "a number", list: "a list"}
    given = kinds.get(type(value), "nothing" if value is None else "an object")
    return Failure(path, f"{path!r} must be {wanted}, and is {given}.")
