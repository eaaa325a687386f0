from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest

from sandbox.world.datadog.seed import seed
from sandbox.world.server import running
from sandbox.world.state import State

API_KEY = "0" * 32
APP_KEY = "1" * 40
KEYS = {"dd-api-key": API_KEY, "dd-application-key": APP_KEY}


@dataclass(frozen=True, slots=True)
class Datadog:
    """A client of a served world."""

    state: State
    http: httpx2.Client

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, Any]:
        """The status and the JSON that a call is answered with."""
        answer = self.http.request(method, path, params=query, json=body, headers=KEYS)
        return answer.status_code, answer.json() if answer.content else None

    def done(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The JSON of a call that must succeed."""
        status, answer = self.call(method, path, body, **query)
        assert status < 300, f"{method} {path}: {status} {answer}"
        return answer

    def refused(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """The status and first error of a call that must fail."""
        status, answer = self.call(method, path, body, **query)
        assert status >= 400, f"{method} {path}: {status} {answer}"
        return status, answer["errors"][0]


def monitor(**more: Any) -> dict[str, Any]:
    """A monitor that Datadog takes."""
    return {
        "name": "latency",
        "type": "query alert",
        "query": "avg(last_15m):avg:synthetics.http.response.time{check_id:abc} > 1500",
        "message": "Slow. @slack-acme-deploys",
        "tags": ["env:production"],
        "priority": 2,
        "options": {"thresholds": {"critical": 1500}, "on_missing_data": "show_no_data"},
        **more,
    }


def api_test(**more: Any) -> dict[str, Any]:
    """A synthetic API test that Datadog takes."""
    return {
        "name": "health",
        "type": "api",
        "subtype": "http",
        "status": "live",
        "message": "Unhealthy. @slack-acme-deploys",
        "locations": ["aws:eu-central-1", "aws:us-east-1"],
        "tags": ["env:production"],
        "config": {
            "request": {"method": "GET", "url": "https://ai-tools.example.com/api/health", "timeout": 10},
            "assertions": [
                {"type": "statusCode", "operator": "is", "target": 200},
                {
                    "type": "body",
                    "operator": "validatesJSONPath",
                    "target": {"jsonPath": "$.status", "operator": "is", "targetValue": "ok"},
                },
            ],
        },
        "options": {"tick_every": 60, "retry": {"count": 2, "interval": 5000}, "min_location_failed": 2},
        **more,
    }


def slo(**more: Any) -> dict[str, Any]:
    """A service level objective that Datadog takes; what is None is left out."""
    objective = {
        "name": "availability",
        "type": "metric",
        "query": {
            "numerator": "sum:synthetics.test_runs{check_id:abc,status:success}.as_count()",
            "denominator": "sum:synthetics.test_runs{check_id:abc}.as_count()",
        },
        "thresholds": [{"timeframe": "30d", "target": 99.9, "warning": 99.95}],
        **more,
    }
    return {name: value for name, value in objective.items() if value is not None}


@pytest.fixture
def datadog() -> Iterator[Datadog]:
    with running() as (state, urls), httpx2.Client(base_url=urls["datadog"]) as http:
        seed(state, API_KEY, APP_KEY)
        yield Datadog(state, http)
