"""Series of failures, and what alert rules make of them: how soon they speak, how long, and how often for nothing.

A probe fails after its two retries, 5 s apart, have failed as well: a share of errors here is what remains after them.
Locations probe at seconds of their own, which each replay draws anew, as it draws the second in which a fault begins.
Rules are looked at when a minute ends; what Datadog itself needs to take in a result is not counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.alert_rules import REQUESTS_PER_MINUTE, Probes, Rule, Series, Speaks

Seconds = npt.NDArray[np.float64]

MONTH = 30 * 24 * 60
"""Minutes."""

_MONTHS_AT_ONCE = 50
_LONGEST_BLIP = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Fault:
    """A part of all probes and requests fails, for a while."""

    error: float
    """0 to 1."""
    minutes: int
    """How long: enough for every rule that can see such an error."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noise:
    """A month in which the app is well and probes fail nevertheless."""

    name: str
    independent: float = 0
    """The part of probes that fails, each for itself; and of requests."""
    blips: float = 0
    """How often in 30 days the network of one location fails, for one to three of its probes."""
    deploys: int = 0
    """How often in 30 days traffic moves, and a minute is slow."""
    slow_failing: float = 0
    """The part of the probes that find such a minute too slow, retries included."""
    requests: int = REQUESTS_PER_MINUTE
    """How many requests there are a minute."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spoken:
    """One rule and one fault, a number for each replay."""

    rule: Rule
    detection: Seconds
    """From the fault's begin; infinite where the rule never speaks during it."""
    reset: Seconds
    """From the fault's end to the first silent look; not a number where the rule did not speak at the end."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FalseAlarms:
    """How often rules spoke for nothing, in 30 days."""

    pages: float
    tickets: float


def replay(
    fault: Fault, rules: Sequence[Rule], probes: Probes, *, replays: int, seed: int, tail_minutes: int = 0
) -> list[Spoken]:
    """A fault through the rules.

    Args:
        fault: begins within the first minute.
        rules: which to ask.
        probes: who probes.
        replays: how many, each with other seconds and other failures.
        seed: the same gives the same.
        tail_minutes: how long to look on after its end.
    """
    begins, series = faulty(fault, probes, replays=replays, seed=seed, tail_minutes=tail_minutes)
    spoken = []
    for rule in rules:
        speaks = rule.speaks(series)
        during = speaks[:, : fault.minutes + 1]
        first = (during.argmax(axis=1) + 1) * 60 - begins
        after = speaks[:, fault.minutes :]
        silent = (~after).argmax(axis=1) * 60 + 60 - begins
        spoken.append(
            Spoken(
                rule=rule,
                detection=np.where(during.any(axis=1), first, np.inf),
                reset=np.where(after[:, 0] & ~after[:, -1], silent, np.nan),
            )
        )
    return spoken


def faulty(fault: Fault, probes: Probes, *, replays: int, seed: int, tail_minutes: int = 0) -> tuple[Seconds, Series]:
    """The second of the first minute in which the fault begins, of each replay, and what fails."""
    random = np.random.default_rng(seed)
    minutes = fault.minutes + 1 + tail_minutes
    begins = random.uniform(0, 60, size=replays)
    probed_at = random.uniform(0, 60, size=(replays, probes.locations))
    failing = random.random((replays, probes.locations, minutes), dtype=np.float32) < fault.error
    failing &= _probed(random, probes, replays, minutes)
    # It begins and ends in the same second of a minute: what each location probes before, or after, is well.
    failing[:, :, 0] &= probed_at >= begins[:, None]
    failing[:, :, fault.minutes] &= probed_at < begins[:, None]
    failing[:, :, fault.minutes + 1 :] = False
    requests = np.zeros((replays, minutes), dtype=np.int64)
    requests[:, : fault.minutes] = REQUESTS_PER_MINUTE
    requests[:, 0] = REQUESTS_PER_MINUTE * (1 - begins / 60)
    requests[:, fault.minutes] = REQUESTS_PER_MINUTE * begins / 60
    errors = random.binomial(requests, fault.error)
    return begins, Series(probes=probes, failed=failing.astype(np.uint8), errors=errors)


def false_alarms(
    noise: Noise, groups: Sequence[Sequence[Rule]], probes: Probes, *, months: int, seed: int
) -> list[FalseAlarms]:
    """How often each group of rules speaks in a month of noise.

    Two rules of a group that speak at once wake somebody once.

    Args:
        noise: what fails.
        groups: the rules that are in use together.
        probes: who probes.
        months: how many months of 30 days to replay.
        seed: the same gives the same.
    """
    random = np.random.default_rng(seed)
    found = np.zeros((len(groups), 2))
    for begin in range(0, months, _MONTHS_AT_ONCE):
        series = noisy(noise, probes, months=min(_MONTHS_AT_ONCE, months - begin), random=random)
        # A rule that is in several groups is asked once.
        speaks = {rule: rule.speaks(series) for rule in dict.fromkeys(rule for rules in groups for rule in rules)}
        for index, rules in enumerate(groups):
            for column, pages in enumerate((True, False)):
                together = [speaks[rule] for rule in rules if rule.pages is pages]
                if together:
                    found[index, column] += begun(np.logical_or.reduce(together))
    return [FalseAlarms(pages=float(pages), tickets=float(tickets)) for pages, tickets in found / months]


def noisy(noise: Noise, probes: Probes, *, months: int, random: np.random.Generator) -> Series:
    """Months of an app that is well."""
    shape = (months, probes.locations, MONTH)
    failing = _scattered(random, shape, noise.independent)
    blips = np.nonzero(_scattered(random, shape, noise.blips * probes.step / probes.locations / MONTH))
    # Half of them are over with the next probe, half of the others with the one after, and so on.
    lengths = random.geometric(0.5, size=blips[0].size)
    for probe in range(_LONGEST_BLIP):
        minute = blips[2] + probe * probes.step
        there = (lengths > probe) & (minute < MONTH)
        failing[blips[0][there], blips[1][there], minute[there]] = True
    slow = np.nonzero(_scattered(random, (months, 1, MONTH), noise.deploys / MONTH))
    failing[slow[0], :, slow[2]] |= random.random((slow[0].size, probes.locations)) < noise.slow_failing
    failing &= _probed(random, probes, months, MONTH)
    errors = random.binomial(noise.requests, noise.independent, size=(months, MONTH))
    return Series(probes=probes, failed=failing.astype(np.uint8), errors=errors, requests=noise.requests)


def begun(speaks: Speaks) -> int:
    """How often a rule began to speak."""
    return int((speaks[:, 1:] & ~speaks[:, :-1]).sum() + speaks[:, 0].sum())


def _probed(random: np.random.Generator, probes: Probes, replays: int, minutes: int) -> npt.NDArray[np.bool_]:
    """In which minutes each location probes."""
    turn = random.integers(probes.step, size=(replays, probes.locations, 1))
    return np.arange(minutes) % probes.step == turn


def _scattered(random: np.random.Generator, shape: tuple[int, ...], part: float) -> npt.NDArray[np.bool_]:
    """True in a small part of the places; drawn one by one, for most of a month is well."""
    scattered = np.zeros(shape, dtype=bool)
    scattered.flat[random.integers(scattered.size, size=random.binomial(scattered.size, part))] = True
    return scattered
