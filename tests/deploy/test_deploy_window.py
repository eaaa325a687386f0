import contextlib
import io
import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components import config
from deploy.cli import main
from deploy.release.deploy_window import WEEK, Freeze, Window

OFFICE = "Mon-Fri 09:00-17:00 UTC"
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - UTC is given


def _clock(hour: int, minute: int) -> str:
    return f"{hour:02}:{minute:02}"


def _window(days: list[str], opens: str, closes: str, zone: str) -> str:
    return f"{','.join(days)} {opens}-{closes} {zone}"


CLOCKS = st.builds(_clock, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
DAYS = st.lists(st.sampled_from(WEEK), min_size=1, max_size=2).map("-".join)
WINDOWS = st.builds(_window, st.lists(DAYS, min_size=1, max_size=3), CLOCKS, CLOCKS, st.sampled_from(ZONES))


def at(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "window", "inside"),
    [
        ("2026-11-23T09:00", OFFICE, True),
        ("2026-11-27T16:59:59", OFFICE, True),
        ("2026-11-23T17:00", OFFICE, False),
        ("2026-11-23T08:59", OFFICE, False),
        ("2026-11-28T12:00", OFFICE, False),
        ("2026-11-23T08:30", "Mon-Fri 09:00-17:00 Europe/Paris", True),
        ("2026-11-23T16:30", "Mon-Fri 09:00-17:00 Europe/Paris", False),
        ("2026-11-29T12:00", "Mon-Thu,Sun 09:00-17:00 UTC", True),
        ("2026-11-29T12:00", "Sat-Mon 09:00-17:00 UTC", True),
        ("2026-11-24T12:00", "Sat-Mon 09:00-17:00 UTC", False),
        ("2026-11-23T23:00", "Mon 22:00-02:00 UTC", True),
        ("2026-11-24T01:59", "Mon 22:00-02:00 UTC", True),
        ("2026-11-24T02:00", "Mon 22:00-02:00 UTC", False),
        ("2026-11-23T01:00", "Mon 22:00-02:00 UTC", False),
        ("2026-11-23T03:00", "Mon 00:00-00:00 UTC", True),
        ("2026-11-22T22:30", "Mon 09:00-17:00 Pacific/Auckland", True),
    ],
)
def test_a_moment_is_inside_or_outside(moment: str, window: str, inside: bool) -> None:
    assert Window.parse(window).contains(at(moment)) is inside


@given(WINDOWS, MOMENTS)
def test_it_agrees_with_counting_the_minutes_of_the_week(window: str, moment: datetime) -> None:
    days, hours, zone = window.split()
    local = moment.astimezone(zoneinfo.ZoneInfo(zone))
    now = local.weekday() * 1440 + local.hour * 60 + local.minute
    (opens, closes) = (int(clock[:2]) * 60 + int(clock[3:]) for clock in hours.split("-"))
    length = (closes - opens) % 1440 or 1440
    week: set[int] = set()
    for part in days.split(","):
        first, _, last = part.partition("-")
        day = WEEK.index(first)
        while True:
            week |= {(day * 1440 + opens + minute) % 10080 for minute in range(length)}
            if WEEK[day] == (last or first):
                break
            day = (day + 1) % 7
    assert Window.parse(window).contains(moment) is (now in week)


@settings(max_examples=25, deadline=None)
@given(WINDOWS, MOMENTS, st.lists(st.integers(0, 12), max_size=3))
def test_it_opens_next_at_the_first_minute_that_is_inside(window: str, moment: datetime, frozen: list[int]) -> None:
    freezes = [Freeze.parse(f"{(moment + timedelta(days=offset)).date()}") for offset in frozen]
    parsed = Window.parse(window)
    opens = parsed.next_opening(moment, freezes)
    assert opens is not None
    assert opens > moment
    assert parsed.contains(opens, freezes)
    minutes = range(1, int((opens - moment) / timedelta(minutes=1)))
    whole = moment.replace(second=0, microsecond=0)
    assert not [minute for minute in minutes if parsed.contains(whole + timedelta(minutes=minute), freezes)]


