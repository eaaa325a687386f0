from typing import Any

import pytest

from tests.sandbox.world.vercel.conftest import OTHER_TEAM, OTHER_TOKEN, Vercel

DOMAIN = "ai-tools.example.com"


def test_a_project_shows_what_production_serves(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project, meta={"version": "one"})
    vercel.promoted(project, deployment)
    target = vercel.done("GET", f"/v9/projects/{project}")["targets"]["production"]
    shown = vercel.done("GET", f"/v13/deployments/{deployment}")
    names = ("id", "url", "createdAt", "readyState", "readySubstate", "meta", "alias")
    assert {name: target[name] for name in names} == {name: shown[name] for name in names}
    assert (target["readySubstate"], target["meta"]) == ("PROMOTED", {"version": "one"})
    assert DOMAIN in target["alias"]


def test_a_project_tells_how_its_last_request_stands(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    vercel.done("POST", f"/v10/projects/{project}/promote/{deployment}")
    stands = [vercel.done("GET", f"/v9/projects/{project}", rollbackInfo="true")["lastAliasRequest"] for _ in range(3)]
    assert [request["jobStatus"] for request in stands] == ["in-progress", "succeeded", "succeeded"]
    assert {request["toDeploymentId"] for request in stands} == {deployment}


def test_a_domain_leads_to_the_deployment_it_serves(vercel: Vercel) -> None:
    project = vercel.project()
    old, new = vercel.deployment(project), vercel.deployment(project)
    assert vercel.refused("GET", f"/v4/aliases/{DOMAIN}")[:2] == (404, "not_found")
    vercel.promoted(project, old)
    vercel.done("POST", f"/v10/projects/{project}/promote/{new}")
    looks = [vercel.done("GET", f"/v4/aliases/{DOMAIN}") for _ in range(3)]
    assert [look["deploymentId"] for look in looks] == [old, new, new]
    assert (looks[-1]["alias"], looks[-1]["projectId"], looks[-1]["deployment"]["id"]) == (DOMAIN, project, new)
    assert vercel.call("GET", f"/v4/aliases/{DOMAIN}", token=OTHER_TOKEN, team=OTHER_TEAM)[0] == 404
    assert vercel.call("GET", "/v4/aliases/nobody.example.com")[0] == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "dcba"),
        ({"limit": 2}, "dc"),
        ({"target": "production"}, "cba"),
        ({"target": "preview"}, "d"),
        ({"state": "READY"}, "dba"),
        ({"state": "QUEUED,BUILDING"}, "c"),
        ({"rollbackCandidate": "true"}, "a"),
        ({"rollbackCandidate": "true", "target": "production", "state": "READY"}, "a"),
        ({"meta-version": "b"}, "b"),
        ({"meta-version": "b", "meta-run": "7"}, ""),
        ({"projectId": "prj_other"}, ""),
    ],
)
def test_deployments_are_found_by_what_they_are(vercel: Vercel, query: dict[str, Any], found: str) -> None:
    project = vercel.project()
    for version in "ab":
        vercel.promoted(project, vercel.deployment(project, meta={"version": version}))
    vercel.deployment(project, ready=False, meta={"version": "c"})
    vercel.deployment(project, target="preview", meta={"version": "d"})
    listed = vercel.done("GET", "/v6/deployments", **{"projectId": project, **query})["deployments"]
    assert "".join(entry["meta"]["version"] for entry in listed) == found
    for entry in listed:
        assert (entry["projectId"], entry["state"]) == (project, entry["readyState"])
        assert entry["isRollbackCandidate"] == (entry["meta"]["version"] == "a")
        assert {"uid", "url", "created", "readySubstate", "target"} <= entry.keys()


def test_deployments_are_paged_by_time(vercel: Vercel) -> None:
    project = vercel.project()
    made = [vercel.deployment(project) for _ in range(3)]
    page = vercel.done("GET", "/v6/deployments", projectId=project, limit=2)
    following = vercel.done("GET", "/v6/deployments", projectId=project, until=page["pagination"]["next"])
    assert [entry["uid"] for entry in (*page["deployments"], *following["deployments"])] == made[::-1]
    since = vercel.done("GET", "/v6/deployments", projectId=project, since=page["deployments"][1]["created"])
    assert [entry["uid"] for entry in since["deployments"]] == [made[2]]
