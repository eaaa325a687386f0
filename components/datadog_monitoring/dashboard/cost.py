"""What the synthetic tests cost."""

from components.datadog_monitoring import metrics
from components.datadog_monitoring.dashboard.queries import metric
from components.datadog_monitoring.dashboard.widgets import Json, at, formula, graph, number, timeseries
from components.datadog_monitoring.dashboard.widgets import group as grouped
from components.datadog_monitoring.synthetic_cost import DOLLARS_PER_RUN

_BILLED = "sum:datadog.estimated_usage.synthetics.api_test_runs{*}.as_count()"
"""Of the whole account: what Datadog bills by."""


def group(check_id: str) -> Json:
    """Runs that are billed, and this health check's among them."""
    return grouped(
        "Cost of the synthetic tests",
        "gray",
        [
            at(
                *(0, 0, 3, 2),
                number(
                    "Whole account, USD",
                    [metric("billed", _BILLED, aggregator="sum")],
                    formula(f"billed * {DOLLARS_PER_RUN:g}", "at 5 USD for 10,000 runs", "dollar"),
                    precision=2,
                    span="month_to_date",
                ),
            ),
            at(
                *(3, 0, 9, 2),
                timeseries(
                    "Runs of API tests",
                    [
                        graph(
                            [
                                metric("billed", _BILLED, aggregator="sum"),
                                metric("own", metrics.probes(check_id), aggregator="sum"),
                            ],
                            [formula("billed", "the whole account"), formula("own", "this health check")],
                            display="bars",
                        )
                    ],
                ),
            ),
        ],
    )
