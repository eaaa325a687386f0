import pytest
from markdown_it import MarkdownIt

from deploy.comments import parsing
from deploy.comments.catalogue import CATALOGUE, FLOOR, LEVELS, PREFIX, table


def test_every_command_can_be_read_and_every_one_that_can_be_read_is_listed() -> None:
    assert set(parsing._READERS) == set(CATALOGUE)


def test_only_help_is_for_everybody_and_no_command_is_for_less_than_the_floor() -> None:
    assert [name for name, entry in CATALOGUE.items() if not entry.level] == ["help"]
    held = LEVELS[LEVELS.index(FLOOR) :]
    assert all(entry.level in held for entry in CATALOGUE.values() if entry.level)


def test_the_table_has_a_row_of_three_cells_for_every_command() -> None:
    tokens = MarkdownIt("commonmark").enable("table").parse(table())
    cells = [token.content for token in tokens if token.type == "inline"]
    assert len(cells) == 3 * (len(CATALOGUE) + 1)
    assert cells[3::3] == [f"`{entry.usage}`" for entry in CATALOGUE.values()]


@pytest.mark.parametrize("name", ["rollback", "lock", "deploy hotfix", "status now", "preview now"])
def test_a_command_that_is_not_complete_is_refused_with_its_usage(name: str) -> None:
    with pytest.raises(parsing.RefusedError) as caught:
        parsing.parse(f"{PREFIX}{name}")
    assert CATALOGUE[name.partition(" ")[0]].usage in caught.value.following
