"""Computes expressions as GitHub does: loose comparison, missing properties that are null, `&&` that gives a value."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.actions.expressions.syntax import (
    Binary,
    Call,
    ExpressionError,
    Filter,
    Index,
    Literal,
    Name,
    Node,
    Not,
    number,
)

Function = Callable[..., Any]


def evaluate(node: Node, contexts: Mapping[str, Any], functions: Mapping[str, Function] | None = None) -> Any:
    """The value of a tree: JSON-like (dict, list, str, float, bool, None).

    Args:
        node: from `syntax.parse`.
        contexts: by name, in lower case.
        functions: those that only some places have (`always`, `success`, `hashfiles`), by name in lower case.

    Raises:
        ExpressionError: a context or function that is not there, or a wrong use of one.
    """
    return _Evaluation(contexts, functions or {}).of(node)


def is_true(value: Any) -> bool:
    """What `if:` takes for true."""
    if isinstance(value, float | int):
        return not (value == 0 or math.isnan(value))
    return value is not None and value != ""


def to_text(value: Any) -> str:
    """A value as it stands in a string."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float() | int():
            return _number_text(value)
        case str():
            return value
        case list():
            return "Array"
        case _:
            return "Object"


def _number_text(value: float) -> str:
    if math.isnan(value) or math.isinf(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    return str(int(value)) if value == int(value) else f"{value:.15G}"


class _Evaluation:
    def __init__(self, contexts: Mapping[str, Any], functions: Mapping[str, Function]) -> None:
        self._contexts = contexts
        self._functions = {**_FUNCTIONS, **functions}

    def of(self, node: Node) -> Any:
        match node:
            case Literal(value=value):
                return value
            case Name(name=name) if name in self._contexts:
                return self._contexts[name]
            case Index(target=target, key=key):
                return self._property(target, self.of(key))
            case Filter(target=target):
                return _values(self.of(target))
            case Call(function=function, arguments=arguments):
                return self._call(function, [self.of(argument) for argument in arguments])
            case _:
                return self._operation(node)

    def _operation(self, node: Node) -> Any:
        match node:
            case Not(operand=operand):
                return not is_true(self.of(operand))
            case Binary(operator=operator, left=left, right=right):
                return self._binary(operator, left, right)
            case Name(name=name):
                raise ExpressionError(f"Unrecognized named-value: '{name}'")
            case _:
                raise ExpressionError(f"{type(node).__name__} is no expression")

    def _property(self, target: Node, key: Any) -> Any:
        value = self.of(target)
        if _is_filtered(target) and isinstance(value, list):
            found = [_lookup(item, key) for item in value]
            return [item for item in found if item is not None]
        return _lookup(value, key)

    def _binary(self, operator: str, left: Node, right: Node) -> Any:
        first = self.of(left)
        if operator == "&&":
            return self.of(right) if is_true(first) else first
        if operator == "||":
            return first if is_true(first) else self.of(right)
        return _compare(operator, first, self.of(right))

    def _call(self, name: str, arguments: Sequence[Any]) -> Any:
        function = self._functions.get(name)
        if function is None:
            raise ExpressionError(f"Unrecognized function: '{name}'")
        try:
            return function(*arguments)
        except TypeError as error:
            raise ExpressionError(f"{name} does not take {len(arguments)} arguments") from error


def _is_filtered(node: Node) -> bool:
    """Whether a node stands for many values at once: something with `.*` in its path."""
    return isinstance(node, Filter) or (isinstance(node, Index) and _is_filtered(node.target))


def _lookup(value: Any, key: Any) -> Any:
    if isinstance(value, Mapping):
        name = to_text(key).lower()
        return next((found for known, found in value.items() if str(known).lower() == name), None)
    if isinstance(value, list):
        position = _to_number(key)
        return value[int(position)] if position == position // 1 and 0 <= position < len(value) else None
    return None


def _values(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return list(value.values())
    return list(value) if isinstance(value, list) else []


def _to_number(value: Any) -> float:
    match value:
        case None:
            return 0.0
        case bool() | float() | int():
            return float(value)
        case str():
            return number(value.strip()) if value.strip() else 0.0
        case _:
            return math.nan


def _compare(operator: str, left: Any, right: Any) -> bool:
    if isinstance(left, str) and isinstance(right, str):
        return _ordered(operator, left.casefold(), right.casefold())
    if isinstance(left, (Mapping, list)) or isinstance(right, (Mapping, list)):
        # Objects and arrays equal only themselves, and every context is built anew.
        return operator == "!=" if left is not right else operator in ("==", "<=", ">=")
    return _ordered(operator, _to_number(left), _to_number(right))


def _ordered(operator: str, left: Any, right: Any) -> bool:
    match operator:
        case "==":
            return bool(left == right)
        case "!=":
            return bool(left != right)
        case "<":
            return bool(left < right)
        case "<=":
            return bool(left <= right)
        case ">":
            return bool(left > right)
        case _:
            return bool(left >= right)


def _contains(search: Any, item: Any) -> bool:
    if isinstance(search, list):
        return any(_compare("==", value, item) for value in search)
    return to_text(item).casefold() in to_text(search).casefold() if not isinstance(search, dict) else False


def _starts_with(search: Any, value: Any) -> bool:
    return to_text(search).casefold().startswith(to_text(value).casefold())


def _ends_with(search: Any, value: Any) -> bool:
    return to_text(search).casefold().endswith(to_text(value).casefold())


def _format(template: Any, *values: Any) -> str:
    def replace(found: re.Match[str]) -> str:
        if found.group() in ("{{", "}}"):
            return found.group()[0]
        if found.group(1) is None or int(found.group(1)) >= len(values):
            raise ExpressionError(f"The format string is invalid or names a missing argument: {to_text(template)!r}")
        return to_text(values[int(found.group(1))])

    return re.sub(r"\{\{|\}\}|\{(\d+)\}|[{}]", replace, to_text(template))


def _join(values: Any, separator: Any = ",") -> str:
    listed = values if isinstance(values, list) else [values]
    return to_text(separator).join(to_text(value) for value in listed)


def _to_json(value: Any) -> str:
    return json.dumps(plain(value), indent=2, ensure_ascii=False)


def plain(value: Any) -> Any:
    """A value with its whole numbers written as whole numbers, for JSON."""
    if isinstance(value, Mapping):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _from_json(text: Any) -> Any:
    try:
        return json.loads(to_text(text))
    except ValueError as error:
        raise ExpressionError(f"Error parsing fromJson: {error}") from error


_FUNCTIONS: Mapping[str, Function] = {
    "contains": _contains,
    "startswith": _starts_with,
    "endswith": _ends_with,
    "format": _format,
    "join": _join,
    "tojson": _to_json,
    "fromjson": _from_json,
}
"""The functions that every place has."""
