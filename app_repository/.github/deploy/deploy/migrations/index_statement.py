"""The one statement of a concurrent revision, as its text has it: which index, of which table, is built or dropped."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.migrations import sql_words
from deploy.migrations.scripts import CannotRenderError, Scripts
from deploy.release.revisions import Revision

# What is between two words, comments too; nothing where a sign keeps them apart.
_BLANK = r"(?>\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/)*+(?:(?<![\w$])|(?![\w$]))"
_PART = r'(?:"(?:[^"]|"")++"|[^\W\d][\w$]*+)'
_NAME = rf"{_PART}(?:\s*\.\s*{_PART})*+"
_CREATE, _UNNAMED, _DROP = (
    re.compile(pattern.replace(" ", _BLANK), re.IGNORECASE | re.DOTALL)
    for pattern in (
        (
            rf" CREATE (?P<unique>UNIQUE )?INDEX CONCURRENTLY (?:IF NOT EXISTS )?(?P<index>{_PART}) ON (?:ONLY )?"
            rf"(?P<table>{_NAME}) (?P<rest>.*)"
        ),
        r" CREATE (?:UNIQUE )?INDEX CONCURRENTLY ON .*",
        rf" DROP INDEX CONCURRENTLY (?:IF EXISTS )?(?P<index>{_NAME}) (?:RESTRICT )?(?:; )?",
    )
)
_DEFINITION = re.compile(rf"CREATE (UNIQUE )?INDEX {_PART} ON {_NAME} ")


class NotOneError(Exception):
    """A revision is something else than one such statement; the message says what."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Statement:
    """What it does.

    Attributes:
        text: the whole of it.
        index: its name as `to_regclass` takes it; that of a new one is without a schema, which is its table's.
        table: of an index that is built, likewise; None where one is dropped.
        definition: of an index that is built, all that follows the table's name.
        unique: whether an index is built that is.
    """

    text: str
    index: str
    table: str | None = None
    definition: str = ""
    unique: bool = False

    @property
    def creates(self) -> bool:
        """Whether it builds the index."""
        return self.table is not None


def statement_of(scripts: Scripts, revision: Revision, direction: str) -> Statement | None:
    """What `up` or `down` of a concurrent revision does; None where going down does nothing.

    Raises:
        NotOneError: when it is anything else than one such statement.
    """
    try:
        statements = scripts.statements(revision, direction)
    except CannotRenderError as error:
        raise NotOneError(f"its SQL is not known without a database ({error})") from error
    if not statements and direction == "down":
        return None
    return _read(statements)


def fault(scripts: Scripts, revision: Revision) -> str:
    """Why a concurrent revision cannot be applied, or not be taken back as it says; empty where it can."""
    for direction, where in (("up", ""), ("down", "going down, ")):
        if direction == "up" or revision.reversible:
            try:
                statement_of(scripts, revision, direction)
            except NotOneError as error:
                return f"{where}{error}."
    return ""


def without_names(definition: str) -> str:
    """An index as `pg_get_indexdef` spells it, but for its name and its table's."""
    return _DEFINITION.sub(r"\1", definition, count=1)


def _read(statements: Sequence[str]) -> Statement:
    count = max(len(statements), sum(len(sql_words.statements(text)) for text in statements))
    if count != 1:
        raise NotOneError(f"it has {count} statements{': ' if count else ''}{'; '.join(statements)[:200]}")
    (text,) = statements
    if created := _CREATE.fullmatch(text):
        return Statement(
            text=text,
            index=created["index"],
            table=created["table"],
            definition=created["rest"],
            unique=created["unique"] is not None,
        )
    if dropped := _DROP.fullmatch(text):
        return Statement(text=text, index=dropped["index"])
    if _UNNAMED.fullmatch(text):
        raise NotOneError("its index has no name, by which it would be found again after an attempt that was cut off")
    raise NotOneError(f"it is `{text[:200]}`")
