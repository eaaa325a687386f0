"""Where a database stands in the history, from Alembic's table, the ledger and the files, which have to agree."""

from collections.abc import Mapping, Sequence

from deploy.errors import DeployError, FailedError
from deploy.migrations.ledger import Entry
from deploy.release.revisions import Revision

UNCHANGED = "Nothing was changed."
STATUS = "`python3 -m deploy migrate status` shows both."


def position(history: Sequence[Revision], entries: Mapping[str, Entry], versions: Sequence[str]) -> int:
    """How many revisions of the history the database has.

    Args:
        history: what the files declare, first to last.
        entries: the ledger's rows.
        versions: what Alembic's table names.

    Returns:
        The number of the last revision that is in effect; 0 before the first.

    Raises:
        FailedError: when the three do not agree.
    """
    faults = disagreements(history, entries, versions)
    if faults:
        raise faults[0]
    known = {revision.id: revision.number for revision in history}
    return known[versions[0]] if versions else 0


def disagreements(
    history: Sequence[Revision], entries: Mapping[str, Entry], versions: Sequence[str]
) -> list[DeployError]:
    """What keeps the files, the ledger and Alembic's table from being the same; empty when they are."""
    known = {revision.id: revision for revision in history}
    effective = [entry for entry in entries.values() if entry.is_in_effect]
    unknown = [entry.revision for entry in effective if entry.revision not in known]
    unknown += [version for version in versions if version not in known and version not in unknown]
    if len(versions) > 1:
        return [
            _fault(f"Alembic's table names several heads: {', '.join(versions)}", "leave one of them there by hand.")
        ]
    if unknown:
        return [
            _fault(
                f"The database has {', '.join(unknown)}, which these migrations do not know",
                "release the branch that has them: a later release has migrated this database, or another app has.",
            )
        ]
    changed = [entry.revision for entry in effective if entry.checksum != known[entry.revision].checksum]
    if changed:
        return [
            _fault(
                f"The file of {', '.join(changed)} has changed since it was applied",
                "bring it back as it was (`git log -- FILE`), and put the change into a revision of its own.",
            )
        ]
    number = known[versions[0]].number if versions else 0
    if sorted(known[entry.revision].number for entry in effective) != list(range(1, number + 1)):
        at = versions[0] if versions else "nothing"
        have = ", ".join(entry.revision for entry in effective) or "nothing"
        return [
            _fault(
                f"Alembic's table says that the database is at {at}, and the ledger that it has {have}",
                f"`python3 -m deploy migrate adopt --at REVISION` records what is really there. {STATUS}",
            )
        ]
    return []


def _fault(what: str, following: str) -> FailedError:
    return FailedError(f"{what}.", state=UNCHANGED, following=following)
