"""What the dashboard asks: names that exist, in known units, narrowed rightly, with lines where monitors speak."""

import json
import re

import pytest

from tests.components.dashboards import (
    DEFINITIONS,
    PAGES,
    SLO_IDS,
    Json,
    every_page,
    group,
    page,
    queries,
    requests,
    search_of,
    titled,
)

LOGS = "the log pipeline of Datadog's Vercel integration (integrations-extras, vercel/assets/logs/vercel.yaml)"
VERCEL = "https://vercel.com/docs/drains/reference/logs"
TESTS = "https://docs.datadoghq.com/synthetics/metrics/"
BROWSER = "https://docs.datadoghq.com/real_user_monitoring/application_monitoring/browser/data_collected/"
EVENTS = "tags of the pipeline's events (deploy/release/events.py)"
MEASURES = {
    # What is asked for: the unit that Datadog has it in, and where that is said.
    "@requestId": ("", "integrations-extras, vercel/assets/dashboards/vercel_overview.json"),
    "@lambda.duration": ("nanosecond", LOGS),
    "@lambda.max_memory_used": ("mebibyte", LOGS),
    "@lambda.memorysize": ("mebibyte", LOGS),
    "@proxy.host": ("", VERCEL),
    "@proxy.statusCode": ("", VERCEL),
    "@proxy.vercelCache": ("", VERCEL),
    "@proxy.path": ("", VERCEL),
    "@type": ("", BROWSER),
    "@view.largest_contentful_paint": ("nanosecond", BROWSER),
    "@view.interaction_to_next_paint": ("nanosecond", BROWSER),
    "@view.cumulative_layout_shift": ("", BROWSER),
    "synthetics.test_runs": ("", TESTS),
    "synthetics.http.response.time": ("millisecond", TESTS),
    "synthetics.ssl.time_to_expiry": ("minute", "read from a live account, in minutes; the metrics' page is silent"),
    "datadog.estimated_usage.synthetics.api_test_runs": ("", TESTS),
    "kind": ("", EVENTS),
    "outcome": ("", EVENTS),
}
SCOPES = {"check_id", "status", "probe_dc", "$env", "$service", "*"}
"""What metrics are narrowed or grouped by."""


@every_page
def test_what_is_asked_for_exists_and_has_a_known_unit(shown: Json) -> None:
    for query in queries(shown):
        asked = set(re.findall(r"@[\w.]+", search_of(query)))
        asked |= {query["compute"]["metric"]} if "metric" in query.get("compute", {}) else set()
        asked |= {by["facet"] for by in query.get("group_by", [])}
        asked |= set(re.findall(r"(?:sum|avg|min|max):([\w.]+)\{", query.get("query", "")))
        assert asked <= set(MEASURES), query
        for scope in re.findall(r"\{([^}]*)\}", query.get("query", "")):
            assert {each.partition(":")[0] for each in scope.split(",")} <= SCOPES, query


@every_page
def test_what_is_measured_is_shown_in_its_unit(shown: Json) -> None:
    for request in requests(shown):
        units = {
            query["name"]: MEASURES[query["compute"]["metric"]][0]
            for query in request["queries"]
            if "metric" in query.get("compute", {})
        }
        for metric in request["queries"]:
            for name in re.findall(r"(?:avg|max):([\w.]+)\{", metric.get("query", "")):
                units[metric["name"]] = MEASURES[name][0]
        for formula in request["formulas"]:
            if formula["formula"] in units:
                unit = formula.get("number_format", {}).get("unit", {}).get("unit_name", "")
                assert unit == units[formula["formula"]], formula


@every_page
def test_a_formula_names_the_queries_of_its_request_and_each_query_is_used(shown: Json) -> None:
    functions = {"default_zero"}
    for request in requests(shown):
        names = [query["name"] for query in request["queries"]]
        used = set(re.findall(r"[a-z_]\w*", " ".join(formula["formula"] for formula in request["formulas"])))
        assert used - functions == set(names), request
        assert len(names) == len(set(names))


@every_page
def test_each_variable_begins_at_this_stack_and_is_used(shown: Json) -> None:
    defaults = {variable["name"]: variable["defaults"] for variable in shown["template_variables"]}
    assert defaults == {
        "env": ["production"],
        "service": ["ai-tools"],
        "host": ["ai-tools.example.com"],
        "version": ["*"],
    }
    asked = json.dumps(shown["widgets"])
    for name in defaults if "Saturation" in asked else set(defaults) - {"host"}:
        assert f"${name}" in asked, name


def test_logs_are_told_apart_by_the_host_that_is_chosen() -> None:
    """Both stacks deploy with `--prod`, so Vercel says `production` in the logs of either."""
    searches = [search_of(query) for query in queries(page()) if query["data_source"] == "logs"]
    assert searches
    for search in searches:
        assert search.startswith("source:vercel @proxy.host:$host.value ")
        assert "env" not in search


@pytest.mark.parametrize("name", ["without a log drain", "with neither"])
def test_without_a_log_drain_nothing_reads_logs_and_a_note_says_why(name: str) -> None:
    shown = PAGES[name]
    assert "logs" not in {query["data_source"] for query in queries(shown)}
    assert [widget["type"] for widget in group(shown, "Golden signals")] == ["note"]
    assert "`logs`" in group(shown, "Golden signals")[0]["content"]


def marked(title: str) -> list[float]:
    return sorted(float(marker["value"].removeprefix("y = ")) for marker in titled(page(), title)["markers"])


@pytest.mark.parametrize("objective", SLO_IDS)
def test_the_lines_across_a_burn_rate_are_where_its_alerts_speak(objective: str) -> None:
    limits = sorted(each.critical or 0 for each in DEFINITIONS.values() if each.objective == objective)
    assert marked(f"{objective.title()}: how many times too fast its budget burns") == limits


def test_the_lines_across_the_errors_are_where_their_monitor_speaks() -> None:
    monitor = DEFINITIONS["error-rate"]
    assert marked("Server errors: their part (left, %) and number (right)") == [monitor.warning, monitor.critical]
    assert monitor.query.startswith('formula("100 * default_zero(errors) / (requests + ')
    assert "100 * default_zero(errors) / requests" in json.dumps(titled(page(), "Server errors, %"))


@pytest.mark.parametrize(
    ("vital", "limit"),
    [("Largest Contentful Paint", 2.5e9), ("Interaction to Next Paint", 2e8), ("Cumulative Layout Shift", 0.1)],
)
def test_a_web_vital_has_googles_limit_in_what_browsers_report(vital: str, limit: float) -> None:
    assert marked(vital) == [limit]
    (query,) = [
        query
        for request in titled(page(), vital)["requests"]
        for query in request["queries"]
        if query["data_source"] == "rum"
    ]
    assert query["compute"]["aggregation"] == "pc75"


def test_the_certificates_minutes_are_shown_as_days() -> None:
    (request,) = titled(page(), "Certificate: days left")["requests"]
    assert MEASURES["synthetics.ssl.time_to_expiry"][0] == "minute"
    assert [formula["formula"] for formula in request["formulas"]] == ["left / 1440"]
