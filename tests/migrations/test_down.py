"""`deploy migrate down`: only on purpose, and never without saying what is lost."""

import psycopg
import pytest

from tests.migrations.app import POSTS, App


def test_a_column_without_data_goes_without_asking(app: App) -> None:
    app.use_example()
    app.succeed("up")
    assert app.succeed("down", "--to=base", "--json").document["lost"] == []
    assert "affiliate_revenue" not in app.columns()
    assert (app.version(), app.states()) == ([], {"0001_add_revenue_tracking": "reverted"})


def test_a_column_with_data_stays_until_the_loss_is_accepted(app: App) -> None:
    revision = app.use_example()
    app.succeed("up")
    app.execute("UPDATE posts SET affiliate_revenue = 3 WHERE id <= 7")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "posts.affiliate_revenue: 7 rows" in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(*) FROM posts WHERE affiliate_revenue = 3") == [(7,)]
    accepted = app.succeed("down", "--to=base", "--accept-data-loss", "--json")
    assert accepted.document["lost"] == [{"what": "posts.affiliate_revenue", "rows": 7, "revision": revision}]
    assert "affiliate_revenue" not in app.columns()


@pytest.mark.parametrize(
    ("up", "down", "what"),
    [
        ("SELECT 1", "DROP TABLE posts", f"posts: {POSTS} rows"),
        ("SELECT 1", "DELETE FROM posts WHERE id < 11", "rows of posts written or deleted: 10 rows"),
        ("SELECT 1", "ALTER TABLE posts ALTER COLUMN title TYPE varchar(3) USING left(title, 3)", "posts.title as"),
        ("SELECT 1", 'ALTER TABLE posts DROP COLUMN "title"', f"posts.title: {POSTS} rows"),
    ],
)
def test_whatever_a_down_destroys_is_seen_by_its_effect(app: App, up: str, down: str, what: str) -> None:
    app.write("0001_x", f"def up():\n    op.execute({up!r})\n\n\ndef down():\n    op.execute({down!r})\n")
    app.succeed("up")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, what in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(*) FROM posts") == [(POSTS,)]
    assert app.states() == {"0001_x": "applied"}


def test_a_column_that_is_only_renamed_loses_nothing(app: App) -> None:
    app.write(
        "0001_x",
        "def up():\n    op.execute('SELECT 1')\n\n\ndef down():\n"
        "    op.execute('ALTER TABLE posts RENAME COLUMN title TO heading')\n",
    )
    app.succeed("up")
    app.succeed("down", "--to=base")
    assert "heading" in app.columns()


def test_what_is_written_between_counting_and_dropping_is_not_lost(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    from deploy.migrations import steps  # noqa: PLC0415

    app.use_example()
    app.succeed("up")
    revert = steps.revert

    def write_first(*arguments: object) -> None:
        with psycopg.connect(app.environ["DATABASE_URL"], autocommit=True) as writer:
            writer.execute("UPDATE posts SET affiliate_revenue = 9 WHERE id = 1")
        revert(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(steps, "revert", write_first)
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "Somebody has written what would be destroyed" in ended.err) == (1, True), str(ended)
    assert app.execute("SELECT count(*) FROM posts WHERE affiliate_revenue = 9") == [(1,)]


def test_going_down_stops_at_the_revision_that_is_named(app: App) -> None:
    app.add_column("0001_a", "a")
    app.add_column("0002_b", "b", after="0001_a")
    app.add_index("0003_index", after="0002_b")
    app.succeed("up")
    app.succeed("down", "--to=0001")
    assert (app.columns() & {"a", "b"}, app.index(), app.version()) == ({"a"}, None, ["0001_a"])
    app.succeed("up")
    assert (app.columns() & {"a", "b"}, app.index(), app.version()) == ({"a", "b"}, True, ["0003_index"])


def test_a_revision_that_is_not_reversible_is_not_taken_back(app: App) -> None:
    app.write("0001_x", "def up():\n    op.execute('SELECT 1')\n", reversible=False)
    app.succeed("up")
    ended = app.migrate("down", "--to=base", "--accept-data-loss")
    assert (ended.code, "cannot be taken back" in ended.err) == (1, True)


def test_a_down_that_fails_leaves_the_revision_in_effect(app: App) -> None:
    app.write("0001_x", "def up():\n    op.execute('SELECT 1')\n\n\ndef down():\n    op.execute('SELECT 1/0')\n")
    app.succeed("up")
    ended = app.migrate("down", "--to=base")
    assert (ended.code, "division by zero" in ended.err) == (1, True)
    assert (app.states(), app.version()) == ({"0001_x": "applied"}, ["0001_x"])


def test_a_backfill_that_was_taken_back_begins_anew(app: App) -> None:
    app.add_column("0001_slug", "slug")
    fill = "UPDATE posts SET slug = lower(title) WHERE id BETWEEN :first AND :last"
    app.add_backfill("0002_fill", fill.replace("lower(title)", "(1 / (id - 350))::text"), after="0001_slug")
    assert app.migrate("up").code == 1
    app.succeed("down", "--to=base", "--accept-data-loss")
    app.add_backfill("0002_fill", fill, after="0001_slug")
    app.succeed("up")
    assert app.execute("SELECT count(*) FROM posts WHERE slug = lower(title)") == [(POSTS,)]


def test_a_target_that_is_no_revision_is_wrong_usage(app: App) -> None:
    app.add_column("0001_a", "a")
    app.succeed("up")
    assert app.migrate("down", "--to=nonsense").code == 2
