"""OpenAPI 3.0 documents as JSON Schema: what the two call differently, and none of the prose."""

from typing import Any

PROSE = frozenset({"description", "summary", "title"})
EXAMPLES = frozenset({"example", "examples", "externalDocs", "discriminator"})


def as_json_schema(node: Any, *, named: bool = False) -> Any:
    """A document with its schemas in JSON Schema's words (https://spec.openapis.org/oas/v3.0.3#schema-object).

    - `nullable` becomes a choice with null.
    - `exclusiveMinimum: true` becomes the number itself.
    - `oneOf` becomes `anyOf`: both documents list overlapping shapes there (GitHub's errors, Datadog's widgets), of
      which the services' own examples fit several.

    Args:
        node: a part of the document.
        named: whether the keys of `node` are names somebody gave (of properties, schemas, paths), not keywords.
    """
    if isinstance(node, list):
        return [as_json_schema(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    if named:
        return {name: as_json_schema(entry) for name, entry in node.items()}
    turned = {
        key: as_json_schema(value, named=key in NAMED) for key, value in node.items() if not _is_prose(key, value)
    }
    if "oneOf" in turned:
        turned["anyOf"] = turned.pop("oneOf")
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if isinstance(turned.get(exclusive), bool):
            excluded = turned.pop(exclusive)
            if excluded:
                turned[exclusive] = turned.pop(bound)
    if turned.pop("nullable", False) is True:
        return {"anyOf": [turned, {"type": "null"}]}
    return turned


def _is_prose(key: str, value: Any) -> bool:
    """Whether a keyword says nothing of what is valid. `title` and the like are prose only where they hold text."""
    return key in EXAMPLES or key.startswith("x-") or (key in PROSE and isinstance(value, str))


NAMED = frozenset(
    {
        "properties",
        "schemas",
        "paths",
        "responses",
        "parameters",
        "requestBodies",
        "headers",
        "content",
        "patternProperties",
    }
)
"""Keywords whose value maps names to more of the document."""
