"""The entries of all services in one order: the newest first."""

from collections.abc import Iterable, Sequence

from sandbox.page.snapshot import Snapshot
from sandbox.page.stacks import Stack
from sandbox.page.view.database import Ledgers, backup_entries, database_entries
from sandbox.page.view.datadog import datadog_entries
from sandbox.page.view.entry import KINDS, Entry
from sandbox.page.view.github import github_entries
from sandbox.page.view.slack import slack_entries
from sandbox.page.view.vercel import deployment_entries

LONGEST = 250
"""Entries that are shown."""
_RANKS = {kind: rank for rank, kind in enumerate(KINDS)}


def timeline(snapshot: Snapshot, stacks: Sequence[Stack], ledgers: Ledgers) -> list[Entry]:
    """What happened, the newest first."""
    return newest(
        [
            *deployment_entries(snapshot, stacks),
            *github_entries(snapshot, stacks),
            *slack_entries(snapshot, stacks),
            *datadog_entries(snapshot, stacks),
            *backup_entries(snapshot),
            *database_entries(ledgers),
        ]
    )


def newest(entries: Iterable[Entry], most: int = LONGEST) -> list[Entry]:
    """The newest entries in one order, whichever order they came in: GitHub tells seconds, Vercel milliseconds."""
    return sorted(entries, key=lambda entry: (entry.at, _RANKS[entry.kind], entry.number, entry.key), reverse=True)[
        :most
    ]
