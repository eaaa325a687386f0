"""Which lock a statement takes on which table, by PostgreSQL's manual and its source.

https://www.postgresql.org/docs/current/explicit-locking.html, and AlterTableGetLockLevel in
src/backend/commands/tablecmds.c. Tables that the statement itself makes are left out: nobody knows them yet. Where an
index is named, its table is locked as well, and cannot be told from the statement.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploy.migrations.sql_words import NAME, spelled, statements

ACCESS_EXCLUSIVE, SHARE_UPDATE, SHARE_ROW = "ACCESS EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE ROW EXCLUSIVE"
ROW_EXCLUSIVE, ROW_SHARE = "ROW EXCLUSIVE", "ROW SHARE"
UNKNOWN = "unknown"
BLOCKS = {
    "ACCESS SHARE": "nobody but who changes the table's shape",
    ROW_SHARE: "nobody but who changes the table's shape",
    ROW_EXCLUSIVE: "index builds, and who writes the same rows",
    SHARE_UPDATE: "other schema changes and vacuum; neither reads nor writes",
    "SHARE": "writes",
    SHARE_ROW: "writes",
    "EXCLUSIVE": "writes",
    ACCESS_EXCLUSIVE: "reads and writes",
    UNKNOWN: "nobody knows whom: read PostgreSQL's manual",
}
"""The modes, weakest first, and whom each keeps waiting."""
STRENGTH = {mode: number for number, mode in enumerate(BLOCKS)}
_N = rf"(?P<name>{NAME})"
_LIST = rf"(?P<name>{NAME}(?: , (?:ONLY )?{NAME})*)"
_IF = r"(?:IF (?:NOT )?EXISTS )?"
_RULES: tuple[tuple[str, str], ...] = (
    (rf"CREATE (?:UNIQUE )?INDEX CONCURRENTLY {_IF}(?:{NAME} )?ON (?:ONLY )?{_N}", SHARE_UPDATE),
    (rf"CREATE (?:UNIQUE )?INDEX {_IF}(?:{NAME} )?ON (?:ONLY )?{_N}", "SHARE"),
    (rf"DROP INDEX CONCURRENTLY {_IF}{_N}", SHARE_UPDATE),
    (rf"ALTER INDEX {_IF}{_N} (?:RENAME|SET|RESET|ALTER)\b", SHARE_UPDATE),
    (rf"(?:CREATE|ALTER) STATISTICS .*\bFROM {_N}", SHARE_UPDATE),
    (rf"COMMENT ON (?:TABLE|VIEW|MATERIALIZED VIEW|INDEX) {_N}", SHARE_UPDATE),
    (rf"CREATE (?:OR REPLACE )?(?:CONSTRAINT )?TRIGGER .*? ON {_N}", SHARE_ROW),
    (rf"(?:CREATE|ALTER|DROP) POLICY .*? ON {_N}", ACCESS_EXCLUSIVE),
    (rf"(?:ALTER|DROP) TRIGGER .*? ON {_N}", ACCESS_EXCLUSIVE),
    (rf"ALTER SEQUENCE {_IF}{_N} (?:RENAME|OWNER|SET)\b", ACCESS_EXCLUSIVE),
    (rf"ALTER SEQUENCE {_IF}{_N}", SHARE_ROW),
    (rf"(?:ALTER|DROP) (?:MATERIALIZED VIEW|VIEW|SEQUENCE|INDEX|FOREIGN TABLE|TABLE) {_IF}{_LIST}", ACCESS_EXCLUSIVE),
    (rf"CREATE OR REPLACE (?:RECURSIVE )?VIEW {_N}", ACCESS_EXCLUSIVE),
    (rf"REFRESH MATERIALIZED VIEW CONCURRENTLY {_N}", "EXCLUSIVE"),
    (rf"REFRESH MATERIALIZED VIEW {_N}", ACCESS_EXCLUSIVE),
    (rf"REINDEX (?:TABLE|INDEX) CONCURRENTLY {_N}", SHARE_UPDATE),
    (rf"REINDEX TABLE {_N}", "SHARE"),
    (rf"REINDEX INDEX {_N}", ACCESS_EXCLUSIVE),
    (rf"(?:VACUUM FULL|CLUSTER) (?:VERBOSE )?{_N}", ACCESS_EXCLUSIVE),
    (rf"(?:VACUUM|ANALYZE) (?:VERBOSE )?{_LIST}", SHARE_UPDATE),
    (rf"TRUNCATE (?:TABLE )?(?:ONLY )?{_LIST}", ACCESS_EXCLUSIVE),
    (rf"(?:UPDATE|DELETE FROM) (?:ONLY )?{_N}", ROW_EXCLUSIVE),
    (rf"(?:INSERT INTO|MERGE INTO|COPY) (?:ONLY )?{_N}", ROW_EXCLUSIVE),
    (rf"WITH .*\b(?:INSERT INTO|UPDATE|DELETE FROM) (?:ONLY )?{_N}", ROW_EXCLUSIVE),
    (rf"SELECT .*\bFROM (?:ONLY )?{_N} .*\bFOR (?:NO KEY |KEY )?(?:UPDATE|SHARE)", ROW_SHARE),
    (rf"SELECT .*\bFROM (?:ONLY )?{_N}", "ACCESS SHARE"),
    (rf"CREATE (?:MATERIALIZED )?VIEW .*\bFROM (?:ONLY )?{_N}", "ACCESS SHARE"),
)
_RULES_OF_STATEMENTS = tuple((re.compile(pattern), mode) for pattern, mode in _RULES)
_LOCK_TABLE = re.compile(rf"LOCK (?:TABLE )?(?:ONLY )?{_LIST}(?: IN (?P<mode>[A-Z ]+) MODE)?")
_ALTER_TABLE = re.compile(rf"ALTER (?:FOREIGN )?TABLE {_IF}(?:ONLY )?{_N}(?: \*)? (?P<actions>.+)")
_CREATE_TABLE = re.compile(rf"CREATE (?:(?:UNLOGGED|TEMP|TEMPORARY) )?TABLE {_IF}{_N}(?P<rest>.*)")
_ACTIONS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), mode)
    for pattern, mode in (
        (r"VALIDATE CONSTRAINT\b", SHARE_UPDATE),
        (r"ALTER (?:COLUMN )?\S+ SET STATISTICS\b", SHARE_UPDATE),
        (r"ALTER (?:COLUMN )?\S+ (?:RE)?SET \(", SHARE_UPDATE),
        (r"(?:RE)?SET \(", SHARE_UPDATE),
        (r"CLUSTER ON\b|SET WITHOUT CLUSTER\b", SHARE_UPDATE),
        (r"ATTACH PARTITION\b|DETACH PARTITION .* (?:CONCURRENTLY|FINALIZE)\b", SHARE_UPDATE),
        (r"(?:ENABLE|DISABLE) (?:(?:ALWAYS|REPLICA) )?TRIGGER\b", SHARE_ROW),
        (r"ADD (?:CONSTRAINT \S+ )?FOREIGN KEY\b", SHARE_ROW),
        ("", ACCESS_EXCLUSIVE),
    )
)
_REFERENCED = re.compile(rf"\bREFERENCES {_N}")
_PARTITION = re.compile(rf"(?:ATTACH|DETACH) PARTITION {_N}")
_PARENT = re.compile(rf"\bPARTITION OF {_N}")
_FREE = re.compile(
    r"(?:CREATE|ALTER|DROP|COMMENT ON) (?:OR REPLACE )?(?:TYPE|DOMAIN|SCHEMA|FUNCTION|PROCEDURE|AGGREGATE|EXTENSION"
    r"|SEQUENCE|ROLE|COLLATION)\b|(?:GRANT|REVOKE|SET|RESET|SELECT)\b"
)
"""Statements that lock no table, where no rule above knows better."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock.

    Attributes:
        table: or index, view or sequence, as `to_regclass` takes it; empty where it is not known.
        mode: one of `BLOCKS`.
    """

    table: str
    mode: str

    def __str__(self) -> str:
        return f"{self.mode} on {self.table or 'what the statement names'}, which blocks {BLOCKS[self.mode]}"


def locks(sql: str) -> list[Lock]:
    """What the statements of a text lock, the strongest lock on each table, in the order in which they name them."""
    return strongest(lock for statement in statements(sql) for lock in _of(statement))


def strongest(found: Iterable[Lock]) -> list[Lock]:
    """One lock a table."""
    kept: dict[str, Lock] = {}
    for lock in found:
        if lock.table not in kept or STRENGTH[kept[lock.table].mode] < STRENGTH[lock.mode]:
            kept[lock.table] = lock
    return list(kept.values())


def _of(statement: str) -> Iterator[Lock]:
    if altered := _ALTER_TABLE.fullmatch(statement):
        yield from _of_alter_table(spelled(altered["name"]), altered["actions"])
    elif created := _CREATE_TABLE.match(statement):
        own = spelled(created["name"])
        yield from (lock for lock in _referenced(created["rest"]) if lock.table != own)
        for parent in _PARENT.finditer(created["rest"]):
            yield Lock(spelled(parent["name"]), ACCESS_EXCLUSIVE)
    elif locked := _LOCK_TABLE.fullmatch(statement):
        mode = locked["mode"] or ACCESS_EXCLUSIVE
        yield from (Lock(name, mode if mode in BLOCKS else UNKNOWN) for name in _names(locked))
    else:
        yield from _of_rules(statement)


def _of_rules(statement: str) -> Iterator[Lock]:
    for pattern, mode in _RULES_OF_STATEMENTS:
        if found := pattern.match(statement):
            yield from (Lock(name, mode) for name in _names(found))
            return
    if not _FREE.match(statement):
        yield Lock("", UNKNOWN)


def _names(found: re.Match[str]) -> list[str]:
    return [spelled(name.removeprefix("ONLY ")) for name in found["name"].split(" , ")]


def _of_alter_table(table: str, actions: str) -> Iterator[Lock]:
    for action in _split(actions):
        yield Lock(table, next(mode for pattern, mode in _ACTIONS if pattern.match(action)))
        yield from _referenced(action)
        for partition in _PARTITION.finditer(action):
            yield Lock(spelled(partition["name"]), ACCESS_EXCLUSIVE)


def _referenced(text: str) -> Iterator[Lock]:
    for found in _REFERENCED.finditer(text):
        yield Lock(spelled(found["name"]), SHARE_ROW)


def _split(actions: str) -> list[str]:
    """The actions of an ALTER TABLE, which are separated by commas that are in no parentheses."""
    parts, depth = [""], 0
    for word in actions.split(" "):
        depth += (word == "(") - (word == ")")
        if word == "," and not depth:
            parts.append("")
        else:
            parts[-1] = f"{parts[-1]} {word}".strip()
    return parts
