"""Another session of the database in a few words, as `pg_stat_activity` shows it."""

from collections.abc import Mapping
from typing import Any

_HIDDEN = "<insufficient privilege>"
"""What PostgreSQL shows in the place of a query to a role that may not see it; everything else is then NULL."""


def described(row: Mapping[str, Any], *details: str) -> str:
    """Say which session it is, and what it does as far as this role may see that.

    Args:
        row: of `pg_stat_activity`: `pid`, `usename`, `application_name`, `state`, `query`.
        details: more of it, for where the role may see it.
    """
    if row["query"] == _HIDDEN:
        return (
            f"process {row['pid']} of the role {row['usename']}, which does what this role may not see "
            "(it would have to be in pg_read_all_stats)"
        )
    facts = (row["application_name"] or "without a name", row["state"], *details)
    return f"process {row['pid']} ({', '.join(fact for fact in facts if fact)}): {' '.join(row['query'].split())}"
