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
NAME = r'(?:"(?:[^"]|"")+"|\w+)(?: \. (?:"(?:[^"]|"")+"|\w+))*'
"""A table's name in what `statements` returns, perhaps with its schema's."""


def statements(sql: str) -> list[str]:
    """The statements of a text, each as its words with one space between them.

    Keywords and bare names are in capitals, quoted names are as they are, a text is `''`. The body of a `DO` counts as
    statements of its own; that of a function, which does not run now, as a text.
    """
    found = " ".join(_words(sql)).split(" ; ")
    return [statement for part in found if (statement := part.removesuffix(";").removeprefix("; ").strip())]


def spelled(name: str) -> str:
    """A name out of `statements` as people write it, and as `to_regclass` takes it."""
    parts = [part if part.startswith('"') else part.lower() for part in name.split(" . ")]
    return ".".join(parts)


def _words(sql: str) -> list[str]:
    words: list[str] = []
    for found in _TOKEN.finditer(sql):
        if found["word"]:
            words.append(found["word"].upper())
        elif found["body"] is not None:
            words += [";", *_words(found["body"]), ";"] if words[-1:] == ["DO"] else ["''"]
        elif found["text"]:
            words.append("''")
        elif found["quoted"] or found["sign"]:
            words.append(found[0])
    return words
