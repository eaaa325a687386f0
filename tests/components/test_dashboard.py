"""The dashboard: what Datadog takes, where things are, and what is there."""

import html
import json
import re
from collections.abc import Iterator
from itertools import combinations
from typing import Any

import httpx2
import pytest
from datadog_api_client.configuration import Configuration
from datadog_api_client.model_utils import ModelComposed, ModelNormal, UnparsedObject, validate_and_convert_types
from datadog_api_client.v1.model.dashboard import Dashboard

from components.datadog_monitoring.dashboard.widgets import COLUMNS
from components.datadog_monitoring.release_monitors import release_monitors
from sandbox.providers.datadog.dashboard import normalized
from sandbox.world.datadog.seed import seed
from sandbox.world.server import running
from tests.components.dashboards import (
    DEFINITIONS,
    MONITOR_IDS,
    PAGES,
    RUNBOOK,
    SLO_IDS,
    Json,
    every_page,
    group,
    page,
    queries,
    search_of,
    titled,
    widgets,
)
from tests.components.recording import PROJECT
from tests.components.test_datadog_monitoring import ARGS


def leaves(value: Any) -> Iterator[Any]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    if inside is None:
        yield value
    else:
        for each in inside:
            yield from leaves(each)


def not_understood(value: Any, path: str = "") -> Iterator[str]:
    """What Datadog's own client cannot read: unparsed values and fields that its models do not have."""
    if isinstance(value, UnparsedObject) or getattr(value, "_unparsed", False):
        yield path
    elif isinstance(value, ModelComposed):
        for instance in value._composed_instances:
            yield from not_understood(instance, path)
    elif isinstance(value, ModelNormal):
        for name, inner in value._data_store.items():
            if name not in value.openapi_types:
                yield f"{path}/{name}"
            yield from not_understood(inner, f"{path}/{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from not_understood(inner, f"{path}/{index}")


def read_by_client(shown: Json) -> list[str]:
    """As a client of Datadog's reads it offline (PyPI `datadog-api-client`)."""
    copy = json.loads(json.dumps(shown))
    model = validate_and_convert_types(copy, (Dashboard,), ["dashboard"], True, True, Configuration())
    return list(not_understood(model))


@every_page
def test_datadog_takes_it_and_the_provider_finds_nothing_changed(shown: Json) -> None:
    """What is sent and answered is also held to Datadog's OpenAPI document (tests/conftest.py)."""
    keys = {"dd-api-key": "0" * 32, "dd-application-key": "1" * 40}
    with running() as (state, urls), httpx2.Client(base_url=urls["datadog"], headers=keys) as http:
        seed(state, *keys.values())
        created = http.post("/api/v1/dashboard", json=shown)
        assert created.status_code == 200, created.text
        read = http.get(f"/api/v1/dashboard/{created.json()['id']}")
    assert normalized(read.text) == normalized(json.dumps(shown))


@every_page
def test_datadogs_own_client_understands_all_of_it(shown: Json) -> None:
    assert read_by_client(shown) == []


@pytest.mark.parametrize(
    ("title", "field", "wrong"),
    [
        ("Latency of functions", "legend_layout", "slanted"),
        ("Every alert", "sort", "urgency"),
        ("Timeouts", "unheard_of", 1),
    ],
)
def test_the_client_would_notice_what_datadog_does_not_know(title: str, field: str, wrong: object) -> None:
    shown = page()
    titled(shown, title)[field] = wrong
    assert read_by_client(shown) != []


@every_page
def test_it_has_nothing_that_datadog_would_answer_otherwise(shown: Json) -> None:
    assert None not in list(leaves(shown))
    assert not {"id", "is_read_only", "url", "restricted_roles"} & set(shown)
    assert all("pause_auto_refresh" not in widget for widget in widgets(shown))


@every_page
def test_no_two_widgets_cover_each_other_and_none_leaves_the_twelve_columns(shown: Json) -> None:
    inside = [widget["definition"]["widgets"] for widget in shown["widgets"]]
    for placed in [shown["widgets"], *inside]:
        layouts = [widget["layout"] for widget in placed]
        for layout in layouts:
            assert layout["x"] >= 0
            assert layout["y"] >= 0
            assert layout["width"] >= 1
            assert layout["height"] >= 1
            assert layout["x"] + layout["width"] <= COLUMNS
        for one, other in combinations(layouts, 2):
            beside = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
            below = one["y"] + one["height"] <= other["y"] or other["y"] + other["height"] <= one["y"]
            assert beside or below, (one, other)


@every_page
def test_every_group_is_as_wide_as_the_page_and_has_no_hole(shown: Json) -> None:
    for each in shown["widgets"]:
        layouts = [widget["layout"] for widget in each["definition"]["widgets"]]
        covered = sum(layout["width"] * layout["height"] for layout in layouts)
        assert each["layout"]["width"] == COLUMNS
        assert covered == COLUMNS * (each["layout"]["height"] - 1), each["definition"]["title"]


def test_every_monitor_is_listed_beside_its_graphs_once() -> None:
    known = {**MONITOR_IDS, "thought-of-later": "2000"}
    lists = [widget["query"] for widget in widgets(page(monitor_ids=known)) if widget["type"] == "manage_status"]
    assert sorted(number for query in lists for number in re.findall(r"\b\d+\b", query)) == sorted(known.values())


def test_what_alerts_on_an_objective_stands_beside_it() -> None:
    listed = group(page(), "Service levels")[-1]["query"].split(" OR ")
    assert listed == [MONITOR_IDS[key] for key, each in DEFINITIONS.items() if each.objective]


def test_what_reads_logs_and_what_reads_events_stand_beside_their_graphs() -> None:
    releases = release_monitors(service=ARGS.service, environment=ARGS.environment, approved=True)
    of_releases = {MONITOR_IDS[each.key] for each in releases}
    of_traffic = {
        MONITOR_IDS[key]
        for key, each in DEFINITIONS.items()
        if not each.objective and key != "prober-dead" and MONITOR_IDS[key] not in of_releases
    }
    assert set(titled(page(), "Alerts of the releases")["query"].split(" OR ")) == of_releases
    assert set(titled(page(), "Alerts of the traffic")["query"].split(" OR ")) == of_traffic


@every_page
def test_no_list_finds_every_monitor_of_the_account(shown: Json) -> None:
    assert all(widget["query"] for widget in widgets(shown) if widget["type"] == "manage_status")


def test_the_first_list_has_what_carries_the_environments_tags() -> None:
    tags = re.findall(r'tag:"([^"]+)"', titled(page(), "Every alert")["query"])
    assert set(tags) == {"env:production", "service:ai-tools"}
    assert set(tags) <= set(ARGS.tags)


@pytest.mark.parametrize("title", ["Golden signals", "Health check", "Web vitals", "Service levels"])
def test_releases_and_rollbacks_lie_over_every_graph(title: str) -> None:
    graphs = [widget for widget in group(page(), title) if widget["type"] == "timeseries"]
    assert graphs
    for each in graphs:
        overlays = [request for request in each["requests"] if request["display_type"] == "overlay"]
        assert [search_of(query) for request in overlays for query in request["queries"]] == [
            "$service $env $version kind:(deployment OR promotion)",
            "$service $env $version kind:rollback",
        ], each["title"]


def test_without_objectives_nothing_asks_for_one() -> None:
    shown = PAGES["without objectives"]
    assert "slo" not in {query["data_source"] for query in queries(shown)} | {each["type"] for each in widgets(shown)}
    assert "Service levels" not in [widget["definition"]["title"] for widget in shown["widgets"]]


def test_an_objective_shows_seven_and_thirty_days_and_its_budget() -> None:
    shown = [widget for widget in group(page(), "Service levels") if widget["type"] == "slo"]
    assert [widget["slo_id"] for widget in shown] == list(SLO_IDS.values())
    assert all(widget["time_windows"] == ["7d", "30d"] and widget["show_error_budget"] for widget in shown)


def test_the_first_note_leads_to_the_app_the_runbook_and_the_project() -> None:
    note = group(page(), "What serves now")[0]["content"]
    links = dict(re.findall(r"\[([^\]]+)\]\(([^)]+)\)", note))
    assert links["ai-tools.example.com"] == "https://ai-tools.example.com"
    assert links["Runbook"] == RUNBOOK
    assert links["Deployments at Vercel"] == (
        "https://vercel.com/d?to=%2F%5Bteam%5D%2Fai-tools-production%2Fdeployments"
    )


@every_page
def test_what_was_released_last_comes_first(shown: Json) -> None:
    newest = group(shown, "What serves now")[1]
    (request,) = newest["requests"]
    assert newest["type"] == "list_stream"
    assert request["query"]["query_string"] == "$service $env $version kind:(deployment OR promotion OR rollback)"
    assert shown["widgets"][0]["definition"]["title"] == "What serves now"


def test_the_sketch_in_the_docs_shows_every_widget_with_its_whole_title() -> None:
    """Drawn anew by `make pictures`."""
    sketch = html.unescape((PROJECT / "docs/pictures/dashboard.svg").read_text())
    for widget in widgets(page()):
        assert widget.get("title", "") in sketch
