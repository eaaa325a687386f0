"""Replaces the parts of expressions whose value is known already by that value, and leaves the rest word for word."""

import json
import math
import re
from collections.abc import Mapping
from typing import Any

from sandbox.actions.expressions.evaluation import evaluate, plain, to_text
from sandbox.actions.expressions.syntax import Call, Index, Literal, Name, Node, children, parse
from sandbox.actions.expressions.templates import OPENING, split

_PLAIN = re.compile(r"[A-Za-z0-9 _./:@=,+-]*")


def fold(text: str, contexts: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]) -> str:
    """A template with its known parts replaced.

    Args:
        text: with `${{ }}`.
        contexts: contexts that are known as a whole, by name in lower case.
        properties: contexts of which only some properties are known, by name.
    """
    return "".join(
        f"{OPENING} {fold_expression(piece, contexts, properties)} }}}}" if inside else piece
        for piece, inside in split(text)
    )


def fold_expression(text: str, contexts: Mapping[str, Any], properties: Mapping[str, Mapping[str, Any]]) -> str:
    """The same for an expression without its `${{ }}`."""
    known = {**properties, **contexts}
    folding = _Folding(set(contexts), properties)
    folded = ""
    position = 0
    for node in folding.largest(parse(text)):
        folded += text[position : node.start] + literal(evaluate(node, known))
        position = node.end
    return (folded + text[position:]).strip()


def literal(value: Any) -> str:
    """A value written as an expression that can end no string, expression or template that it is put into."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return json.dumps(plain(value)) if math.isfinite(value) else to_text(value)
        case str() if _PLAIN.fullmatch(value):
            return f"'{value}'"
        case _:
            return f"fromJSON('{_json(plain(value))}')"


def _json(value: Any) -> str:
    """JSON in which braces stand apart and no string holds a quote, a brace or a dollar sign."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_json(str(name))}: {_json(item)}" for name, item in value.items())
        return f"{{ {inside} }}"
    if isinstance(value, list):
        return f"[{', '.join(_json(item) for item in value)}]"
    return re.sub(r"['{}$]", lambda found: f"\\u{ord(found.group()):04x}", json.dumps(value))


class _Folding:
    def __init__(self, contexts: set[str], properties: Mapping[str, Mapping[str, Any]]) -> None:
        self._contexts = contexts
        self._properties = properties

    def largest(self, node: Node) -> list[Node]:
        """The largest known parts, from left to right, that hold a context at all."""
        if self._closed(node):
            return [node] if self._names(node) else []
        return [found for child in children(node) for found in self.largest(child)]

    def _closed(self, node: Node) -> bool:
        match node:
            case Name(name=name):
                return name in self._contexts
            case Index(target=Name(name=name), key=Literal(value=str(key))) if name in self._properties:
                return key.lower() in self._properties[name]
            case Call(function=function) if function not in _PURE:
                return False
            case _:
                return all(self._closed(child) for child in children(node))

    def _names(self, node: Node) -> bool:
        return isinstance(node, Name) or any(self._names(child) for child in children(node))


_PURE = ("contains", "startswith", "endswith", "format", "join", "tojson", "fromjson")
