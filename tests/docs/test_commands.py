"""docs/commands.md shows the table that `@workflow:help` prints."""

from deploy.comments.catalogue import table
from sandbox.paths import PROJECT


def test_the_table_is_the_one_that_help_prints() -> None:
    assert table() in (PROJECT / "docs/commands.md").read_text()
