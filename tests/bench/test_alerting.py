"""The replay of the alert rules is what the closed form says, within what probes can tell."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from bench import alert_deploys
from bench.alert_replay import MONTH, Fault, Noise, begun, false_alarms, noisy, replay
from bench.alert_rules import (
    BURNS,
    ERROR_RATE,
    HEALTH,
    NAIVE_PROBES,
    NAIVE_REQUESTS,
    RULES,
    WORKBOOK,
    Burn,
    Probes,
    Series,
    windowed,
)
from components.datadog_monitoring.message import LEAST_PAGED
from components.datadog_monitoring.traffic_monitors import traffic_monitors
from components.service_levels import BURN_RATES, FEWEST_PROBES
from tests.components.recording import main_program, record

PRODUCTION = Probes.of_stack("production")
PER_MINUTE = PRODUCTION.locations
PROBES_PAGE = [rule for rule in RULES["declared"] if rule.pages and rule is not ERROR_RATE]
BURN = st.sampled_from(BURNS)


def series(failures: list[tuple[int, int]], minutes: int) -> Series:
    """One replay in which exactly these probes, location and minute, have failed."""
    failed = np.zeros((1, PRODUCTION.locations, minutes), dtype=np.uint8)
    for location, minute in failures:
        failed[0, location, minute] = 1
    return Series(probes=PRODUCTION, failed=failed, errors=np.zeros((1, minutes), dtype=np.int64))


def evenly(every: int, minutes: int) -> Series:
    """Every so many probes one fails, counted through the locations one after the other."""
    failing = range(every - 1, minutes * PER_MINUTE, every)
    return series([(probe % PER_MINUTE, probe // PER_MINUTE) for probe in failing], minutes)


def test_the_rules_are_those_of_the_program() -> None:
    assert [(burn.factor, burn.long_minutes, burn.short_minutes, burn.pages) for burn in BURNS] == [
        (rate.factor, rate.long_hours * 60, rate.short_minutes, rate.pages) for rate in BURN_RATES
    ]
    declared = record(main_program, stack="production").resources
    queries = {each.inputs["query"] for each in declared if each.type == "datadog:index/monitor:Monitor"}
    assert any(query.endswith(f'.last("{ERROR_RATE.minutes}m") > {ERROR_RATE.percent:g}') for query in queries)
    (health,) = [
        each.inputs["optionsList"]
        for each in declared
        if each.type == "datadog:index/syntheticsTest:SyntheticsTest" and each.inputs["subtype"] == "http"
    ]
    assert health["tickEvery"] == PRODUCTION.seconds
    assert health["minLocationFailed"] == HEALTH.locations
    assert health["minFailureDuration"] == HEALTH.minutes * 60
    assert health["retry"] == {"count": 2, "interval": 5000}


def test_what_pages_by_burn_rate_is_what_the_workbook_recommends() -> None:
    assert [burn for burn in BURNS if burn.pages] == [burn for burn in WORKBOOK if burn.pages]


@given(counts=st.lists(st.integers(0, 9), min_size=1, max_size=40), minutes=st.integers(1, 50))
def test_a_window_holds_its_last_minutes_and_nothing_before_the_first(counts: list[int], minutes: int) -> None:
    summed = windowed(np.array([counts]), minutes)[0].tolist()
    assert summed == [sum(counts[max(0, end - minutes) : end]) for end in range(1, len(counts) + 1)]


@given(
    burn=BURN,
    counts=st.lists(st.integers(0, PER_MINUTE), min_size=1, max_size=400),
    every=st.integers(1, 20),
)
@settings(max_examples=50)
def test_a_burn_rate_speaks_where_both_windows_exceed_their_share(burn: Burn, counts: list[int], every: int) -> None:
    counts = [count if index % every == 0 else 0 for index, count in enumerate(counts)]
    failures = [(location, minute) for minute, count in enumerate(counts) for location in range(count)]
    spoken = burn.speaks(series(failures, len(counts)))[0].tolist()
    # The target leaves a thousandth: multiplied up, so that whole numbers are compared.
    for end in range(1, len(counts) + 1):
        exceeded = [
            sum(counts[max(0, end - minutes) : end]) * 10_000 > round(burn.factor * 10) * PER_MINUTE * minutes
            for minutes in (burn.long_minutes, burn.short_minutes)
        ]
        assert spoken[end - 1] == all(exceeded)


@given(burn=BURN, every=st.integers(1, 400))
@settings(max_examples=60, deadline=None)
def test_even_errors_are_seen_when_the_closed_form_says_within_the_probes_of_a_minute_and_one_failure(
    burn: Burn, every: int
) -> None:
    expected = burn.detection_minutes(1 / every, PRODUCTION.target)
    assume(np.isfinite(expected))
    # Where a short window may hold too few of such rare failures, the long one alone does not decide.
    assume(burn.short_minutes * PER_MINUTE // every > burn.factor * 0.001 * burn.short_minutes * PER_MINUTE)
    spoken = burn.speaks(evenly(every, int(expected) + every + 10))[0]
    seen = (int(spoken.argmax()) + 1) * PER_MINUTE
    assert spoken.any()
    assert expected * PER_MINUTE <= seen <= expected * PER_MINUTE + every + PER_MINUTE


@given(burn=BURN, every=st.integers(1, 3000))
@settings(max_examples=30, deadline=None)
def test_even_errors_of_which_no_window_holds_more_than_the_share_are_never_seen(burn: Burn, every: int) -> None:
    probes = burn.long_minutes * PER_MINUTE
    # A window may begin with a failure: it holds one more than the even error says, by less than one.
    assume(math.ceil(probes / every) <= burn.factor * 0.001 * probes)
    assert not burn.speaks(evenly(every, burn.long_minutes * 2)).any()


@pytest.mark.parametrize("burn", BURNS, ids=lambda burn: burn.name)
def test_a_total_outage_is_seen_when_its_failures_are_counted_and_the_minute_ends(burn: Burn) -> None:
    (spoken,) = replay(Fault(error=1, minutes=10), [burn], PRODUCTION, replays=200, seed=1, tail_minutes=300)
    expected = 60 * burn.detection_minutes(1, PRODUCTION.target)
    assert np.all(spoken.detection >= expected - PRODUCTION.seconds)
    # One failure more than the share, at most one interval until the next probe, and the rest of a minute.
    assert np.all(spoken.detection <= expected + 2 * 60 + PRODUCTION.seconds / PER_MINUTE)
    assert np.all(abs(spoken.reset - 60 * burn.short_minutes) <= 60)


@given(
    failures=st.lists(
        st.tuples(st.integers(0, PRODUCTION.locations - 1), st.integers(0, 400)), max_size=FEWEST_PROBES - 1
    )
)
def test_fewer_than_three_failed_probes_never_page_in_production(failures: list[tuple[int, int]]) -> None:
    replayed = series(failures, 800)
    assert not any(rule.speaks(replayed).any() for rule in PROBES_PAGE)


def test_as_many_failed_probes_as_the_fastest_burn_rate_counts_page_and_one_less_does_not() -> None:
    needed = BURN_RATES[0].failures(PRODUCTION.target, checks_per_hour=PRODUCTION.within(60))
    assert needed >= FEWEST_PROBES
    failures = [(0, 10 + probe) for probe in range(needed)]
    assert any(rule.speaks(series(failures, 100)).any() for rule in PROBES_PAGE)
    assert not any(rule.speaks(series(failures[:-1], 100)).any() for rule in PROBES_PAGE)
    assert not HEALTH.speaks(series(failures, 100)).any(), "one location alone is not the health check's page"


def test_the_health_check_pages_when_two_locations_keep_failing() -> None:
    assert not HEALTH.speaks(series([(0, 5), (1, 5)], 20)).any()
    assert not HEALTH.speaks(series([(0, 5), (0, 6), (1, 7), (1, 8)], 20)).any()
    assert HEALTH.speaks(series([(0, 5), (1, 5), (0, 6), (2, 6)], 20))[0].nonzero()[0].tolist() == [6]


def test_the_naive_monitor_of_requests_misses_one_percent_and_the_declared_page() -> None:
    rules = [NAIVE_REQUESTS, *BURNS]
    naive, *declared = replay(Fault(error=0.01, minutes=24 * 60), rules, PRODUCTION, replays=100, seed=2)
    assert np.isinf(naive.detection).all()
    assert all(np.isfinite(each.detection).all() for each in declared if each.rule.pages)


def test_two_tenths_of_a_percent_are_a_ticket_and_nothing_to_the_naive_monitor_of_requests() -> None:
    rules = [NAIVE_REQUESTS, BURNS[-1]]
    naive, slowest = replay(Fault(error=0.002, minutes=7 * 24 * 60), rules, PRODUCTION, replays=50, seed=3)
    assert np.isinf(naive.detection).all()
    assert np.isfinite(slowest.detection).all()
    expected = 60 * BURNS[-1].detection_minutes(0.002, PRODUCTION.target)
    assert 0.8 * expected < np.median(slowest.detection) < 1.25 * expected


def test_the_naive_monitor_of_probes_pages_for_two_failures_of_one_location() -> None:
    assert NAIVE_PROBES.speaks(series([(0, 10), (0, 11)], 30))[0].nonzero()[0].tolist() == [11, 12, 13, 14]


def test_a_month_without_noise_is_silent_and_the_same_seed_gives_the_same() -> None:
    groups = list(RULES.values())
    quiet = false_alarms(Noise(name="none"), groups, PRODUCTION, months=1, seed=4)
    assert {(each.pages, each.tickets) for each in quiet} == {(0.0, 0.0)}
    loud = Noise(name="loud", independent=0.001, blips=10)
    first, second = (false_alarms(loud, groups, PRODUCTION, months=2, seed=5) for _ in range(2))
    assert first == second
    assert any(each.pages for each in first)


@pytest.mark.parametrize("seconds", [60, 300])
def test_noise_holds_as_many_failures_as_it_says(seconds: int) -> None:
    probes = Probes(locations=3, seconds=seconds, target=99.9)
    random = np.random.default_rng(6)
    blips = noisy(Noise(name="blips", blips=100), probes, months=20, random=random).failed
    independent = noisy(Noise(name="independent", independent=0.01), probes, months=20, random=random).failed
    assert int(blips.sum()) == pytest.approx(20 * 100 * 2, rel=0.1), "a blip is one to three probes"
    assert int(independent.sum()) == pytest.approx(20 * probes.within(MONTH) * 0.01, rel=0.02)


def test_windows_that_do_not_hold_the_same_number_of_probes_each_are_refused() -> None:
    assert Probes(locations=3, seconds=300, target=99.5).within(5) == 3
    with pytest.raises(ValueError, match="every 900 s"):
        Probes(locations=3, seconds=900, target=99.5).within(5)


def test_what_is_spoken_twice_has_begun_twice() -> None:
    assert begun(np.array([[True, True, False, True], [False, False, False, False]])) == 2


def test_an_outage_that_begins_with_a_deploy_pages_within_two_minutes_and_a_muted_one_after_fifteen() -> None:
    outage = alert_deploys.outage(PRODUCTION, replays=200, seed=7)
    assert outage.declared.max() <= outage.probes_alone.max() <= 120
    assert outage.muted.min() > alert_deploys.MUTED_MINUTES * 60


def test_a_slow_minute_after_a_promotion_pages_nobody() -> None:
    assert alert_deploys.slow_minute_pages(0, PRODUCTION, replays=50, seed=8) == 0
    monitors = traffic_monitors(
        service="ai-tools", environment="production", domain="h", latency_milliseconds=1500, probe_seconds=60
    )
    judges = {each.key: each for each in monitors if each.key in {"latency", "slow-requests", "traffic-moved"}}
    assert judges["latency"].type == "composite"
    assert judges["latency"].query == "$slow_requests && !$traffic_moved"
    assert judges["latency"].severity > LEAST_PAGED
    assert not judges["slow-requests"].tells
    assert not judges["traffic-moved"].tells
    slow = np.zeros(60)
    slow[0] = 1
    assert not alert_deploys.latency_speaks(slow).any()


def test_slowness_that_stays_after_a_promotion_is_told_once_traffic_has_settled() -> None:
    told = alert_deploys.latency_speaks(np.ones(60)).nonzero()[0]
    assert told.tolist() == list(range(alert_deploys.SETTLING_MINUTES, 60))
