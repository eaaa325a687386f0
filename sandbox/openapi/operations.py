"""What a service's documents say: which operation a request asks for, and the schemas that it names."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import unquote

import jsonschema_rs

from sandbox.openapi.corrections import CORRECTIONS
from sandbox.openapi.documents import Parts, PathTemplate, parts_of
from sandbox.openapi.json_schema import DIALECT, as_json_schema


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path of a document."""

    document: "Document"
    method: str
    template: str
    definition: Mapping[str, Any]
    path_values: Mapping[str, str]
    """What stands in place of the path's placeholders, decoded."""

    def parameters(self) -> list[Mapping[str, Any]]:
        """The parameters, those of the path before the operation's own, which win."""
        item = self.document.part("paths", self.template)
        declared = [*item.get("parameters", []), *self.definition.get("parameters", [])]
        resolved = [self.document.resolved(parameter) for parameter in declared]
        return list({(parameter["in"], parameter["name"]): parameter for parameter in resolved}.values())


@dataclass(slots=True)
class _Node:
    """The paths that begin with the same segments."""

    literals: "dict[str, _Node]" = field(default_factory=dict)
    placeholders: "dict[str, _Node]" = field(default_factory=dict)
    spanning: "dict[str, _Node]" = field(default_factory=dict)
    """By placeholders that take slashes too."""
    ends: PathTemplate | None = None

    def add(self, path: PathTemplate) -> None:
        node = self
        for segment in _segments(path.template):
            name = _placeholder(segment)
            if name is None:
                node = node.literals.setdefault(segment, _Node())
            elif name in path.across_slashes:
                node = node.spanning.setdefault(name, _Node())
            else:
                node = node.placeholders.setdefault(name, _Node())
        node.ends = path

    def matches(self, segments: Sequence[str]) -> Iterator[tuple[PathTemplate, dict[str, str]]]:
        """Every path that fits, best first: a literal segment wins over a placeholder, from the left."""
        if not segments:
            if self.ends:
                yield self.ends, {}
            return
        first, rest = segments[0], segments[1:]
        if first in self.literals:
            yield from self.literals[first].matches(rest)
        if first:
            for name, node in self.placeholders.items():
                for path, values in node.matches(rest):
                    yield path, {name: unquote(first), **values}
            for name, node in self.spanning.items():
                for length in range(1, len(segments) + 1):
                    for path, values in node.matches(segments[length:]):
                        yield path, {name: unquote("/".join(segments[:length])), **values}


class Document:
    """One OpenAPI document; its parts are read, and its schemas compiled, as they are needed."""

    def __init__(self, service: str, parts: Parts) -> None:
        """Index the document's paths."""
        self.service = service
        self._parts = parts
        self._read: dict[tuple[str, str], Any] = {}
        self._validators: dict[tuple[str, ...], jsonschema_rs.Validator] = {}
        self._paths = _Node()
        for path in parts.paths():
            self._paths.add(path)

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that a request asks for; `path` is without its query string."""
        for template, values in self._paths.matches(_segments(path)):
            if method in template.methods:
                definition = self.part("paths", template.template)[method.lower()]
                return Operation(self, method, template.template, definition, values)
        return None

    def methods(self, path: str) -> set[str]:
        """The methods that are documented for a path."""
        return {method for template, _ in self._paths.matches(_segments(path)) for method in template.methods}

    def part(self, section: str, name: str) -> Any:
        """A path, or a component of a section, as the document has it but for the corrections."""
        if (section, name) not in self._read:
            content = self._parts.part(section, name)
            for correction in CORRECTIONS:
                if (correction.service, correction.section, correction.name) == (self.service, section, name):
                    correction.make(content)
            self._read[section, name] = content
        return self._read[section, name]

    def resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a reference stands for, or the node itself when it is none."""
        while "$ref" in node:
            node = self.part(*_component(node["$ref"]))
        return node

    def validator(
        self, schema: Mapping[str, Any], key: tuple[str, ...], *, of_request: bool
    ) -> jsonschema_rs.Validator:
        """A schema of this document, compiled together with what it refers to.

        Args:
            schema: as the document has it.
            key: names the schema: it is compiled once under it.
            of_request: whether it describes what is sent rather than what is answered.
        """
        key = ("request" if of_request else "answer", *key)
        if key not in self._validators:
            root = {"$schema": DIALECT, **as_json_schema(schema, of_request=of_request)}
            root["components"] = self._referred(root, of_request=of_request)
            self._validators[key] = jsonschema_rs.validator_for(root, validate_formats=True)
        return self._validators[key]

    def _referred(self, root: Any, *, of_request: bool) -> dict[str, dict[str, Any]]:
        """The components that a schema refers to, and those that they refer to, where its references look for them."""
        found: dict[str, dict[str, Any]] = {}
        pending = [root]
        while pending:
            for reference in _references(pending.pop()):
                section, name = _component(reference)
                if name not in found.setdefault(section, {}):
                    found[section][name] = as_json_schema(self.part(section, name), of_request=of_request)
                    pending.append(found[section][name])
        return found


@cache
def documents_of(service: str) -> list[Document]:
    """A service's documents, opened once a process.

    Raises:
        sandbox.openapi.documents.DocumentError: when one cannot be had.
    """
    return [Document(service, parts) for parts in parts_of(service)]


def _segments(path: str) -> list[str]:
    return path.removeprefix("/").split("/")


def _placeholder(segment: str) -> str | None:
    """The name in braces that is all of a segment."""
    return segment[1:-1] if re.fullmatch(r"\{[^{}]+\}", segment) else None


def _component(reference: str) -> tuple[str, str]:
    """The section and the name of a reference: both documents refer to nothing but `#/components/<section>/<name>`."""
    section, name = reference.removeprefix("#/components/").split("/")
    return section, name.replace("~1", "/").replace("~0", "~")


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        reference = node.get("$ref")
        if isinstance(reference, str):
            yield reference
        for entry in node.values():
            yield from _references(entry)
    elif isinstance(node, list):
        for entry in node:
            yield from _references(entry)
