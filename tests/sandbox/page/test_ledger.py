from collections.abc import Iterator

import psycopg
import pytest

from sandbox import postgres
from sandbox.page import ledger
from tests.sandbox.page.conftest import ServedPage, views
from tests.sandbox.page.story import STACKS, Story, write_ledger

ROWS = [("0001_posts", "expand", "applied", 5.0), ("0002_slugs", "backfill", "running", 1.0)]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[postgres.Server]:
    with postgres.server(tmp_path_factory.mktemp("postgres")) as made:
        yield made


def test_a_database_of_this_machine_is_read_in_the_order_of_its_revisions(server: postgres.Server) -> None:
    url = server.create_database("with_a_ledger")
    write_ledger(url, ROWS)
    rows = ledger.read(url)
    assert rows is not None
    assert [(row.revision, row.state, row.ended is None) for row in rows] == [
        ("0001_posts", "applied", False),
        ("0002_slugs", "running", True),
    ]


def test_a_ledger_that_somebody_holds_is_not_waited_for(server: postgres.Server) -> None:
    url = server.create_database("held")
    write_ledger(url, ROWS)
    with psycopg.connect(url) as connection:
        connection.execute("LOCK TABLE deploy_migrations IN ACCESS EXCLUSIVE MODE")
        assert ledger.read(url) is None


def test_a_database_without_a_ledger_has_no_rows_and_one_that_is_not_there_is_none(server: postgres.Server) -> None:
    assert ledger.read(server.create_database("empty")) == []
    assert ledger.read(server.url("nowhere")) is None
    assert ledger.read("postgresql://app:secret@127.0.0.1:1/app") is None


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("postgresql://app:secret@127.0.0.1:5432/app", True),
        ("postgresql://app:secret@localhost/app", True),
        ("postgresql://app:secret@[::1]/app", True),
        ("postgresql://app:secret@db.example.com/app", False),
        ("postgresql://app:secret@127.0.0.1,db.example.com/app", False),
        ("postgresql://app:secret@10.0.0.1/app", False),
        ("postgresql:///app", False),
        ("no address", False),
    ],
)
def test_only_databases_of_this_machine_are_opened(url: str, here: bool) -> None:
    assert ledger.is_here(url) is here


def test_the_address_is_the_secret_that_migrations_get(story: Story) -> None:
    assert ledger.addresses(story.state, STACKS) == {}
    story.bring_up()
    url = "postgresql://app:secret@127.0.0.1:5432/app"
    story.set_secret("production-database", "DATABASE_URL", url)
    story.set_secret("staging-database", "DATABASE_URL", "postgresql://app:secret@db.example.com/app")
    assert ledger.addresses(story.state, STACKS) == {"production": url}


def test_an_environments_database_is_on_the_page_once_it_is_there(page: ServedPage, server: postgres.Server) -> None:
    page.story.bring_up()
    url = server.create_database("of_production")
    page.story.set_secret("production-database", "DATABASE_URL", url)
    with views(page) as events:
        next(events)
        assert [environment["database"] for environment in next(events)["environments"]] == [None, None]
        write_ledger(url, ROWS)
        with_rows = (view for view in events if any(entry["kind"] == "database" for entry in view["timeline"]))
        view = next(with_rows)
    assert view["environments"][1]["database"] == {
        "revision": "0001_posts",
        "applied": 1,
        "unfinished": ["0002_slugs running"],
    }
    assert url not in str(view)
