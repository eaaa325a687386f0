"""The health check as its locations see it, and the certificate."""

from components.datadog_monitoring import metrics
from components.datadog_monitoring.dashboard.queries import metric, release_markers
from components.datadog_monitoring.dashboard.widgets import Json, at, colored, formula, graph, number, timeseries
from components.datadog_monitoring.dashboard.widgets import group as grouped

LOCATION = "probe_dc"
"""The tag of a test's metrics that says where it ran."""
_MINUTES_PER_DAY = 24 * 60


def group(check_id: str, alerts: Json) -> Json:
    """Uptime, who fails from where, how long it takes, and how long the certificate holds."""
    return grouped(
        "Health check",
        "vivid_orange",
        [
            at(0, 0, 2, 2, _uptime(check_id)),
            at(0, 2, 2, 2, _days_left()),
            at(2, 0, 3, 4, _failures(check_id)),
            at(5, 0, 3, 4, _response_time(check_id)),
            at(8, 0, 4, 4, alerts),
        ],
    )


def _uptime(check_id: str) -> Json:
    return number(
        "Checks that passed",
        [
            metric("good", metrics.good_probes(check_id), aggregator="sum"),
            metric("all", metrics.probes(check_id), aggregator="sum"),
        ],
        formula("100 * default_zero(good) / all", "of all checks", "percent"),
        precision=2,
    )


def _days_left() -> Json:
    """The certificate test has no ID here: it carries the tags of its environment."""
    return number(
        "Certificate: days left",
        [metric("left", "min:synthetics.ssl.time_to_expiry{$env,$service}", aggregator="min")],
        formula(f"left / {_MINUTES_PER_DAY}", "days"),
        colors=[
            *colored({3: "white_on_red", 10: "white_on_yellow"}, comparator="<="),
            *colored({10: "white_on_green"}, comparator=">"),
        ],
    )


def _failures(check_id: str) -> Json:
    everything, good = metrics.probes(check_id), metrics.good_probes(check_id)
    by_location = f"by {{{LOCATION}}}.as_count()"
    return timeseries(
        "Failed checks by location",
        [
            graph(
                [
                    metric("all", everything.replace(".as_count()", f" {by_location}"), aggregator="sum"),
                    metric("good", good.replace(".as_count()", f" {by_location}"), aggregator="sum"),
                ],
                [formula("all - default_zero(good)", "failed")],
                display="bars",
            ),
            *release_markers(),
        ],
    )


def _response_time(check_id: str) -> Json:
    return timeseries(
        "Response time by location",
        [
            graph(
                [
                    metric(
                        "took",
                        f"avg:synthetics.http.response.time{{check_id:{check_id}}} by {{{LOCATION}}}",
                        aggregator="avg",
                    )
                ],
                [formula("took", "response time", "millisecond")],
            ),
            *release_markers(),
        ],
    )
