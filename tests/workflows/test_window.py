"""The window step of production.yml, run as it is delivered, at a given moment."""

import datetime as dt
import json
import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.workflows.workflow import DELIVERED, Workflow

Check = Callable[[str, str, str], None]
"""Runs the step: the arguments are the moment in UTC, the window and the frozen days."""

SCRIPT = Workflow(DELIVERED / "production.yml").script("window", "Check the deployment window")


class Clock:
    """Stands in for `datetime.datetime`, and stands still."""

    def __init__(self, moment: str) -> None:
        self.moment = dt.datetime.fromisoformat(f"{moment}+00:00")

    def now(self, zone: dt.tzinfo) -> dt.datetime:
        """The moment, in a zone."""
        return self.moment.astimezone(zone)


@pytest.fixture
def check(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Check:
    path = tmp_path / "window.py"
    path.write_text(SCRIPT)

    def run(moment: str, window: str, freezes: str) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(dt, "datetime", Clock(moment))
            patch.setenv("DEPLOY_WINDOW", window)
            patch.setenv("DEPLOY_FREEZES", freezes)
            runpy.run_path(str(path))

    return run


# 2026-11-23 is a Monday.
@pytest.mark.parametrize(
    ("moment", "window"),
    [
        ("2026-11-23T09:00", "Mon-Fri 09:00-17:00 UTC"),
        ("2026-11-27T16:59", "Mon-Fri 09:00-17:00 UTC"),
        ("2026-11-23T08:30", "Mon-Fri 09:00-17:00 Europe/Paris"),
        ("2026-11-29T12:00", "Mon-Thu,Sun 09:00-17:00 UTC"),
        ("2026-11-29T12:00", "Fri-Mon 09:00-17:00 UTC"),
        ("2026-11-23T23:00", "Mon 22:00-02:00 UTC"),
        ("2026-11-24T01:59", "Mon 22:00-02:00 UTC"),
        ("2026-11-22T22:30", "Mon 09:00-17:00 Pacific/Auckland"),
    ],
)
def test_a_release_may_start_inside_the_window(check: Check, moment: str, window: str) -> None:
    check(moment, window, json.dumps(["2026-12-24/2027-01-02", "2026-11-30"]))


@pytest.mark.parametrize(
    ("moment", "window", "freezes"),
    [
        ("2026-11-23T17:00", "Mon-Fri 09:00-17:00 UTC", []),
        ("2026-11-23T08:59", "Mon-Fri 09:00-17:00 UTC", []),
        ("2026-11-28T12:00", "Mon-Fri 09:00-17:00 UTC", []),
        ("2026-11-23T16:30", "Mon-Fri 09:00-17:00 Europe/Paris", []),
        ("2026-11-23T01:00", "Mon 22:00-02:00 UTC", []),
        ("2026-11-24T02:00", "Mon 22:00-02:00 UTC", []),
        ("2026-11-23T12:00", "Mon-Fri 09:00-17:00 UTC", ["2026-11-23"]),
        ("2026-11-23T12:00", "Mon-Fri 09:00-17:00 UTC", ["2026-12-24", "2026-11-20/2026-11-23"]),
    ],
)
def test_a_release_may_not_start_outside_the_window(check: Check, moment: str, window: str, freezes: list[str]) -> None:
    with pytest.raises(SystemExit, match="Nothing was released"):
        check(moment, window, json.dumps(freezes))


@pytest.mark.parametrize(
    "window", ["", "always", "Mon-Fri 09:00-17:00", "Mon-Fri 09:00-17:00 Nowhere/Never", "Mo 9-17 UTC"]
)
def test_a_window_that_cannot_be_read_stops_the_release(check: Check, window: str) -> None:
    with pytest.raises((SystemExit, ValueError, KeyError)):
        check("2026-11-23T12:00", window, "")
