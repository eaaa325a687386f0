"""OpenAPI 3.0 schemas as JSON Schema 2020-12: what the two call differently."""

from collections.abc import Mapping
from typing import Any

DIALECT = "https://json-schema.org/draft/2020-12/schema"

SCHEMAS = frozenset({"items", "additionalProperties", "not"})
"""Keywords whose value is a schema."""
LISTS_OF_SCHEMAS = frozenset({"allOf", "anyOf", "oneOf"})
NAMED_SCHEMAS = frozenset({"properties", "patternProperties"})
PLAIN = frozenset(
    {
        *("$ref", "type", "enum", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "multipleOf"),
        *("minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
    }
)
"""Keywords that mean the same in both; every other keyword says nothing of what is valid."""


def as_json_schema(schema: Any, *, of_request: bool = False) -> Any:
    """A schema in JSON Schema's words (https://spec.openapis.org/oas/v3.0.3#schema-object).

    - `nullable` becomes a choice with null, also where an `enum` or a `$ref` stands beside it: that is how it is meant.
    - `exclusiveMinimum: true` becomes the number itself.
    - `oneOf` becomes `anyOf`: both services list overlapping schemas there (GitHub's errors, Datadog's widgets), of
      which their own examples fit several. Where a `discriminator` with a mapping tells them apart, it decides.
    - A property that is `readOnly` is not required of a request, nor one that is `writeOnly` of an answer.

    Args:
        schema: as the document has it; references are kept as they are.
        of_request: whether it describes what is sent rather than what is answered.
    """
    if not isinstance(schema, dict):
        return schema
    turned: dict[str, Any] = {}
    for keyword, value in schema.items():
        if keyword in PLAIN:
            turned[keyword] = value
        elif keyword in SCHEMAS:
            turned[keyword] = as_json_schema(value, of_request=of_request)
        elif keyword in LISTS_OF_SCHEMAS:
            turned[keyword] = [as_json_schema(choice, of_request=of_request) for choice in value]
        elif keyword in NAMED_SCHEMAS:
            turned[keyword] = {name: as_json_schema(entry, of_request=of_request) for name, entry in value.items()}
    if "oneOf" in turned:
        choices = {"anyOf": turned.pop("oneOf")}
        # A schema can list both.
        turned = {"allOf": [turned, choices]} if "anyOf" in turned else {**turned, **choices}
    _require(turned, schema, "readOnly" if of_request else "writeOnly")
    _exclude_bounds(turned, schema)
    _discriminate(turned, schema)
    return {"anyOf": [turned, {"type": "null"}]} if schema.get("nullable") is True else turned


def _require(turned: dict[str, Any], schema: Mapping[str, Any], unless: str) -> None:
    properties = schema.get("properties", {})
    required = [name for name in schema.get("required", []) if not properties.get(name, {}).get(unless)]
    if required:
        turned["required"] = required


def _exclude_bounds(turned: dict[str, Any], schema: Mapping[str, Any]) -> None:
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True:
            turned[exclusive] = turned.pop(bound)


def _discriminate(turned: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Add that a value which names its schema fits that one."""
    discriminator = schema.get("discriminator", {})
    cases = [
        {
            "if": {
                "type": "object",
                "properties": {discriminator["propertyName"]: {"const": name}},
                "required": [discriminator["propertyName"]],
            },
            "then": {"$ref": reference},
        }
        for name, reference in discriminator.get("mapping", {}).items()
    ]
    if cases:
        turned["allOf"] = [*turned.get("allOf", []), *cases]
