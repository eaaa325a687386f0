"""What the stall of a writer is measured with."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.migrations import CASES, _chosen, fill, longest, measure, spread
from sandbox.postgres import Server, server

ROWS = 100
LOCKED_SECONDS = 0.7
LOCKING = f"""
import os, time, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    connection.execute("LOCK TABLE posts IN SHARE MODE")
    time.sleep({LOCKED_SECONDS})
"""


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with server(tmp_path_factory.mktemp("postgres")) as running:
        fill(running.create_database("bench"), ROWS)
        yield running


def test_the_longest_stall_is_the_largest_latency_of_any_log_in_seconds() -> None:
    log = "0 199 2241 0 1175850568 995598 0\n1 2 1500000 0 1175850569 608 3\n"
    assert longest([log, "0 1 7 0 1 1 0\n", ""]) == 1.5
    assert longest([]) == 0


def test_every_case_can_be_taken_back_and_has_our_way() -> None:
    assert all(case.down and case.ours for case in CASES.values())


def test_several_runs_are_shown_as_their_median_and_the_largest() -> None:
    assert spread([0.3, 0.1, 0.2]) == "0.200 (max 0.300)"
    assert spread([0.3]) == "0.300"


def test_cases_are_chosen_by_a_word_of_their_names() -> None:
    assert list(_chosen("seed,index")) == ["the seed's migration", "an index"]
    assert _chosen("") == CASES
    with pytest.raises(SystemExit, match="no case has 'nothing' in its name; there are the seed's migration, "):
        _chosen("seed,nothing")


def test_writers_that_a_lock_keeps_waiting_are_seen_to_wait_for_that_long(postgres: Server, tmp_path: Path) -> None:
    locking = (sys.executable, "-c", LOCKING)
    figures = measure(postgres, postgres.url("bench"), tmp_path, locking, 30, rows=ROWS)
    assert LOCKED_SECONDS * 0.9 < figures.stall < figures.seconds


def test_what_failed_has_no_figures(postgres: Server, tmp_path: Path) -> None:
    failing = (sys.executable, "-c", "raise SystemExit('no such table')")
    with pytest.raises(SystemExit, match="ended with 1:\nno such table"):
        measure(postgres, postgres.url("bench"), tmp_path, failing, 30, rows=ROWS)
