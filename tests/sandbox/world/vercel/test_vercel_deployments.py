import json
from typing import Any

import pytest

from sandbox.world.vercel.files import read_file
from sandbox.world.vercel.outcomes import fail_next
from tests.sandbox.world.vercel.conftest import OTHER_TEAM, OTHER_TOKEN, OUTPUT, TEAM, Vercel, request_of


def test_a_file_is_kept_only_under_its_own_digest(vercel: Vercel) -> None:
    assert vercel.upload(b"content", digest="0" * 40) == 400
    assert vercel.upload(b"content") == 200
    assert read_file(vercel.state, TEAM, "040f06fd774092478d450774f5ba30c5da78acc8") == b"content"


def test_a_deployment_lists_the_files_that_were_not_uploaded_and_is_not_made(vercel: Vercel) -> None:
    project = vercel.project()
    wanted = request_of(project)
    vercel.upload(OUTPUT[".vercel/output/config.json"])
    status, answer = vercel.call("POST", "/v13/deployments", wanted, prebuilt=1)
    missing = [file["sha"] for file in wanted["files"] if file["file"].endswith("index.html")]
    assert (status, answer["error"]["code"], answer["error"]["missing"]) == (400, "missing_files", missing)
    assert vercel.done("GET", "/v6/deployments")["deployments"] == []


def test_another_teams_upload_does_not_count(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.deployment(project)
    status, answer = vercel.call(
        "POST", "/v13/deployments", request_of("x"), prebuilt=1, token=OTHER_TOKEN, team=OTHER_TEAM
    )
    assert (status, answer["error"]["code"]) == (400, "missing_files")


def test_a_deployment_is_queued_then_built_then_ready(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project, ready=False)
    states = [vercel.done("GET", f"/v13/deployments/{deployment}")["readyState"] for _ in range(3)]
    assert states == ["BUILDING", "READY", "READY"]


def test_a_production_deployment_without_a_domain_is_staged_and_serves_nobody(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    found = vercel.done("GET", f"/v13/deployments/{deployment}")
    assert (found["readySubstate"], found["target"], found["alias"]) == ("STAGED", "production", [])
    assert vercel.serving(project) is None


def test_a_deployment_carries_its_metadata_and_says_whose_it_is(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project, meta={"githubCommitSha": "abc", "schema": "7"})
    found = vercel.done("GET", f"/v13/deployments/{deployment}")
    assert found["meta"] == {"githubCommitSha": "abc", "schema": "7"}
    assert (found["projectId"], found["ownerId"], found["team"]["slug"]) == (project, TEAM, "ai-tools")
    assert found["url"].startswith("ai-tools-")
    assert vercel.done("GET", f"/v13/deployments/{found['url']}")["id"] == deployment


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"meta": {"schema": 7}}, "`meta.schema` should be string"),
        ({"target": "prod"}, "`target` should be equal to one of the allowed values"),
        ({"skipDomain": True}, "should NOT have additional property `skipDomain`"),
        ({"files": [{"sha": "0" * 40}]}, "missing required property `file`"),
    ],
)
def test_a_deployment_that_vercel_would_not_take_is_refused(vercel: Vercel, more: dict[str, Any], message: str) -> None:
    project = vercel.project()
    status, _, answered = vercel.refused("POST", "/v13/deployments", request_of(project, **more), prebuilt=1)
    assert status == 400
    assert message in answered


def test_the_sandbox_builds_nothing_and_says_so(vercel: Vercel) -> None:
    status, answer = vercel.call("POST", "/v13/deployments", request_of(vercel.project()))
    assert status == 501
    assert "--prebuilt" in answer["message"]


def test_a_prebuilt_deployment_without_build_output_fails(vercel: Vercel) -> None:
    project = vercel.project()
    files = [{"file": "index.html", "data": "<h1>one</h1>"}]
    deployment = vercel.deployment(project, ready=False, files=files)
    vercel.done("GET", f"/v13/deployments/{deployment}")
    found = vercel.done("GET", f"/v13/deployments/{deployment}")
    assert (found["readyState"], found["errorCode"]) == ("ERROR", "BUILD_FAILED")
    assert ".vercel/output/config.json" in found["errorMessage"]


