"""The commands: one table, which the parser reads, `@workflow:help` prints and docs/commands.md shows."""

from dataclasses import dataclass

PREFIX = "@workflow:"
LEVELS = ("read", "triage", "write", "maintain", "admin")
"""GitHub's repository roles, each with all that the ones before it may do
(https://docs.github.com/organizations/managing-user-access-to-your-organizations-repositories)."""
FLOOR = "write"
"""What nobody below may be granted a command, whatever COMMAND_ROLES says."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One command of the table.

    Attributes:
        name: the word after the prefix.
        arguments: what may follow it, as people write usage.
        level: the repository role that it needs, unless COMMAND_ROLES says another; empty where everybody may.
        summary: what it does.
    """

    name: str
    arguments: str
    level: str
    summary: str

    @property
    def usage(self) -> str:
        """How it is written."""
        return f"{PREFIX}{self.name} {self.arguments}".rstrip()


CATALOGUE = {
    entry.name: entry
    for entry in (
        Entry(
            "deploy",
            "[standard|hotfix] [reason…]",
            "maintain",
            "release main to production; a hotfix passes the window, and needs a reason",
        ),
        Entry("preview", "", "write", "deploy this pull request's head as a preview of staging, and post its address"),
        Entry(
            "rollback",
            "[target] reason…",
            "maintain",
            "let an earlier deployment serve production again, and lock production; the target is previous, "
            "a deployment's ID or its address",
        ),
        Entry("status", "", "write", "what serves each environment, its lock, what is under way, the window"),
        Entry(
            "lock",
            "[environment] reason…",
            "maintain",
            "hold an environment (production): nothing is deployed to it until it is unlocked",
        ),
        Entry("unlock", "[environment]", "maintain", "let go of an environment (production)"),
        Entry("help", "", "", "this table"),
    )
}


def table() -> str:
    """The commands as a table in Markdown."""
    lines = ["| Command | Needs | What it does |", "| --- | --- | --- |"]
    for entry in CATALOGUE.values():
        usage = entry.usage.replace("|", "\\|")
        lines.append(f"| `{usage}` | {entry.level or 'nothing'} | {entry.summary} |")
    return "\n".join(lines)
