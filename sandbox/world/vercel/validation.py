"""Request bodies are checked as Vercel does: an unknown property, a missing one or a wrong type is answered 400."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sandbox.world.service import Request
from sandbox.world.vercel.errors import bad_request

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "boolean": bool,
    "number": (int, float),
    "object": dict,
    "array": list,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Rule:
    """What a value must be. With `properties` an object may have those and no other; without, it is free."""

    type: str = "string"
    nullable: bool = False
    values: Sequence[Any] | None = None
    longest: int | None = None
    properties: Mapping[str, "Rule"] | None = None
    required: Sequence[str] = ()
    items: "Rule | None" = None
    any_of: Sequence["Rule"] = field(default=())


STRING = Rule()
BOOLEAN = Rule(type="boolean")
NUMBER = Rule(type="number")
FREE = Rule(type="object")
NULLABLE_STRING = Rule(nullable=True)
NULLABLE_BOOLEAN = Rule(type="boolean", nullable=True)
STRINGS = Rule(type="array", items=STRING)


def body(request: Request, rule: Rule) -> Any:
    """The request's JSON body, once it meets the rule."""
    try:
        value = request.json()
    except Exception as error:
        raise bad_request("Invalid JSON") from error
    check(value, rule)
    return value


def check(value: Any, rule: Rule, name: str = "") -> None:
    """Raise Vercel's 400 for the first thing wrong with a value."""
    where = f"`{name}` " if name else ""
    if value is None:
        if not rule.nullable:
            raise bad_request(f"Invalid request: {where}should be {rule.type}.")
        return
    if rule.any_of:
        _check_any(value, rule, name)
        return
    if not isinstance(value, _TYPES[rule.type]) or (rule.type == "number" and isinstance(value, bool)):
        raise bad_request(f"Invalid request: {where}should be {rule.type}.")
    if rule.values is not None and value not in rule.values:
        allowed = ", ".join(str(allowed) for allowed in rule.values)
        raise bad_request(f"Invalid request: {where}should be equal to one of the allowed values: {allowed}.")
    if rule.longest is not None and len(value) > rule.longest:
        raise bad_request(f"Invalid request: {where}should NOT be longer than {rule.longest} characters.")
    if isinstance(value, dict):
        _check_properties(value, rule, name)
    if isinstance(value, list) and rule.items is not None:
        for index, item in enumerate(value):
            check(item, rule.items, f"{name}[{index}]")


def _check_any(value: Any, rule: Rule, name: str) -> None:
    """The alternative of the value's own type says what is wrong with it."""
    for alternative in rule.any_of:
        if isinstance(value, _TYPES[alternative.type]):
            check(value, alternative, name)
            return
    kinds = " or ".join(alternative.type for alternative in rule.any_of)
    raise bad_request(f"Invalid request: {f'`{name}` ' if name else ''}should be {kinds}.")


def _check_properties(value: dict[str, Any], rule: Rule, name: str) -> None:
    if rule.properties is None:
        return
    prefix = f"`{name}` " if name else ""
    for key in rule.required:
        if key not in value:
            raise bad_request(f"Invalid request: {prefix}missing required property `{key}`.")
    for key, item in value.items():
        if key not in rule.properties:
            raise bad_request(f"Invalid request: {prefix}should NOT have additional property `{key}`.")
        check(item, rule.properties[key], f"{name}.{key}" if name else key)
