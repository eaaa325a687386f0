"""The app's migrations as their files declare them: read as text, so that none of the app's code runs here.

A revision is an Alembic revision (https://alembic.sqlalchemy.org/en/latest/tutorial.html) whose facts are literals.
`deploy stage`, which holds Vercel's token, and `deploy migrate` read the same facts from here.
"""

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from deploy.errors import WrongUsageError

KINDS = ("expand", "concurrent", "backfill", "contract")
BASE = "base"
"""Before the first revision; as `compatible_with`, every application."""
BATCH_ROWS = 1000
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.]{0,31}")
_OF_ALEMBIC = (BASE, "head", "heads")
"""What Alembic takes for a place in the history."""
_KEY = re.compile(r"[\w$ -]+")
_TABLE = re.compile(rf"{_KEY.pattern}(\.{_KEY.pattern})?")
_LITERALS = (
    *("revision", "down_revision", "kind", "compatible_with", "allow", "reversible"),
    *("table", "key", "batch_rows"),
)
_UNREADABLE = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)
"""What Python's parser raises (https://docs.python.org/3/library/ast.html#ast.literal_eval)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Backfill:
    """What a backfill goes through.

    Attributes:
        table: its name as it is, capitals too and without quotation marks; perhaps with the schema's and a dot.
        key: the column whose order it follows, likewise; unique, never NULL, and never changed.
        batch_rows: rows a transaction.
        statement: SQL that changes the rows with `key BETWEEN :first AND :last`.
    """

    table: str
    key: str
    batch_rows: int
    statement: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Revision:
    """One step of the database.

    Attributes:
        id: as `alembic_version` has it.
        number: its place in the history; the first is 1.
        down_revision: the one before; None for the first.
        kind: one of `KINDS`.
        description: the first line of the file's docstring.
        compatible_with: of a contract, the oldest revision whose application still works afterwards, or `base`.
        path: the file.
        checksum: SHA-256 of the file, in hexadecimal.
        allow: findings of the linter that are accepted, each with its reason.
        reversible: whether there is a way down.
        backfill: of a backfill, what it goes through.
    """

    id: str
    number: int
    down_revision: str | None
    kind: str
    description: str
    compatible_with: str | None
    path: Path
    checksum: str
    allow: Mapping[str, str] = field(default_factory=dict)
    reversible: bool = True
    backfill: Backfill | None = None

    def __str__(self) -> str:
        return f"{self.id} ({self.kind})"


def read_history(folder: Path) -> tuple[Revision, ...]:
    """The revisions of a folder, first to last.

    Args:
        folder: holds a file a revision; may be empty, or not there at all: then there is none.

    Raises:
        WrongUsageError: naming everything that is wrong with them.
    """
    read, problems = [], []
    for path in sorted(folder.glob("*.py")):
        facts, faults = _read(path)
        problems += [f"{path.name}: {fault}" for fault in faults]
        read.append((path, facts))
    ordered = [] if problems else _ordered(read, problems)
    history = tuple(_revision(number, path, facts) for number, (path, facts) in enumerate(ordered, start=1))
    problems += _unknown_compatibility(history)
    if problems:
        raise WrongUsageError(
            f"The migrations in {folder} cannot be meant: {'; '.join(problems)}.",
            "mend them (docs/migrations.md says how one is written), then run the same again.",
        )
    return history


def find(history: Sequence[Revision], name: str) -> Revision | None:
    """A revision by its ID, or by the beginning of it where only one begins so; None where there is no such."""
    exact = [revision for revision in history if revision.id == name]
    begin = [revision for revision in history if name and revision.id.startswith(name)]
    return exact[0] if exact else begin[0] if len(begin) == 1 else None


def number_of(history: Sequence[Revision], name: str | None) -> int:
    """A revision's number; 0 for `base` and for None.

    Raises:
        KeyError: when the history does not have it.
    """
    if name in (None, BASE):
        return 0
    return {revision.id: revision.number for revision in history}[name]


def oldest_application(history: Sequence[Revision], number: int) -> int:
    """The number of the oldest schema whose application lives with a database at a number; 0 where any does."""
    floors = [
        number_of(history, revision.compatible_with) for revision in history[:number] if revision.kind == "contract"
    ]
    return max(floors, default=0)


def _read(path: Path) -> tuple[dict[str, Any], list[str]]:
    """What a file declares, and what is wrong with it by itself."""
    try:
        content = path.read_bytes()
        module = ast.parse(content)
    except OSError as error:  # a folder, or a link that leads nowhere
        return {}, [f"cannot be read: {error.strerror}"]
    except _UNREADABLE as error:
        return {}, [f"is no Python: {str(error) or type(error).__name__}"]
    facts: dict[str, Any] = {
        "description": (ast.get_docstring(module) or "").strip().partition("\n")[0],
        "checksum": hashlib.sha256(content).hexdigest(),
    }
    faults: list[str] = []
    for node in module.body:
        for name, value in _assigned(node):
            if name in _LITERALS or name == "up":
                try:
                    facts[name] = ast.literal_eval(value)
                except _UNREADABLE:
                    faults.append(f"`{name}` is not a literal, which can be read without running the file")
        if isinstance(node, ast.FunctionDef):
            facts.setdefault("functions", set()).add(node.name)
    return facts, faults or _faults(facts)


def _assigned(node: ast.stmt) -> list[tuple[str, ast.expr]]:
    """The names that a statement gives a value, each with its value."""
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
        return [(node.target.id, node.value)]
    if not isinstance(node, ast.Assign):
        return []
    found: list[tuple[str, ast.expr]] = []
    for target in node.targets:
        if isinstance(target, ast.Name):
            found.append((target.id, node.value))
        elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = zip(target.elts, node.value.elts, strict=False)
            found += [(name.id, value) for name, value in pairs if isinstance(name, ast.Name)]
    return found


def _faults(facts: Mapping[str, Any]) -> list[str]:
    kind, functions = facts.get("kind"), facts.get("functions", set())
    identifier, parent = facts.get("revision"), facts.get("down_revision", "")
    backfill, contract = kind == "backfill", kind == "contract"
    batch = facts.get("batch_rows", BATCH_ROWS)
    allow = facts.get("allow", {})
    wrong = {
        "its docstring has no first line that describes it": not facts["description"],
        "`revision` is no ID of up to 32 letters, digits, dots and underscores": not _is(_ID, identifier)
        or identifier in _OF_ALEMBIC,
        "`down_revision` is neither the ID of the revision before nor None (of several: the history is one line)": (
            parent is not None and not _is(_ID, parent)
        ),
        f"`kind` is not one of {', '.join(KINDS)}": kind not in KINDS,
        "`allow` does not give each accepted finding a reason": not isinstance(allow, dict)
        or not all(isinstance(text, str) and text.strip() for pair in allow.items() for text in pair),
        "`reversible` is neither True nor False": not isinstance(facts.get("reversible", True), bool),
        "a contract says with `compatible_with` the oldest revision whose application still works afterwards": (
            contract and not _is(_ID, facts.get("compatible_with"))
        ),
        "`compatible_with` belongs to a contract": not contract and "compatible_with" in facts,
        "there is no function `up`": not backfill and "up" not in functions,
        "there is neither a function `down` nor `reversible = False`": (
            not backfill and facts.get("reversible", True) is not False and "down" not in functions
        ),
        "the `up` of a backfill is a text with :first and :last": backfill
        and not (isinstance(facts.get("up"), str) and all(word in facts["up"] for word in (":first", ":last"))),
        "a backfill names its `table` (or `schema.table`) and its `key`, without quotation marks": (
            backfill and not (_is(_TABLE, facts.get("table")) and _is(_KEY, facts.get("key")))
        ),
        "`batch_rows` is no number above 0": type(batch) is not int or batch < 1,
    }
    return [fault for fault, holds in wrong.items() if holds]


def _is(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _ordered(read: list[tuple[Path, dict[str, Any]]], problems: list[str]) -> list[tuple[Path, dict[str, Any]]]:
    """First to last; adds to the problems what keeps them from being one line."""
    ids = Counter(facts["revision"] for _, facts in read)
    problems += [f"{name} is the `revision` of {count} files" for name, count in ids.items() if count > 1]
    after: dict[str | None, list[tuple[Path, dict[str, Any]]]] = {}
    for path, facts in read:
        parent = facts["down_revision"]
        after.setdefault(parent, []).append((path, facts))
        if parent is not None and parent not in ids:
            problems.append(f"{path.name}: its `down_revision` {parent} is in no file")
    for parent, children in after.items():
        if len(children) > 1:
            names = " and ".join(facts["revision"] for _, facts in children)
            problems.append(f"{names} both follow {parent or BASE}: give one of them the other as `down_revision`")
    ordered: list[tuple[Path, dict[str, Any]]] = []
    following = after.get(None, [])
    while following and not problems and len(ordered) < len(read):
        ordered.append(following[0])
        following = after.get(following[0][1]["revision"], [])
    if not problems and len(ordered) < len(read):
        problems.append("they follow each other in a circle")
    return ordered


def _revision(number: int, path: Path, facts: Mapping[str, Any]) -> Revision:
    return Revision(
        id=facts["revision"],
        number=number,
        down_revision=facts["down_revision"],
        kind=facts["kind"],
        description=facts["description"],
        compatible_with=facts.get("compatible_with"),
        path=path,
        checksum=facts["checksum"],
        allow=facts.get("allow", {}),
        reversible=facts.get("reversible", True),
        backfill=Backfill(
            table=facts["table"],
            key=facts["key"],
            batch_rows=facts.get("batch_rows", BATCH_ROWS),
            statement=facts["up"],
        )
        if facts["kind"] == "backfill"
        else None,
    )


def _unknown_compatibility(history: Sequence[Revision]) -> list[str]:
    """The contracts whose `compatible_with` is no revision before them."""
    before, problems = {BASE}, []
    for revision in history:
        if revision.compatible_with and revision.compatible_with not in before:
            problems.append(f"{revision.path.name}: its `compatible_with` {revision.compatible_with} is none before it")
        before.add(revision.id)
    return problems
