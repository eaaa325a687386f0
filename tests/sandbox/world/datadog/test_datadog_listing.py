"""What exists, as Datadog lists it: in parts, and by name or tag."""

from typing import Any

import pytest

from tests.sandbox.world.datadog.conftest import Datadog, api_test, monitor, slo

DASHBOARD: dict[str, Any] = {"title": "latency", "layout_type": "ordered", "widgets": []}
LISTS: list[tuple[str, str, dict[str, Any], str, str, tuple[str, str], tuple[str, str]]] = [
    # Where one is made and listed, what is made, its name's field, the list's, and the queries for the second of two.
    ("/api/v1/monitor", "/api/v1/monitor", monitor(), "name", "", ("page", "1"), ("page_size", "1")),
    (
        *("/api/v1/synthetics/tests/api", "/api/v1/synthetics/tests", api_test(), "name", "tests"),
        *(("page_number", "1"), ("page_size", "1")),
    ),
    ("/api/v1/dashboard", "/api/v1/dashboard", DASHBOARD, "title", "dashboards", ("start", "1"), ("count", "1")),
    ("/api/v1/slo", "/api/v1/slo", slo(), "name", "data", ("offset", "1"), ("limit", "1")),
]


@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed[1])
def test_a_list_gives_everything_or_the_part_that_was_asked_for(datadog: Datadog, listed: Any) -> None:
    made_at, path, body, name, under, start, size = listed

    def names(**query: str) -> list[str]:
        answer = datadog.done("GET", path, **query)
        return [entry[name] for entry in (answer[under] if under else answer)]

    assert names() == []
    for number in ("first", "second", "third"):
        datadog.done("POST", made_at, {**body, name: number})
    assert names() == ["first", "second", "third"]
    assert names(**dict([start, size])) == ["second"]


def test_monitors_and_objectives_are_found_by_part_of_the_name_and_every_tag(datadog: Datadog) -> None:
    tags = ["env:production", "team:web"]
    for path, body in (("/api/v1/monitor", monitor()), ("/api/v1/slo", slo())):
        datadog.done("POST", path, {**body, "name": "Latency high", "tags": tags})
        datadog.done("POST", path, {**body, "name": "latency low", "tags": tags[:1]})
    found = [each["name"] for each in datadog.done("GET", "/api/v1/monitor", name="LATENCY")]
    assert found == ["Latency high", "latency low"]
    assert [each["name"] for each in datadog.done("GET", "/api/v1/monitor", name="low")] == ["latency low"]
    tagged = datadog.done("GET", "/api/v1/monitor", monitor_tags="team:web,env:production")
    assert [each["name"] for each in tagged] == ["Latency high"]
    objectives = datadog.done("GET", "/api/v1/slo", query="latency", tags_query="team:web")
    assert [each["name"] for each in objectives["data"]] == ["Latency high"]
    assert objectives["metadata"]["page"] == {"total_count": 2, "total_filtered_count": 1}


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("/api/v1/monitor", {"page": "-1"}),
        ("/api/v1/monitor", {"page": "0", "page_size": "1001"}),
        ("/api/v1/slo", {"limit": "many"}),
    ],
)
def test_a_part_that_cannot_be_is_refused(datadog: Datadog, path: str, wrong: dict[str, str]) -> None:
    assert datadog.refused("GET", path, **wrong)[0] == 400
