"""Expressions inside a workflow's strings: `text ${{ expression }} text`, and `if:`, which needs no `${{ }}`."""

import re
from collections.abc import Mapping
from typing import Any

from sandbox.actions.expressions.evaluation import Function, evaluate, is_true, to_text
from sandbox.actions.expressions.syntax import Call, ExpressionError, Name, Node, children, parse

OPENING = "${{"
STATUS_FUNCTIONS = ("always", "success", "failure", "cancelled")
_INSIDE = re.compile(r"'(?:''|[^'])*(?:'|$)|\}\}|.", re.DOTALL)


def split(text: str) -> list[tuple[str, bool]]:
    """The pieces of a template in order: each with whether it is an expression (then without its `${{ }}`).

    Raises:
        ExpressionError: an expression has no end.
    """
    pieces: list[tuple[str, bool]] = []
    position = 0
    while (opening := text.find(OPENING, position)) >= 0:
        if opening > position:
            pieces.append((text[position:opening], False))
        start = opening + len(OPENING)
        closing = next((found for found in _INSIDE.finditer(text, start) if found.group() == "}}"), None)
        if closing is None:
            raise ExpressionError(f"The expression is not closed: {text[opening:]!r}")
        pieces.append((text[start : closing.start()], True))
        position = closing.end()
    if position < len(text):
        pieces.append((text[position:], False))
    return pieces


def value_of(text: Any, contexts: Mapping[str, Any], functions: Mapping[str, Function] | None = None) -> Any:
    """A template's value: of whatever type when it is one expression, a string otherwise; what is no string stays."""
    if not isinstance(text, str):
        return text
    pieces = split(text)
    if len(pieces) == 1 and pieces[0][1]:
        return evaluate(parse(pieces[0][0]), contexts, functions)
    return "".join(
        to_text(evaluate(parse(piece), contexts, functions)) if inside else piece for piece, inside in pieces
    )


def holds(condition: Any, contexts: Mapping[str, Any], functions: Mapping[str, Function]) -> bool:
    """Whether an `if:` lets its job run: one that asks for no status is joined with `success()`.

    Args:
        condition: as the file has it; None when it has none.
        contexts: by name, in lower case.
        functions: `always`, `success`, `failure` and `cancelled` among them.
    """
    text = to_text(condition).strip() if condition is not None else ""
    if not text:
        return is_true(functions["success"]())
    asks = asks_status(text)
    value = value_of(text if OPENING in text else f"${{{{ {text} }}}}", contexts, functions)
    return is_true(value) and (asks or is_true(functions["success"]()))


def asks_status(condition: str, names: tuple[str, ...] = STATUS_FUNCTIONS) -> bool:
    """Whether an `if:` calls one of the status functions."""
    expressions = [piece for piece, inside in split(condition) if inside] if OPENING in condition else [condition]
    return any(_calls(parse(expression), names) for expression in expressions)


def contexts_of(text: str) -> set[str]:
    """The names of the contexts that an expression without its `${{ }}` uses."""
    return _contexts(parse(text))


def _contexts(node: Node) -> set[str]:
    own = {node.name} if isinstance(node, Name) else set[str]()
    return own.union(*(_contexts(child) for child in children(node)))


def _calls(node: Node, names: tuple[str, ...]) -> bool:
    if isinstance(node, Call) and node.function in names:
        return True
    return any(_calls(child, names) for child in children(node))
