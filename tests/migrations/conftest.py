import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.postgres import Server, pooler, server
from tests.migrations.app import App


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """One server for all tests of a process. Its folder is none of pytest's, which deletes those of earlier runs."""
    with tempfile.TemporaryDirectory(prefix="ai-tools-tests-") as folder, server(Path(folder) / "server") as running:
        yield running


@pytest.fixture
def app(postgres: Server, tmp_path: Path) -> Iterator[App]:
    """An app with a database of its own, in which it has a few posts, and no migrations yet."""
    made = App.create(postgres, tmp_path)
    yield made
    postgres.drop_database(made.database)


@pytest.fixture
def pooled(postgres: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of PgBouncer in transaction mode, with several connections to the server."""
    with pooler(postgres, tmp_path_factory.mktemp("pooler"), size=3) as port:
        yield port
