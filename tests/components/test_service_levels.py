"""Which burn rates alert, what each means, and what a target asks of its probes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.service_levels import (
    BURN_RATES,
    FEWEST_PROBES,
    PERIOD_DAYS,
    highest_target,
    too_few_probes,
    unreachable,
)

TARGETS = st.floats(min_value=93.1, max_value=99.99).map(lambda target: round(target, 2))


def test_windows_and_factors_are_the_workbooks_within_datadogs_48_hours() -> None:
    assert [(rate.key, rate.short_minutes, rate.factor, rate.pages) for rate in BURN_RATES] == [
        ("1h", 5, 14.4, True),
        ("6h", 30, 6, True),
        ("24h", 120, 3, False),
        ("48h", 240, 1.5, False),
    ]
    assert all(1 <= rate.long_hours <= 48 for rate in BURN_RATES)


@pytest.mark.parametrize("rate", BURN_RATES, ids=lambda rate: rate.key)
def test_a_factor_burns_its_part_of_the_budget_in_its_long_window(rate: object) -> None:
    assert isinstance(rate, type(BURN_RATES[0]))
    assert rate.factor * rate.long_hours / (PERIOD_DAYS * 24) == pytest.approx(rate.budget)


def test_a_target_is_refused_where_everything_failing_would_not_reach_the_factor() -> None:
    assert unreachable(99.9) == ""
    assert unreachable(93.06) == ""
    assert "14.4 is out of reach" in unreachable(93.05)
    assert "above 93.06" in unreachable(90)


def test_the_committed_probes_page_after_three_failures_and_fewer_locations_would_after_one() -> None:
    assert too_few_probes(99.9, locations=3, seconds=60) == ""
    assert "1 failed of 60 probes" in too_few_probes(99.9, locations=1, seconds=60)
    assert "at most 99.61" in too_few_probes(99.9, locations=3, seconds=300)


def test_a_short_window_that_may_hold_no_probe_is_refused() -> None:
    assert "5 minutes, would often be without a probe" in too_few_probes(95, locations=12, seconds=900)


@given(locations=st.integers(1, 12), seconds=st.sampled_from([60, 300]))
def test_the_highest_target_is_taken_and_the_next_is_refused(locations: int, seconds: int) -> None:
    highest = highest_target(locations=locations, seconds=seconds)
    assert too_few_probes(highest, locations=locations, seconds=seconds) == ""
    assert f"at most {highest:g}" in too_few_probes(highest + 0.01, locations=locations, seconds=seconds)


@given(target=TARGETS, locations=st.integers(1, 12), seconds=st.sampled_from([60, 300]))
def test_what_is_accepted_never_pages_for_fewer_failures(target: float, locations: int, seconds: int) -> None:
    if too_few_probes(target, locations=locations, seconds=seconds):
        return
    for rate in BURN_RATES:
        if rate.pages:
            probes = locations * 3600 / seconds * rate.long_hours
            assert (FEWEST_PROBES - 1) / probes <= rate.error_rate(target) + 1e-9
