"""What is found in each revision's SQL, and which of it forbids applying the revision.

Most of it is squawk's (https://squawkhq.com/docs/rules). Each revision is looked at by itself: beside the one that
makes its table, squawk would take the table for new and let everything pass. What squawk does not see, or can be told
not to see, is looked for here.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy.console import Console
from deploy.errors import FailedError, WrongUsageError
from deploy.migrations import index_statement, sql_words, squawk
from deploy.migrations.scripts import CannotRenderError, Scripts
from deploy.migrations.squawk import Remark
from deploy.release.revisions import Revision

SATISFIED = (
    *("require-lock-timeout", "require-statement-timeout", "transaction-nesting"),
    "ban-concurrent-index-creation-in-transaction",
)
"""Every statement has its timeouts, and a revision that is a transaction is in one.

The last two of them squawk finds beside other statements only; both are looked for here.
"""
TAKES_AWAY = (
    *("ban-truncate-cascade", "ban-set-schema", "ban-revoke"),
    *("renaming-column", "renaming-table", "renaming-object", "changing-column-type"),
)
BLOCKING = (
    *("adding-field-with-default", "adding-not-nullable-field", "adding-required-field"),
    *("adding-foreign-key-constraint", "adding-serial-primary-key-field"),
    *("constraint-missing-not-valid", "disallowed-unique-constraint"),
    *("require-concurrent-index-creation", "require-concurrent-index-deletion", "require-concurrent-reindex"),
    *("require-concurrent-partition-detach", "syntax-error"),
)
NOT_ONE, IN_TRANSACTION, SILENCED = "not-one-statement", "concurrently-in-transaction", "squawk-ignore"
ENDS_TRANSACTION = "transaction-control"
CANNOT_BE_ACCEPTED = (NOT_ONE, IN_TRANSACTION, SILENCED, ENDS_TRANSACTION, "syntax-error")
# At the beginning of a statement, or of one inside a DO block.
_BEGIN = r"(?:^|\b(?:BEGIN|THEN|ELSE|LOOP) )"
_TAKING = re.compile(
    rf"{_BEGIN}(?:DROP (?:MATERIALIZED VIEW|(?:FOREIGN )?TABLE|VIEW|SCHEMA|TYPE|DOMAIN|SEQUENCE|FUNCTION|PROCEDURE"
    r"|ROUTINE|AGGREGATE|EXTENSION|OWNED)\b"
    r"|TRUNCATE\b"
    r"|ALTER (?:FOREIGN )?TABLE .*\bDROP (?!(?:CONSTRAINT|DEFAULT|NOT|IDENTITY|EXPRESSION)\b)"
    r"|ALTER (?!INDEX\b).*\b(?:RENAME (?!CONSTRAINT\b)|SET SCHEMA\b))"
)
_DELETING = re.compile(r"\bDELETE FROM\b|\bMERGE INTO\b.* THEN DELETE\b")
_CONCURRENT = re.compile(r"(?:CREATE (?:UNIQUE )?INDEX|DROP INDEX) CONCURRENTLY\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """Something that was found.

    Attributes:
        revision: in which.
        rule: squawk's name for it, or one of those here.
        blocking: whether it forbids applying the revision.
        message: what it is.
        help: what to do instead; may be empty.
    """

    revision: str
    rule: str
    blocking: bool
    message: str
    help: str = ""

    def __str__(self) -> str:
        return f"{self.revision}: {self.rule}: {self.message}{f' {self.help}' if self.help else ''}"


def findings(scripts: Scripts, revision: Revision) -> list[Finding]:
    """What is to be said of a revision; what its file accepts is left out.

    Raises:
        WrongUsageError: when squawk is not installed.
    """
    try:
        statements = scripts.statements(revision)
    except CannotRenderError as error:
        return [_not_rendered(revision, error), *_of_transactions(scripts, revision)]
    remarks = squawk.read(statements, in_transaction=revision.kind != "concurrent")
    said = {remark.statement for remark in remarks if takes_away(remark.rule)}
    found = [
        *_of_squawk(revision, remarks),
        *_own(revision, statements, said),
        *_of_transactions(scripts, revision),
    ]
    if revision.kind == "concurrent" and (why := index_statement.fault(scripts, revision)):
        found.append(_not_one(revision, why))
    rules = {finding.rule for finding in found}
    return [
        *(
            finding
            for finding in dict.fromkeys(found)
            if finding.rule not in revision.allow or finding.rule in CANNOT_BE_ACCEPTED
        ),
        *(
            _warning(revision, "unused-allow", f"`allow` names {rule}, which is not found.")
            for rule in revision.allow
            if rule not in rules
        ),
    ]


def refuse_findings(scripts: Scripts, pending: Sequence[Revision], console: Console) -> None:
    """See that nothing blocking is in what is to be applied; the rest is told.

    Raises:
        FailedError: naming every blocking finding.
        WrongUsageError: when a file is not what its kind says, or squawk is not installed.
    """
    found = [finding for revision in pending for finding in findings(scripts, revision)]
    for finding in found:
        if not finding.blocking:
            console.warn(str(finding))
    unlike_its_kind = [finding for finding in found if finding.rule == NOT_ONE]
    if unlike_its_kind:
        raise WrongUsageError("; ".join(str(finding) for finding in unlike_its_kind), "mend the file.")
    refuse([finding for finding in found if finding.blocking])


def refuse(blocking: Sequence[Finding], data: Mapping[str, Any] | None = None) -> None:
    """End the command where something is blocking.

    Args:
        blocking: what is.
        data: printed under `--json` as well.

    Raises:
        FailedError: naming every one.
    """
    if blocking:
        raise FailedError(
            f"These migrations would hurt whoever uses the database: {'; '.join(str(finding) for finding in blocking)}",
            state="Nothing was changed.",
            following="take them apart (docs/migrations.md), or accept a finding with its reason in the file: "
            '`allow = {"RULE": "why"}`.',
            data=data,
        )


def takes_away(rule: str) -> bool:
    """Whether a rule of squawk's is about what an application that knows the old shape cannot live with.

    That is a contract's business.
    """
    return rule in TAKES_AWAY or rule.startswith("ban-drop-")


def _of_squawk(revision: Revision, remarks: Sequence[Remark]) -> list[Finding]:
    contract = revision.kind == "contract"
    return [
        Finding(
            revision=revision.id,
            rule=remark.rule,
            blocking=remark.rule in BLOCKING or (takes_away(remark.rule) and not contract),
            message=remark.message,
            help=remark.help,
        )
        for remark in remarks
        if remark.rule not in SATISFIED
        and not remark.rule.startswith("prefer-")
        and not (contract and takes_away(remark.rule))
    ]


def _own(revision: Revision, statements: Sequence[str], said: Collection[int]) -> list[Finding]:
    """What squawk cannot know (a revision's kind), does not read (DO), or is told not to say by a comment.

    Args:
        revision: has the statements.
        statements: as they are executed.
        said: those of which squawk has said already that they take something away, by number.
    """
    found: list[Finding] = []
    parts = [sql_words.statements(statement) for statement in statements]
    plain = [part for each in parts for part in each]
    if any("squawk-ignore" in statement for statement in statements):
        found.append(
            _blocking(
                revision,
                SILENCED,
                "a comment tells squawk what not to say.",
                'Accept a finding where its reason is read: `allow = {"RULE": "why"}`.',
            )
        )
    if revision.kind != "contract":
        found += [
            _blocking(
                revision,
                "takes-away",
                f"`{' '.join(statement.split())[:100]}` takes something away from applications that use it.",
                "Put it into a revision of the kind contract.",
            )
            for number, statement in enumerate(statements)
            if number not in said and any(_TAKING.search(part) for part in parts[number])
        ]
    concurrent = [part for part in plain if _CONCURRENT.match(part)]
    if revision.kind != "concurrent" and concurrent:
        found.append(
            _blocking(
                revision,
                IN_TRANSACTION,
                f"a revision of the kind {revision.kind} is a transaction, in which nothing is done CONCURRENTLY.",
                "Put it into a revision of the kind concurrent.",
            )
        )
    if revision.kind != "contract" and any(_DELETING.search(part) for part in plain):
        found.append(
            _warning(revision, "deletes-rows", "it deletes rows, and only before a contract is there a backup.")
        )
    if any(part == "DO" or part.startswith("DO ") for part in plain):
        found.append(_warning(revision, "do-block", "what its DO block does is read by no linter."))
    return found


def _of_transactions(scripts: Scripts, revision: Revision) -> list[Finding]:
    """What would end the transaction that a revision is, on its way up or down, as far as its SQL is known."""
    if revision.kind == "concurrent":
        return []
    found: list[Finding] = []
    for direction in ("up", "down"):
        try:
            statements = scripts.statements(revision, direction)
        except CannotRenderError:
            continue  # it is looked at again when it runs
        found += [
            _blocking(
                revision,
                ENDS_TRANSACTION,
                f"`{control[:100]}` in `{direction}` begins or ends a transaction, and a revision is one.",
                "Take it out.",
            )
            for statement in statements
            if (control := sql_words.transaction_control(statement))
        ]
    return found


def _not_rendered(revision: Revision, error: CannotRenderError) -> Finding:
    if revision.kind == "concurrent":
        return _not_one(revision, f"its SQL is not known without a database ({error}).")
    return _warning(revision, "not-rendered", f"it cannot be linted: its SQL needs a database to be known ({error}).")


def _not_one(revision: Revision, why: str) -> Finding:
    return _blocking(
        revision,
        NOT_ONE,
        f"a concurrent revision is one CREATE INDEX CONCURRENTLY or DROP INDEX CONCURRENTLY: {why}",
        "Put the rest into a revision of its own.",
    )


def _blocking(revision: Revision, rule: str, message: str, following: str) -> Finding:
    return Finding(revision=revision.id, rule=rule, blocking=True, message=message, help=following)


def _warning(revision: Revision, rule: str, message: str) -> Finding:
    return Finding(revision=revision.id, rule=rule, blocking=False, message=message)
