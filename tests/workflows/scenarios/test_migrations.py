"""A release that changes its database, run by act against a real PostgreSQL."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from sandbox.actions.job import JobRun
from sandbox.actions.moments import StartingStep
from sandbox.paths import PROJECT
from sandbox.postgres import server
from tests.workflows.scenarios.team import STACKS, Team

EXAMPLE = PROJECT / "examples/ai-tools/migrations"
FIRST = "0001_add_revenue_tracking"
COLUMNS = {"affiliate_revenue", "conversion_rate"}
REFUSED = f'''"""Add a note that nobody may have"""

import sqlalchemy as sa
from alembic import op

revision = "0002_add_note"
down_revision = "{FIRST}"
kind = "expand"


def up():
    op.add_column("posts", sa.Column("note", sa.Text()))


def down():
    op.drop_column("posts", "note")


def validate_after(connection):
    return False
'''


@dataclass
class Database:
    """A database of the team's, by its address."""

    url: str
    given: dict[str, set[str]] = field(default_factory=dict)
    """The names of the secrets that each job was given."""

    def query(self, statement: str) -> list[str]:
        """The first column of what a statement answers."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode())
            return [str(row[0]) for row in cursor.fetchall()] if cursor.description else []

    @property
    def columns(self) -> set[str]:
        """Those of its table of posts."""
        return set(self.query("SELECT column_name FROM information_schema.columns WHERE table_name = 'posts'"))


@pytest.fixture
def database(team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database of both environments, with a table of posts; the app's first migration is committed."""
    with server(tmp_path / "postgres") as postgres:
        found = Database(postgres.create_database("ai_tools"))
        found.query("CREATE TABLE posts (id bigserial PRIMARY KEY, title text NOT NULL)")
        team.passwords.append(postgres.password)
        for stack in STACKS:
            team.set_secret(f"{stack}-database", "DATABASE_URL", found.url)
            team.commit(stack, {f"migrations/{path.name}": path.read_text() for path in EXAMPLE.glob("*.py")})
        give = JobRun._secrets

        def watch(job: JobRun, environment: str | None) -> Mapping[str, str]:
            secrets = give(job, environment)
            found.given[job.key] = set(secrets)
            return secrets

        monkeypatch.setattr(JobRun, "_secrets", watch)
        yield found


@pytest.mark.parametrize("stack", ["production", "staging"])
def test_the_database_has_what_the_release_needs_before_it_goes_live(
    team: Team, database: Database, stack: str
) -> None:
    seen: dict[str, set[str]] = {}

    def look(step: StartingStep) -> None:
        seen.setdefault(step.job, database.columns)

    team.on_step = look

    run = team.push(stack)

    assert run.conclusion == "success", run.log
    assert seen["migrations"] & COLUMNS == set()
    assert seen["promote"] >= COLUMNS
    assert database.query("SELECT revision FROM deploy_migrations WHERE state = 'applied'") == [FIRST], run.log
    meta = team.deployment(team.serving(stack))["meta"]
    assert (meta["schema"], meta["schemaNumber"], meta["schemaOldest"]) == (FIRST, "1", "0")
    assert database.query("SELECT deployment FROM deploy_migrations") == [team.serving(stack)]
    assert [job for job, secrets in database.given.items() if "DATABASE_URL" in secrets] == ["migrations"]
    assert database.given["migrations"] == {"DATABASE_URL"}


def test_a_migration_that_fails_leaves_the_database_and_what_serves_as_they_were(
    team: Team, database: Database
) -> None:
    before = team.serving()
    team.commit("production", {"migrations/0002_add_note.py": REFUSED})
    run = team.push("production")
    assert run.conclusion == "failure", run.log
    assert (run.results["migrations"], run.results["promote"]) == ("failure", "skipped")
    assert team.serving() == before
    # The revision before it is done and stays: whatever serves lives with it.
    assert database.columns == {"id", "title", *COLUMNS}
    assert "failed (migrations)! <!channel>" in team.messages[-1]


def test_a_rollback_to_what_a_contract_broke_is_refused(team: Team) -> None:
    old = team.deploy("production", "old", schema="0001_a", schemaNumber="1", schemaOldest="0")
    schema = {"schema": "0003_drop", "schemaNumber": "3", "schemaOldest": "2", "schemaContract": "0003_drop"}
    new = team.deploy("production", "new", **schema)
    for deployment in (old, new):
        team.serve("production", deployment)
    run = team.dispatch("rollback.yml", target_deployment=old, reason="checkout fails")
    assert run.conclusion == "failure", run.log
    assert team.serving() == new
    assert "0003_drop removed what the target needs" in run.log
    assert run.results["settle"] == "success"
