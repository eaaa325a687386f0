from pathlib import Path

import httpx2
import pytest

from sandbox.world import faults
from sandbox.world.server import running
from sandbox.world.state import State
from sandbox.world.vercel.outcomes import fail_next
from sandbox.world.vercel.seed import seed
from tests.sandbox.world.vercel.conftest import OTHER_TEAM, OTHER_TOKEN, TEAM, TOKEN, Vercel

DOMAIN = "ai-tools.example.com"


def test_a_promotion_is_accepted_first_and_done_some_polls_later(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    assert vercel.call("POST", f"/v10/projects/{project}/promote/{deployment}")[0] == 201
    assert vercel.call("GET", f"/v13/deployments/{DOMAIN}")[0] == 404
    path = f"/v1/projects/{project}/promote/aliases"
    polls = [{alias["status"] for alias in vercel.done("GET", path)["aliases"]} for _ in range(2)]
    assert polls == [{"in-progress"}, {"completed"}]
    assert vercel.done("GET", f"/v13/deployments/{DOMAIN}")["id"] == deployment
    assert vercel.done("GET", f"/v13/deployments/{deployment}")["readySubstate"] == "PROMOTED"


def test_the_last_request_is_told_only_to_those_who_ask_for_it(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    vercel.promoted(project, deployment)
    assert "lastAliasRequest" not in vercel.done("GET", f"/v9/projects/{project}")
    asked = vercel.done("GET", f"/v9/projects/{project}", rollbackInfo="true")["lastAliasRequest"]
    assert (asked["type"], asked["toDeploymentId"], asked["fromDeploymentId"]) == ("promote", deployment, None)


def test_a_promotion_takes_the_domains_from_what_served_before(vercel: Vercel) -> None:
    project = vercel.project()
    old, new = vercel.deployment(project), vercel.deployment(project)
    vercel.promoted(project, old)
    vercel.promoted(project, new)
    assert vercel.serving(project) == new
    assert vercel.done("GET", f"/v13/deployments/{old}")["alias"] == []
    assert DOMAIN in vercel.done("GET", f"/v13/deployments/{new}")["alias"]
    assert vercel.done("GET", f"/v13/deployments/{old}")["readySubstate"] == "PROMOTED"


@pytest.mark.parametrize("kind", ["promote", "rollback"])
def test_nothing_else_starts_while_a_request_runs(vercel: Vercel, kind: str) -> None:
    project = vercel.project()
    old, new = vercel.deployment(project), vercel.deployment(project)
    vercel.promoted(project, old)
    vercel.promoted(project, new)
    vercel.done("POST", f"/v1/projects/{project}/rollback/{old}")
    version = "v10" if kind == "promote" else "v9"
    status, code, message = vercel.refused("POST", f"/{version}/projects/{project}/{kind}/{old}")
    assert (status, code) == (409, "conflict")
    assert "in progress" in message
    assert vercel.settled(project) == "succeeded"
    assert vercel.serving(project) == old


def test_what_serves_already_cannot_be_promoted_again(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    vercel.promoted(project, deployment)
    status, _, message = vercel.refused("POST", f"/v10/projects/{project}/promote/{deployment}")
    assert status == 409
    assert "already the current production deployment" in message


def test_a_deployment_that_is_not_ready_cannot_be_promoted(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project, ready=False)
    refused = vercel.refused("POST", f"/v10/projects/{project}/promote/{deployment}")
    assert refused[:2] == (400, "deployment_not_ready")
    assert vercel.serving(project) is None


def test_a_preview_cannot_be_promoted(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project, target="preview")
    assert vercel.refused("POST", f"/v10/projects/{project}/promote/{deployment}")[0] == 400


def test_a_deployment_of_another_project_is_not_found(vercel: Vercel) -> None:
    project, other = vercel.project(), vercel.project("other", domain=None)
    deployment = vercel.deployment(other)
    assert vercel.refused("POST", f"/v10/projects/{project}/promote/{deployment}")[0] == 404
    assert vercel.refused("POST", f"/v9/projects/{project}/rollback/dpl_nothing")[0] == 404


def test_a_token_of_another_team_can_neither_promote_nor_roll_back(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    for path in (f"/v10/projects/{project}/promote/{deployment}", f"/v9/projects/{project}/rollback/{deployment}"):
        assert vercel.call("POST", path, token=OTHER_TOKEN)[0] == 403
        assert vercel.call("POST", path, token=OTHER_TOKEN, team=OTHER_TEAM)[0] == 404
    assert vercel.serving(project) is None


def test_a_rollback_serves_the_old_deployment_and_says_why(vercel: Vercel) -> None:
    project = vercel.project()
    old, new = vercel.deployment(project), vercel.deployment(project)
    vercel.promoted(project, old)
    vercel.promoted(project, new)
    vercel.done("POST", f"/v1/projects/{project}/rollback/{old}", description="errors after release")
    assert vercel.settled(project) == "succeeded"
    found = vercel.done("GET", f"/v9/projects/{project}", rollbackInfo="true")
    assert found["targets"]["production"]["id"] == old
    assert found["lastAliasRequest"]["type"] == "rollback"
    assert found["rollbackDescription"]["description"] == "errors after release"
    path = f"/v1/projects/{project}/rollback/{old}/update-description"
    vercel.done("PATCH", path, {"description": "database was slow"})
    described = vercel.done("GET", f"/v9/projects/{project}")["rollbackDescription"]["description"]
    assert described == "database was slow"


def test_only_the_rollback_in_force_can_be_described(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    vercel.promoted(project, deployment)
    path = f"/v1/projects/{project}/rollback/{deployment}/update-description"
    assert vercel.refused("PATCH", path, {"description": "x"})[0] == 409


def test_after_a_rollback_nothing_goes_live_by_itself_until_something_is_promoted(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.done("PATCH", f"/v9/projects/{project}", {"autoAssignCustomDomains": True})
    first = vercel.deployment(project, autoAssignCustomDomains=True)
    second = vercel.deployment(project, autoAssignCustomDomains=True)
    vercel.rolled_back(project, first)
    third = vercel.deployment(project, autoAssignCustomDomains=True)
    assert vercel.serving(project) == first
    vercel.promoted(project, third)
    fourth = vercel.deployment(project, autoAssignCustomDomains=True)
    assert vercel.serving(project) == fourth
    assert vercel.done("GET", f"/v9/projects/{project}")["lastRollbackTarget"] is None
    assert second not in (first, fourth)


def test_what_never_served_is_no_target_of_a_rollback(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.promoted(project, vercel.deployment(project))
    staged = vercel.deployment(project)
    assert vercel.refused("POST", f"/v9/projects/{project}/rollback/{staged}")[0] == 422


def test_hobby_rolls_back_to_the_deployment_before_and_no_further(vercel: Vercel) -> None:
    project = vercel.project()
    first, second, third = (vercel.deployment(project) for _ in range(3))
    for deployment in (first, second, third):
        vercel.promoted(project, deployment)
    seed(vercel.state, TEAM, "ai-tools", "hobby")
    status, _, message = vercel.refused("POST", f"/v9/projects/{project}/rollback/{first}")
    assert status == 402
    assert "upgrade to pro" in message
    vercel.rolled_back(project, second)
    assert vercel.serving(project) == second


def test_pro_rolls_back_to_any_deployment_that_served(vercel: Vercel) -> None:
    project = vercel.project()
    first, second, third = (vercel.deployment(project) for _ in range(3))
    for deployment in (first, second, third):
        vercel.promoted(project, deployment)
    vercel.rolled_back(project, first)
    assert vercel.serving(project) == first


def test_a_request_that_fails_moves_no_domain_and_can_be_made_again(vercel: Vercel) -> None:
    project = vercel.project()
    old, new = vercel.deployment(project), vercel.deployment(project)
    vercel.promoted(project, old)
    fail_next(vercel.state, "alias", project_id=project)
    vercel.done("POST", f"/v10/projects/{project}/promote/{new}")
    assert vercel.settled(project) == "failed"
    failed = vercel.done("GET", f"/v9/projects/{project}/promote/aliases", failedOnly="true", limit=20)["aliases"]
    assert {alias["alias"] for alias in failed} == {DOMAIN, "ai-tools.vercel.app"}
    assert vercel.serving(project) == old
    vercel.promoted(project, new)
    assert vercel.serving(project) == new


def test_a_promotion_whose_answer_is_lost_was_made_once(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    path = f"/v10/projects/{project}/promote/{deployment}"
    faults.add(vercel.state, faults.Fault(service="vercel", method="POST", path="/promote/", status=502, applied=True))
    assert (
        vercel.http.post(path, params={"teamId": TEAM}, headers={"authorization": f"Bearer {TOKEN}"}).status_code == 502
    )
    assert vercel.call("POST", path)[0] == 409
    assert vercel.settled(project) == "succeeded"
    assert vercel.serving(project) == deployment


def test_a_world_that_was_closed_goes_on_where_it_was(tmp_path: Path) -> None:
    file = tmp_path / "world.sqlite"
    with running(file) as (state, urls), httpx2.Client(base_url=urls["vercel"]) as http:
        seed(state, TEAM, "ai-tools", "pro")
        state.collection("vercel.tokens")[TOKEN] = {"user": "operator", "teams": [TEAM]}
        vercel = Vercel(state, http)
        project = vercel.project()
        old, new = vercel.deployment(project), vercel.deployment(project)
        vercel.promoted(project, old)
        vercel.done("POST", f"/v10/projects/{project}/promote/{new}")
        shown = vercel.done("GET", f"/v13/deployments/{new}")
    with running(file) as (state, urls), httpx2.Client(base_url=urls["vercel"]) as http:
        vercel = Vercel(state, http)
        assert vercel.done("GET", f"/v13/deployments/{new}") == shown
        assert vercel.settled(project) == "succeeded"
        assert vercel.serving(project) == new
    reopened = State(file)
    assert reopened.collection("vercel.projects")[project]["production"] == new
    reopened.close()