def test_a_build_fails_when_the_world_is_told_so_and_the_next_one_does_not(vercel: Vercel) -> None:
    project = vercel.project()
    fail_next(vercel.state, "build", project_id=project, message="out of memory")
    failed = vercel.deployment(project, ready=False)
    vercel.done("GET", f"/v13/deployments/{failed}")
    found = vercel.done("GET", f"/v13/deployments/{failed}")
    assert (found["readyState"], found["errorMessage"]) == ("ERROR", "out of memory")
    assert vercel.deployment(project) != failed


def test_events_are_told_as_json_and_as_lines(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    path = f"/v3/now/deployments/{deployment}/events"
    events = vercel.done("GET", path)
    headers = {"authorization": "Bearer 0123456789abcdef01234567"}
    lines = vercel.http.get(path, params={"teamId": TEAM, "format": "lines"}, headers=headers).text.splitlines()
    assert [json.loads(line)["text"] for line in lines] == [event["text"] for event in events]
    assert events[-1]["text"] == "Deployment completed."


def test_without_skip_domain_a_ready_deployment_goes_live_by_itself(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.done("PATCH", f"/v9/projects/{project}", {"autoAssignCustomDomains": True})
    deployment = vercel.deployment(project, autoAssignCustomDomains=True)
    assert vercel.serving(project) == deployment
    found = vercel.done("GET", f"/v13/deployments/{deployment}")
    assert (found["readySubstate"], "ai-tools.example.com" in found["alias"]) == ("PROMOTED", True)


def test_a_preview_never_goes_live_by_itself(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.done("PATCH", f"/v9/projects/{project}", {"autoAssignCustomDomains": True})
    deployment = vercel.deployment(project, autoAssignCustomDomains=True, target="preview")
    assert vercel.serving(project) is None
    assert vercel.done("GET", f"/v13/deployments/{deployment}")["target"] is None


def test_deployments_are_listed_newest_first_in_pages(vercel: Vercel) -> None:
    project = vercel.project()
    made = [vercel.deployment(project) for _ in range(5)]
    seen: list[str] = []
    until = None
    pages = 0
    while True:
        query = {"limit": 2} if until is None else {"limit": 2, "until": until}
        answer = vercel.done("GET", "/v6/deployments", projectId=project, **query)
        seen += [deployment["uid"] for deployment in answer["deployments"]]
        until = answer["pagination"]["next"]
        pages += 1
        if until is None:
            break
    assert (seen, pages) == (made[::-1], 3)


def test_deployments_are_filtered(vercel: Vercel) -> None:
    project, other = vercel.project(), vercel.project("other", domain=None)
    old = vercel.deployment(project, meta={"release": "1"})
    new = vercel.deployment(project, meta={"release": "2"})
    preview = vercel.deployment(project, target="preview")
    elsewhere = vercel.deployment(other, name="other")
    queued = vercel.deployment(project, ready=False)
    vercel.promoted(project, old)
    vercel.promoted(project, new)

    def listed(**query: Any) -> set[str]:
        return {found["uid"] for found in vercel.done("GET", "/v6/deployments", **query)["deployments"]}

    assert listed(projectId=project) == {old, new, preview, queued}
    assert listed(app="other") == {elsewhere}
    assert listed(projectId=project, target="preview") == {preview}
    assert listed(projectId=project, target="production", state="READY", rollbackCandidate="true") == {old}
    assert listed(**{"meta-release": "2"}) == {new}
    assert vercel.refused("GET", "/v6/deployments", limit="many")[:2] == (400, "bad_request")
    assert vercel.refused("GET", "/v6/deployments", limit=500)[:2] == (400, "bad_request")
