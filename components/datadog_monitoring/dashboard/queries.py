"""What the widgets ask: queries of logs, events, page views, metrics and objectives, each with the name formulas use.

The page's variables stand for `name:value`, `$host.value` for the value alone. The searches of the logs are those that
the monitors have, on the host that is chosen. Logs and page views are measured in nanoseconds, tests in milliseconds.
"""

from components.datadog_monitoring import metrics
from components.datadog_monitoring.dashboard.widgets import Json, formula, graph

DURATION = "@lambda.duration"
"""Nanoseconds; Vercel reports milliseconds, and the integration's pipeline multiplies."""
MEMORY_USED = "@lambda.max_memory_used"
"""Mebibytes, of MEMORY_SIZE."""
MEMORY_SIZE = "@lambda.memorysize"
CACHE = "@proxy.vercelCache"
PATH = "@proxy.path"

HOST = "$host.value"
RELEASE_KINDS = "kind:(deployment OR promotion OR rollback)"


def happened(kind: str) -> str:
    """The search of the pipeline's events of this environment."""
    return f"$service $env $version {kind}"


def page_views() -> str:
    """The search of page views that browsers report."""
    return "@type:view $service $env $version"


def counted_requests(name: str, search: str, *, by: str = "", most: int = 10) -> Json:
    """How many requests a search of the logs finds."""
    return _searched(name, "logs", search, aggregation="cardinality", metric=metrics.REQUEST_ID, by=by, most=most)


def measured(name: str, search: str, *, aggregation: str, metric: str, source: str = "logs") -> Json:
    """An attribute of what a search finds: `median`, `pc75`, `pc95`, `max`, `avg`."""
    return _searched(name, source, search, aggregation=aggregation, metric=metric)


def counted_events(name: str, kind: str, *, by: str = "") -> Json:
    """How many of the pipeline's events there are."""
    return _searched(name, "events", happened(kind), aggregation="count", by=by)


def metric(name: str, query: str, *, aggregator: str) -> Json:
    """A metric; `aggregator` makes one number of it where one is shown."""
    return {"name": name, "data_source": "metrics", "query": query, "aggregator": aggregator}


def burn_rate(name: str, slo_id: str) -> Json:
    """How many times faster than its target allows an objective burns its budget."""
    return {
        "name": name,
        "data_source": "slo",
        "slo_id": slo_id,
        "measure": "burn_rate",
        "slo_query_type": "metric",
        "group_mode": "overall",
        "additional_query_filters": "*",
    }


def release_markers() -> list[Json]:
    """Releases and rollbacks across a graph: https://docs.datadoghq.com/dashboards/widgets/timeseries/#event-overlay."""
    return [
        graph(
            [counted_events("releases", "kind:(deployment OR promotion)")],
            [formula("releases", "releases")],
            display="overlay",
            palette="purple",
        ),
        graph(
            [counted_events("rollbacks", "kind:rollback")],
            [formula("rollbacks", "rollbacks")],
            display="overlay",
            palette="orange",
        ),
    ]


def all_requests(name: str = "requests") -> Json:
    """Requests that were answered."""
    return counted_requests(name, metrics.requests(HOST))


def failed_requests(name: str = "errors") -> Json:
    """Requests that ended in a server error."""
    return counted_requests(name, metrics.server_errors(HOST))


def _searched(
    name: str, source: str, search: str, *, aggregation: str, metric: str = "", by: str = "", most: int = 10
) -> Json:
    compute = {"aggregation": aggregation}
    if metric:
        compute["metric"] = metric
    order = {**compute, "order": "desc"}
    return {
        "name": name,
        "data_source": source,
        "indexes": ["*"],
        "search": {"query": search},
        "compute": compute,
        "group_by": [{"facet": by, "limit": most, "sort": order}] if by else [],
    }