@given(st.text())
def test_any_text_is_a_window_or_a_value_error(text: str) -> None:
    for parse in (Window.parse, Freeze.parse):
        with contextlib.suppress(ValueError):
            assert parse(text)


@pytest.mark.parametrize(
    "text",
    [
        OFFICE,
        "Mon 22:00-02:00 Europe/Paris",
        "Mon-Thu,Sun 09:00-17:00 UTC",
        "Mon-Fri 09:00-17:00",
        "Mon-Fri 9:00-17:00 UTC",
        "Mon-Fri 09:00-24:00 UTC",
        "Mon-Fri 09:00-17:00 Nowhere/Never",
        "Mon-Fri 09:00-17:00 ../UTC",
        "mon-fri 09:00-17:00 UTC",
        "always",
        "",
    ],
)
def test_the_stack_accepts_what_the_release_understands(text: str) -> None:
    match = config._WINDOW.fullmatch(text)
    accepted = match is not None and match[3] in zoneinfo.available_timezones()
    try:
        Window.parse(text)
    except ValueError:
        assert not accepted
    else:
        assert accepted


def run(*argv: str, **environ: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    return main(["window", *argv], environ=environ, out=out, err=err), out.getvalue() + err.getvalue()


@pytest.mark.parametrize(
    ("argv", "environ", "code", "said"),
    [
        (("--now=2026-11-23T12:00:00Z",), {"DEPLOY_WINDOW": OFFICE}, 0, "is inside the window"),
        (("--now=2026-11-23T18:00:00+01:00",), {"DEPLOY_WINDOW": OFFICE}, 1, "It opens at Tue 2026-11-24 09:00 UTC."),
        (("--now=2026-11-27T17:00:00Z", f"--window={OFFICE}"), {}, 1, "It opens at Mon 2026-11-30 09:00 UTC."),
        (
            ("--now=2026-12-24T12:00:00Z",),
            {"DEPLOY_WINDOW": OFFICE, "DEPLOY_FREEZES": '["2026-12-24/2027-01-02"]'},
            1,
            "in the freeze 2026-12-24/2027-01-02. It opens at Mon 2027-01-04 09:00 UTC.",
        ),
        (
            ("--now=2026-12-24T12:00:00Z", f"--window={OFFICE}", "--freeze=2026-12-24"),
            {},
            1,
            "It opens at Fri 2026-12-25",
        ),
        (
            ("--now=2026-11-23T12:00:00Z", "--freeze=2026-11-23/2099-12-31"),
            {"DEPLOY_WINDOW": OFFICE},
            1,
            "It never opens.",
        ),
        ((), {}, 2, "neither --window nor DEPLOY_WINDOW"),
        (("--window=always",), {}, 2, "does not look like"),
        ((f"--window={OFFICE}", "--freeze=Christmas"), {}, 2, "neither a day nor FIRST/LAST"),
        ((f"--window={OFFICE}", "--now=soon"), {}, 2, "is no moment"),
        ((f"--window={OFFICE}",), {"DEPLOY_FREEZES": "[1]"}, 2, "A freeze cannot be read"),
        ((f"--window={OFFICE}", "--type=hotfix"), {}, 2, "needs a reason"),
        ((f"--window={OFFICE}", "--type=rollback", "--reason= "), {}, 2, "needs a reason"),
        (
            (f"--window={OFFICE}", "--type=hotfix", "--reason=down", "--now=2026-11-28T03:00:00Z"),
            {"GITHUB_ACTOR": "octocat"},
            0,
            "Hotfix at any hour, by octocat: down. Sat 2026-11-28 03:00 UTC is outside the window",
        ),
    ],
)
def test_the_command_says_when_it_opens_and_who_passes_it(
    argv: tuple[str, ...], environ: dict[str, str], code: int, said: str
) -> None:
    ended, printed = run(*argv, **environ)
    assert ended == code, printed
    assert said in printed
