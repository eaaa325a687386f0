"""The ways to leave a published schema, made from the schema itself and from an example that keeps it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.openapi.operations import Document


@dataclass(frozen=True, slots=True)
class Departure:
    """One value of an example, changed."""

    what: str
    at: tuple[str | int, ...]
    """Where it stands in the whole."""
    text: str | None = None
    """The JSON that stands there instead; None drops it."""

    def of(self, body: bytes) -> bytes:
        """A copy of the example, as JSON, with the change made."""
        whole = {"": json.loads(body)}
        inside: Any = whole
        steps = ("", *self.at)
        for step in steps[:-1]:
            inside = inside[step]
        if self.text is None:
            del inside[steps[-1]]
        else:
            inside[steps[-1]] = json.loads(self.text)
        return json.dumps(whole[""]).encode()


@dataclass(frozen=True, slots=True)
class Schema:
    """A published schema, with what is needed to walk it."""

    document: Document
    of_request: bool

    def departures(self, schema: Mapping[str, Any], value: Any, at: tuple[str | int, ...] = ()) -> Iterator[Departure]:
        """What leaves the schema for certain: nothing is changed below a choice of schemas.

        Args:
            schema: as it is published.
            value: an example of it.
            at: where the value stands in the whole.
        """
        schema = self.document.resolved(schema)
        if value is None:
            return
        yield from _of_value(schema, at)
        for part in schema.get("allOf", []):
            yield from self.departures(part, value, at)
        if isinstance(value, list) and value and "items" in schema:
            yield from self.departures(schema["items"], value[0], (*at, 0))
        if isinstance(value, dict):
            yield from self._of_object(schema, value, at)

    def _of_object(
        self, schema: Mapping[str, Any], value: Mapping[str, Any], at: tuple[str | int, ...]
    ) -> Iterator[Departure]:
        properties = schema.get("properties", {})
        may_be_missing = "readOnly" if self.of_request else "writeOnly"
        if schema.get("additionalProperties") is False:
            yield Departure("an unknown field", (*at, "unheard-of"), "1")
        for name in schema.get("required", []):
            if name in value and not properties.get(name, {}).get(may_be_missing):
                yield Departure("a required field is missing", (*at, name))
        for name in sorted(properties.keys() & value.keys()):
            yield from self.departures(properties[name], value[name], (*at, name))


def _of_value(schema: Mapping[str, Any], at: tuple[str | int, ...]) -> Iterator[Departure]:
    kind = schema.get("type")
    if kind is not None:
        yield Departure("another type", at, '{"another": "type"}' if kind == "string" else '"another type"')
    if kind == "string" and "enum" in schema:
        yield Departure("an unknown choice", at, '"none of these"')
    if schema.get("format") in ("date-time", "uri"):
        yield Departure(f"no {schema['format']}", at, '"not any format"')
