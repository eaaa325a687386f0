"""Whatever is applied, taken back, killed and run again, in any order: ledger, Alembic's table and schema agree."""

import shutil
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from sandbox.postgres import Server
from tests.migrations.app import POSTS, App
from tests.migrations.interrupted import Interruption, run

FILL = "UPDATE posts SET slug = coalesce(slug, '') || 'x' WHERE id BETWEEN :first AND :last"
HISTORY = ("0001_slug", "0002_index", "0003_fill", "0004_more")
STEPS = st.integers(0, len(HISTORY))
CALLS = st.integers(1, 45)


def _name(number: int) -> str:
    return HISTORY[number - 1] if number else "base"


def machine(server: Server) -> type[RuleBasedStateMachine]:  # noqa: C901 - a rule a function
    """The machine, on a server."""

    class Migrations(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.folder = Path(tempfile.mkdtemp(prefix="migrations-"))
            self.app = App.create(server, self.folder)

        @initialize()
        def write(self) -> None:
            self.app.add_column("0001_slug", "slug")
            self.app.add_index("0002_index", after="0001_slug")
            self.app.add_backfill("0003_fill", FILL, after="0002_index", batch=200)
            self.app.add_column("0004_more", "more", after="0003_fill")

        @rule(to=STEPS.filter(bool))
        def up(self, to: int) -> None:
            before = len(self.app.version() and HISTORY[: HISTORY.index(self.app.version()[0]) + 1])
            outcome = run(self.app.argv("up", f"--to={_name(to)}"), self.app.environ, Interruption(0))
            assert outcome.code == 0, outcome.text
            self.assert_whole(max(before, to))

        @rule(to=STEPS)
        def down(self, to: int) -> None:
            before = len(self.app.version() and HISTORY[: HISTORY.index(self.app.version()[0]) + 1])
            argv = self.app.argv("down", f"--to={_name(to)}", "--accept-data-loss")
            if not self.app.states():
                return
            outcome = run(argv, self.app.environ, Interruption(0))
            if to > before:
                assert outcome.code == 1, outcome.text
                return
            assert outcome.code == 0, outcome.text
            self.assert_whole(to)

        @rule(to=STEPS, call=CALLS, when=st.sampled_from(["after", "lost"]), up=st.booleans())
        def interrupted(self, to: int, call: int, when: str, up: bool) -> None:
            subcommand = ["up"] if up else ["down", "--accept-data-loss"]
            to = max(to, 1) if up else to
            run(self.app.argv(*subcommand, f"--to={_name(to)}"), self.app.environ, Interruption(call, when))

        @invariant()
        def ledger_and_alembic_agree(self) -> None:
            assert self.app.status()["agrees"] is True
            effective = [name for name, state in self.app.states().items() if state == "applied"]
            assert effective == list(HISTORY[: len(effective)])
            assert self.app.version() == effective[-1:]

        @invariant()
        def what_is_one_transaction_is_there_exactly_when_the_ledger_says_so(self) -> None:
            states, columns = self.app.states(), self.app.columns()
            assert ("slug" in columns) == (states.get("0001_slug") == "applied")
            assert ("more" in columns) == (states.get("0004_more") == "applied")
            if states.get("0002_index") == "applied":
                assert self.app.index() is True
            if states.get("0003_fill") == "applied":
                # Taken back, a backfill leaves what it wrote; but every row has come by equally often.
                query = "SELECT count(slug), count(DISTINCT slug) FROM posts"
                assert self.app.execute(query) == [(POSTS, 1)]

        def assert_whole(self, number: int) -> None:
            """After a run that was not interrupted, the schema is exactly that of the revision."""
            assert self.app.version() == ([_name(number)] if number else [])
            assert self.app.index() is (True if number >= 2 else None)
            assert {row["state"] for row in self.app.status()["revisions"]} <= {"applied", "reverted", "pending"}

        def teardown(self) -> None:
            server.drop_database(self.app.database)
            shutil.rmtree(self.folder)

    return Migrations


def test_any_sequence_of_up_down_kill_and_rerun_keeps_ledger_alembic_and_schema_the_same(
    postgres: Server,
) -> None:
    run_state_machine_as_test(
        machine(postgres),
        settings=settings(
            max_examples=6,
            stateful_step_count=6,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
