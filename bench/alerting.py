"""How soon the declared alerts speak, and how often for nothing, beside the SRE workbook's and naive ones."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from bench import alert_deploys
from bench.alert_replay import FalseAlarms, Fault, Noise, Seconds, Spoken, false_alarms, replay
from bench.alert_rules import ERROR_RATE, REQUESTS_PER_MINUTE, RULES, WORKBOOK, Burn, Probes, Rule
from components.service_levels import too_few_probes

REPLAYS, MONTHS, SEED = 500, 200, 20260101
TAIL_MINUTES = 12 * 60

FAULTS = (
    Fault(error=1, minutes=10),
    Fault(error=0.1, minutes=3 * 60),
    Fault(error=0.01, minutes=24 * 60),
    Fault(error=0.002, minutes=7 * 24 * 60),
)

NOISES = (
    Noise(name="0.02 % of probes", independent=0.0002),
    Noise(name="0.1 % of probes", independent=0.001),
    Noise(name="0.02 %, 4 requests a minute", independent=0.0002, requests=4),
    Noise(name="0.1 %, 4 requests a minute", independent=0.001, requests=4),
    Noise(name="10 blips of one location", blips=10),
    Noise(name="44 deploys, each a slow minute", deploys=44, slow_failing=0.05),
    Noise(name="0.02 %, blips and deploys", independent=0.0002, blips=10, deploys=44, slow_failing=0.05),
)

OTHER_PROBES = (
    Probes(locations=1, seconds=60, target=99.9),
    Probes(locations=3, seconds=300, target=99.9),
    Probes(locations=3, seconds=300, target=99.5),
    Probes(locations=3, seconds=60, target=99.9),
    Probes(locations=4, seconds=60, target=99.9),
    Probes(locations=5, seconds=60, target=99.9),
)


def detections(faults: Sequence[Fault] = FAULTS, replays: int = REPLAYS) -> dict[Fault, list[Spoken]]:
    """Every rule and every fault, with production's probes; a few faults take seconds."""
    rules = list(dict.fromkeys(rule for group in RULES.values() for rule in group))
    probes = Probes.of_stack("production")
    return {
        fault: replay(fault, rules, probes, replays=replays, seed=SEED + index, tail_minutes=TAIL_MINUTES)
        for index, fault in enumerate(faults)
    }


def months_of_noise(months: int = MONTHS) -> dict[Noise, dict[str, FalseAlarms]]:
    """Every group of rules and every noise, with production's probes."""
    probes = Probes.of_stack("production")
    return {
        noise: dict(
            zip(RULES, false_alarms(noise, list(RULES.values()), probes, months=months, seed=SEED + index), strict=True)
        )
        for index, noise in enumerate(NOISES)
    }


def run(console: Console) -> None:
    """Replay everything and print the tables."""
    probes = Probes.of_stack("production")
    detected = detections()
    console.print(
        f"{probes.locations} locations, every {probes.seconds} s, {probes.target:g} % are to succeed. "
        f"{REPLAYS} replays of a fault, {MONTHS} months of noise. Median, and the 95th percentile in parentheses.\n"
    )
    console.print(_by_rule("detection after", detected, _detection))
    console.print(_closed_form(probes))
    console.print(_first(detected))
    console.print(_by_rule("silent again after", detected, _reset))
    console.print(_false_alarms(months_of_noise()))
    console.print(_other_probes())
    console.print(_deploys(probes))
    console.print(
        f"Not counted: what Datadog needs to take in a result. {REQUESTS_PER_MINUTE} requests a minute. A probe fails "
        "where its retries fail as well."
    )


def duration(seconds: float) -> str:
    """Seconds as people say them: `52 s`, `8.6 min`, `3.6 h`; a dash for never."""
    if not np.isfinite(seconds):
        return "–"  # noqa: RUF001 - as in the documents' tables
    if seconds < 100:  # noqa: PLR2004 - from here on, minutes are easier to read
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 100 * 60 else f"{seconds / 3600:.1f} h"


def quantiles(seconds: Seconds) -> tuple[float, float]:
    """Median and 95th percentile, which are infinite where too many are."""
    median, late = np.quantile(seconds, [0.5, 0.95], method="higher")
    return float(median), float(late)


def name_of(fault: Fault) -> str:
    """`10 % for 3 h`."""
    return f"{100 * fault.error:g} % for {duration(fault.minutes * 60).replace('.0', '')}"


def _detection(spoken: Spoken) -> str:
    missed = float(np.isinf(spoken.detection).mean())
    if missed == 1:
        return "never"
    median, late = quantiles(spoken.detection)
    return f"{duration(median)} ({duration(late)})" + (f", never in {100 * missed:.0f} %" if missed else "")


