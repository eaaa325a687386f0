from typing import Any

import pytest

from sandbox.world.vercel.seed import seed
from tests.sandbox.world.vercel.conftest import OTHER_TEAM, OTHER_TOKEN, TEAM, Vercel

ENDPOINT = "https://http-intake.logs.datadoghq.com/api/v2/logs?ddsource=vercel"
DELIVERY = {"type": "http", "endpoint": ENDPOINT, "encoding": "json", "headers": {"DD-API-KEY": "a key"}}
FILTER = {"type": "basic", "log": {"sources": ["lambda"]}, "deployment": {"environments": ["production"]}}


def wanted(**more: Any) -> dict[str, Any]:
    """A drain that Vercel takes; what is None is left out."""
    drain = {
        "name": "datadog",
        "projects": "all",
        "filter": {"version": "v2", "filter": FILTER},
        "schemas": {"log": {"version": "v1"}},
        "delivery": DELIVERY,
        "source": {"kind": "self-served"},
        **more,
    }
    return {name: value for name, value in drain.items() if value is not None}


def test_a_drain_is_created_shown_and_deleted(vercel: Vercel) -> None:
    project = vercel.project()
    body = wanted(projects="some", projectIds=[project], sampling=[{"type": "head_sampling", "rate": 0.5}])
    created = vercel.done("POST", "/v1/drains", body)
    assert (created["ownerId"], created["projectIds"], created["status"]) == (TEAM, [project], "enabled")
    assert created["filterV2"] == body["filter"]
    assert created["schemas"] == {"log": {}}
    path = f"/v1/drains/{created['id']}"
    assert vercel.done("GET", path) == created
    assert vercel.call("DELETE", path) == (204, None)
    assert vercel.refused("GET", path)[:2] == (404, "not_found")
    assert vercel.refused("DELETE", path)[:2] == (404, "not_found")


def test_a_drain_is_shown_with_its_headers_and_a_secret_that_vercel_makes_where_none_is_given(vercel: Vercel) -> None:
    made = vercel.done("POST", "/v1/drains", wanted())["delivery"]
    assert made["headers"] == {"DD-API-KEY": "a key"}
    assert len(made["secret"]) == 32
    given = vercel.done("POST", "/v1/drains", wanted(delivery={**DELIVERY, "secret": "s" * 32}))["delivery"]
    assert given["secret"] == "s" * 32


def test_drains_are_listed_by_the_projects_that_they_take(vercel: Vercel) -> None:
    one, other = vercel.project(), vercel.project("other", domain=None)
    of_one = vercel.done("POST", "/v1/drains", wanted(projects="some", projectIds=[one]))
    of_all = vercel.done("POST", "/v1/drains", wanted())
    assert vercel.done("GET", "/v1/drains")["drains"] == [of_one, of_all]
    assert vercel.done("GET", "/v1/drains", projectId=other)["drains"] == [of_all]


def test_another_teams_drain_does_not_exist(vercel: Vercel) -> None:
    created = vercel.done("POST", "/v1/drains", wanted())
    for method in ("GET", "DELETE"):
        status, _ = vercel.call(method, f"/v1/drains/{created['id']}", token=OTHER_TOKEN, team=OTHER_TEAM)
        assert status == 404
    assert vercel.call("GET", "/v1/drains", token=OTHER_TOKEN, team=OTHER_TEAM) == (200, {"drains": []})


def test_a_team_without_a_paid_plan_has_no_drains(vercel: Vercel) -> None:
    seed(vercel.state, TEAM, "ai-tools", "hobby")
    assert vercel.refused("POST", "/v1/drains", wanted())[0] == 402
    assert vercel.done("GET", "/v1/drains")["drains"] == []


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"name": None}, 400),
        ({"projects": "few"}, 400),
        ({"projects": "some"}, 400),
        ({"projects": "some", "projectIds": ["prj_none"]}, 404),
        ({"schemas": {"metric": {"version": "v1"}}}, 400),
        ({"filter": {"version": "v2", "filter": {**FILTER, "log": {"sources": ["function"]}}}}, 400),
        ({"filter": {"version": "v2", "filter": {**FILTER, "deployment": {"environments": ["development"]}}}}, 400),
        ({"filter": {"version": "v1", "filter": FILTER}}, 400),
        ({"delivery": None}, 400),
        ({"delivery": {**DELIVERY, "headers": {"X": 1}}}, 400),
        ({"delivery": {**DELIVERY, "encoding": "syslog"}}, 400),
        ({"delivery": {**DELIVERY, "endpoint": "logs.example.com"}}, 400),
        ({"delivery": {**DELIVERY, "secret": "short"}}, 400),
        ({"sampling": [{"type": "head_sampling", "rate": 2}]}, 400),
        ({"source": {"kind": "integration"}}, 400),
        ({"deliveryFormat": "json"}, 400),
    ],
)
def test_a_drain_that_vercel_would_not_take_is_refused(vercel: Vercel, wrong: dict[str, Any], status: int) -> None:
    assert vercel.refused("POST", "/v1/drains", wanted(**wrong))[0] == status
    assert vercel.done("GET", "/v1/drains")["drains"] == []
