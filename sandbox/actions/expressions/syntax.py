"""Reads one expression into a tree. Each node knows which part of the text it came from."""

import re
from dataclasses import dataclass
from typing import NoReturn


class ExpressionError(Exception):
    """The expression cannot be read or computed; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of an expression, and where in the text it stands."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A string, number, boolean or null."""

    value: str | float | bool | None


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A context: `github`, `needs`."""

    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """A property (`.name`) or an index (`[…]`)."""

    target: Node
    key: Node


@dataclass(frozen=True, slots=True)
class Filter(Node):
    """All the values of an object or array: `.*`."""

    target: Node


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A function with its arguments; its name in lower case."""

    function: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`!`."""

    operand: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`&&`, `||` or a comparison."""

    operator: str
    left: Node
    right: Node


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below one."""
    match node:
        case Index(target=target, key=key):
            return (target, key)
        case Filter(target=target):
            return (target,)
        case Call(arguments=arguments):
            return arguments
        case Not(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case _:
            return ()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<string>'(?:''|[^'])*')"
    r"|(?P<number>[-+]?(?:0x[0-9a-fA-F]+|0o[0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))(?![\w.])"
    r"|(?P<name>[A-Za-z_][\w-]*)"
    r"|(?P<operator>&&|\|\||==|!=|<=|>=|<|>|!|\(|\)|\[|\]|\.|,|\*)"
)
_WORDS: dict[str, bool | float | None] = {
    "true": True,
    "false": False,
    "null": None,
    "nan": float("nan"),
    "infinity": float("inf"),
}
_PRECEDENCE = (("||",), ("&&",), ("==", "!="), ("<", "<=", ">", ">="))
"""From what binds least to what binds most."""


def parse(text: str) -> Node:
    """The tree of an expression without its `${{ }}`.

    Raises:
        ExpressionError: it is not one.
    """
    return _Parser(text).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan()
        self._at = 0

    def parse(self) -> Node:
        node = self._binary(0)
        if self._peek() is not None:
            self._fail()
        return node

    def _scan(self) -> list[_Token]:
        tokens: list[_Token] = []
        position = 0
        while position < len(self._text):
            found = _TOKEN.match(self._text, position)
            if found is None or found.lastgroup is None:
                raise ExpressionError(f"Unexpected symbol {self._text[position]!r} in `{self._text}`")
            if found.lastgroup != "space":
                tokens.append(_Token(found.lastgroup, found.group(), found.start(), found.end()))
            position = found.end()
        return tokens

    def _peek(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _take(self, *texts: str) -> _Token | None:
        token = self._peek()
        if token is None or token.kind != "operator" or token.text not in texts:
            return None
        self._at += 1
        return token

    def _expect(self, text: str) -> _Token:
        return self._take(text) or self._fail()

    def _fail(self) -> NoReturn:
        token = self._peek()
        found = f"Unexpected {token.text!r}" if token else "Unexpected end"
        raise ExpressionError(f"{found} in `{self._text}`")

    def _binary(self, level: int) -> Node:
        if level == len(_PRECEDENCE):
            return self._unary()
        left = self._binary(level + 1)
        while operator := self._take(*_PRECEDENCE[level]):
            right = self._binary(level + 1)
            left = Binary(left.start, right.end, operator.text, left, right)
        return left

    def _unary(self) -> Node:
        if token := self._take("!"):
            operand = self._unary()
            return Not(token.start, operand.end, operand)
        return self._postfix(self._primary())

    def _primary(self) -> Node:
        if opening := self._take("("):
            inner = self._binary(0)
            closing = self._expect(")")
            # The parentheses belong to what they enclose, so that replacing it replaces them.
            return _widened(inner, opening.start, closing.end)
        token = self._peek()
        if token is None:
            self._fail()
        self._at += 1
        match token.kind:
            case "string":
                return Literal(token.start, token.end, token.text[1:-1].replace("''", "'"))
            case "number":
                return Literal(token.start, token.end, number(token.text))
            case "name" if token.text.lower() in _WORDS:
                return Literal(token.start, token.end, _WORDS[token.text.lower()])
            case "name":
                return self._call(token) if self._take("(") else Name(token.start, token.end, token.text.lower())
            case _:
                self._at -= 1
        return self._fail()

    def _call(self, name: _Token) -> Node:
        arguments: list[Node] = []
        closing = self._take(")")
        while closing is None:
            arguments.append(self._binary(0))
            closing = self._take(")")
            if closing is None:
                self._expect(",")
        return Call(name.start, closing.end, name.text.lower(), tuple(arguments))

    def _postfix(self, node: Node) -> Node:
        while token := self._take(".", "["):
            if token.text == "[":
                if self._take("*"):
                    node = Filter(node.start, self._expect("]").end, node)
                    continue
                key = self._binary(0)
                node = Index(node.start, self._expect("]").end, node, key)
            elif star := self._take("*"):
                node = Filter(node.start, star.end, node)
            else:
                name = self._peek()
                if name is None or name.kind != "name":
                    self._fail()
                self._at += 1
                node = Index(node.start, name.end, node, Literal(name.start, name.end, name.text))
        return node


def number(text: str) -> float:
    """A number as the language writes it; NaN when it is none."""
    digits = text.lstrip("+-").lower()
    sign = -1.0 if text.startswith("-") else 1.0
    try:
        if digits.startswith(("0x", "0o")):
            return sign * int(digits, 0)
        return sign * float(digits) if re.fullmatch(r"(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?", digits) else float("nan")
    except ValueError:
        return float("nan")


def _widened(node: Node, start: int, end: int) -> Node:
    fields = {name: getattr(node, name) for name in type(node).__dataclass_fields__ if name not in ("start", "end")}
    return type(node)(start, end, **fields)
