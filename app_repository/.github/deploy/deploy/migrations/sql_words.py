"""A statement as PostgreSQL's lexer sees it: without comments, and with nothing in its texts that looks like SQL.

https://www.postgresql.org/docs/current/sql-syntax-lexical.html
"""

import re

_TOKEN = re.compile(
    r"""
      --[^\n]* | /\*.*?\*/
    | (?P<text> [eE]'(?:[^'\\]|\\.|'')*' | '(?:[^']|'')*' )
    | \$(?P<tag>[^\W\d]\w*|)\$ (?P<body>.*?) \$(?P=tag)\$
    | (?P<quoted> "(?:[^"]|"")*" )
    | (?P<word> [^\W\d][\w$]* )
    | (?P<sign> \d[\w.]* | \S )
    """,
    re.DOTALL | re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_TRANSACTION = re.compile(
    r"(?:BEGIN|START TRANSACTION|COMMIT|END|ABORT|PREPARE TRANSACTION|ROLLBACK(?! (?:(?:WORK|TRANSACTION) )?TO\b))\b"
)
_ATOMIC = re.compile(r"CREATE (?:OR REPLACE )?(?:FUNCTION|PROCEDURE)\b.* BEGIN ATOMIC (?!END$)")
"""Up to the first semicolon within the body of a function that is no text."""
NAME = r'(?:"(?:[^"]|"")+"|\w+)(?: \. (?:"(?:[^"]|"")+"|\w+))*'
"""A table's name in what `statements` returns, perhaps with its schema's."""


def statements(sql: str) -> list[str]:
    """The statements of a text, each as its words with one space between them.

    Keywords and bare names are in capitals, quoted names are as they are, a text is `''`. The body of a `DO` counts as
    statements of its own, as does a text that it executes; that of a function, which does not run now, as a text.
    """
    return _split(_words(sql, blocks=True))


def transaction_control(sql: str) -> str:
    """The first statement of a text that begins or ends a transaction; empty where none does.

    A savepoint does neither. What a `DO` block or a procedure does is not looked at: PostgreSQL refuses it there.
    """
    in_function = False
    for statement in _split(_words(sql, blocks=False)):
        if in_function:
            in_function = statement != "END"
        elif _TRANSACTION.match(statement):
            return statement
        else:
            in_function = _ATOMIC.match(statement) is not None
    return ""


def spelled(name: str) -> str:
    """A name out of `statements` as people write it, and as `to_regclass` takes it."""
    parts = [part if part.startswith('"') else part.lower() for part in name.split(" . ")]
    return ".".join(parts)


def _split(words: list[str]) -> list[str]:
    found = " ".join(words).split(" ; ")
    return [statement for part in found if (statement := part.removesuffix(";").removeprefix("; ").strip())]


def _words(sql: str, *, blocks: bool) -> list[str]:
    words: list[str] = []
    for found in _TOKEN.finditer(sql):
        if found["word"]:
            words.append(found["word"].upper())
        elif found["text"] or found["body"] is not None:
            body = found["body"] if found["body"] is not None else _unquoted(found["text"])
            words += [";", *_words(body, blocks=True), ";"] if blocks and _is_code(words) else ["''"]
        elif found["quoted"] or found["sign"]:
            words.append(found[0])
    return words


def _is_code(words: list[str]) -> bool:
    """Whether a text after these words is run: `DO [LANGUAGE name] text`, and within it `EXECUTE text`."""
    return words[-1:] in (["DO"], ["EXECUTE"]) or words[-3:-1] == ["DO", "LANGUAGE"]


def _unquoted(text: str) -> str:
    """What a text in quotes says; a control character that is written with a backslash counts as a space."""
    inner = text[text.index("'") + 1 : -1].replace("''", "'")
    if text[0] == "'":
        return inner
    return _ESCAPE.sub(lambda escape: " " if escape[1] in "bfnrt" else escape[1], inner)
