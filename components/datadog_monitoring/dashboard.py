"""The dashboard of one environment, in the JSON that Datadog's dashboard API takes (POST /api/v1/dashboard)."""

from collections.abc import Mapping
from typing import Any


def dashboard(
    *, service: str, environment: str, domain: str, health_check_id: str, monitor_ids: Mapping[str, str]
) -> dict[str, Any]:
    """Health, errors, latency and deployments on one page.

    Args:
        service: the app's name.
        environment: the stack's name.
        domain: the host that users open.
        health_check_id: the synthetic test's public ID.
        monitor_ids: Datadog's number of each monitor, by its key.
    """
    requests = f"source:vercel @proxy.host:{domain}"
    return {
        "title": f"{service} {environment}",
        "description": f"What https://{domain} serves, and how well.",
        "layout_type": "ordered",
        "reflow_type": "auto",
        # Datadog answers these two whether they are sent or not; left out, each `up` would find a change.
        "notify_list": [],
        "template_variables": [],
        "widgets": [
            *(
                {"definition": {"type": "alert_value", "title": key, "alert_id": monitor_id, "precision": 0}}
                for key, monitor_id in monitor_ids.items()
            ),
            _graph("Health check: response time", f"avg:synthetics.http.response.time{{check_id:{health_check_id}}}"),
            _graph(
                "Health check: runs by result",
                f"sum:synthetics.test_runs{{check_id:{health_check_id}}} by {{status}}.as_count()",
            ),
            _log_graph("Requests", requests),
            _log_graph("Server errors", f"{requests} @proxy.statusCode:[500 TO 599]"),
            {
                "definition": {
                    "type": "event_stream",
                    "title": "Deployments and rollbacks",
                    "query": f"service:{service} env:{environment}",
                    "event_size": "s",
                }
            },
        ],
    }


def _graph(title: str, query: str) -> dict[str, Any]:
    return {"definition": {"type": "timeseries", "title": title, "requests": [{"q": query, "display_type": "line"}]}}


def _log_graph(title: str, search: str) -> dict[str, Any]:
    """Counted by request: one request writes several log lines."""
    return {
        "definition": {
            "type": "timeseries",
            "title": title,
            "requests": [
                {
                    "response_format": "timeseries",
                    "display_type": "bars",
                    "formulas": [{"formula": "requests"}],
                    "queries": [
                        {
                            "name": "requests",
                            "data_source": "logs",
                            "indexes": ["*"],
                            "search": {"query": search},
                            "compute": {"aggregation": "cardinality", "metric": "@vercel.requestId"},
                        }
                    ],
                }
            ],
        }
    }
