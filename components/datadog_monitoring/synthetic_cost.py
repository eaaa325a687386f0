"""What the synthetic tests of a stack cost in 30 days.

Datadog bills a run from each location; the price is that of API tests billed yearly
(https://www.datadoghq.com/pricing/, 5 USD for 10,000 runs), retries not counted.
"""

from collections.abc import Iterable

DAYS = 30
DOLLARS_PER_RUN = 5 / 10_000


def runs(locations: int, seconds: int) -> int:
    """How often a test runs in 30 days: from so many locations, every so many seconds."""
    return locations * DAYS * 24 * 3600 // seconds


def dollars(all_runs: Iterable[int]) -> float:
    """What that many runs cost, in USD rounded to cents."""
    return round(sum(all_runs) * DOLLARS_PER_RUN, 2)