def _reset(spoken: Spoken) -> str:
    known = spoken.reset[~np.isnan(spoken.reset)]
    # A rule that few replays leave speaking has no typical time to fall silent.
    if known.size < spoken.reset.size / 20:
        return ""
    median, late = quantiles(known)
    return f"{duration(median)} ({duration(late)})"


def _by_rule(title: str, detected: Mapping[Fault, Sequence[Spoken]], cell: Callable[[Spoken], str]) -> Table:
    table = Table(title, "", *(name_of(fault) for fault in detected))
    for group, rules in _listed().items():
        for rule in rules:
            row = [next(cell(each) for each in spoken if each.rule == rule) for spoken in detected.values()]
            table.add_row(rule.name, f"{group}, {'page' if rule.pages else 'ticket'}", *row)
    return table


def _listed() -> dict[str, Sequence[Rule]]:
    """Every rule once: two of the workbook's are declared as they are."""
    return {**RULES, "workbook": [rule for rule in WORKBOOK if not rule.pages]}


def _closed_form(probes: Probes) -> Table:
    table = Table("closed form, for even errors", "", *(f"{100 * fault.error:g} %" for fault in FAULTS))
    for group, rules in _listed().items():
        for rule in rules:
            if isinstance(rule, Burn):
                table.add_row(
                    rule.name,
                    group,
                    *(duration(60 * rule.detection_minutes(fault.error, probes.target)) for fault in FAULTS),
                )
    return table


def _first(detected: Mapping[Fault, Sequence[Spoken]]) -> Table:
    table = Table("the first to speak", *(f"{100 * fault.error:g} %" for fault in detected))
    groups: dict[str, Sequence[Rule]] = {
        "declared": RULES["declared"],
        "declared, no request logged": [rule for rule in RULES["declared"] if rule is not ERROR_RATE],
        **{name: rules for name, rules in RULES.items() if name != "declared"},
    }
    for group, rules in groups.items():
        table.add_row(group, *(_first_of(rules, spoken) for spoken in detected.values()))
    return table


def _first_of(rules: Sequence[Rule], spoken: Sequence[Spoken]) -> str:
    detection = np.array([each.detection for rule in rules for each in spoken if each.rule == rule])
    earliest = detection.min(axis=0)
    heard = np.isfinite(earliest)
    if not heard.any():
        return "never"
    names = Counter(rules[index].name for index in detection.argmin(axis=0)[heard])
    name, times = names.most_common(1)[0]
    median, late = quantiles(earliest)
    return f"{duration(median)} ({duration(late)}): {name}, in {100 * times / heard.sum():.0f} %"


def _false_alarms(found: Mapping[Noise, Mapping[str, FalseAlarms]]) -> Table:
    table = Table("pages and tickets for nothing in 30 days", *RULES)
    for noise, by_group in found.items():
        table.add_row(noise.name, *(f"{alarms.pages:.2f}, {alarms.tickets:.2f}" for alarms in by_group.values()))
    return table


def _other_probes() -> Table:
    noises = (NOISES[0], NOISES[1], NOISES[4])
    table = Table("pages for nothing in 30 days", "refused", *(noise.name for noise in noises))
    for probes in OTHER_PROBES:
        refused = too_few_probes(probes.target, locations=probes.locations, seconds=probes.seconds)
        pages = (
            false_alarms(noise, [RULES["declared"]], probes, months=MONTHS, seed=SEED)[0].pages for noise in noises
        )
        table.add_row(
            f"{probes.locations} every {probes.seconds} s, {probes.target:g} %",
            "yes" if refused else "",
            *(f"{each:.2f}" for each in pages),
        )
    return table


def _deploys(probes: Probes) -> Table:
    table = Table("a release", "what pages, or tells")
    outage = alert_deploys.outage(probes, replays=REPLAYS, seed=SEED)
    for title, seconds in (
        ("an outage from its first moment pages after", outage.declared),
        ("… where no request is logged", outage.probes_alone),
        (f"… where a deploy mutes alerts for {alert_deploys.MUTED_MINUTES} min", outage.muted),
    ):
        median, late = quantiles(seconds)
        table.add_row(title, f"{duration(median)} ({duration(late)})")
    for failing in (0, 0.05, 0.5, 1):
        pages = alert_deploys.slow_minute_pages(failing, probes, replays=REPLAYS, seed=SEED)
        table.add_row(
            f"a slow minute, where {100 * failing:g} % of its probes exceed the health check's limit",
            f"pages in {100 * pages:.0f} %",
        )
    for later in (0, 1, 5):
        slow = np.zeros(60)
        slow[later] = 1
        told = int(alert_deploys.latency_speaks(slow).sum())
        table.add_row(f"a slow minute that begins {later} min after it: `latency`, a ticket", f"speaks for {told} min")
    minutes = int(alert_deploys.latency_speaks(np.ones(60)).argmax()) + 1
    table.add_row("slow from its first moment on: `latency`, a ticket", f"speaks after {minutes} min")
    return table
