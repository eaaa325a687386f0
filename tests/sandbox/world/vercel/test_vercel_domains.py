from typing import Any

import pytest

from tests.sandbox.world.vercel.conftest import OTHER_TEAM, OTHER_TOKEN, Vercel


def test_a_new_project_has_a_domain_of_its_own_below_vercel_app(vercel: Vercel) -> None:
    project = vercel.project(domain=None)
    names = [domain["name"] for domain in vercel.done("GET", f"/v9/projects/{project}/domains")["domains"]]
    assert names == ["ai-tools.vercel.app"]


def test_a_domain_is_added_found_and_deleted(vercel: Vercel) -> None:
    project = vercel.project()
    path = f"/v9/projects/{project}/domains/ai-tools.example.com"
    found = vercel.done("GET", path)
    assert (found["name"], found["projectId"], found["verified"]) == ("ai-tools.example.com", project, True)
    vercel.done("DELETE", path)
    assert vercel.refused("GET", path)[:2] == (404, "not_found")


def test_a_domain_belongs_to_one_project(vercel: Vercel) -> None:
    first, second = vercel.project(), vercel.project("other", domain=None)
    taken = {"name": "ai-tools.example.com"}
    assert vercel.refused("POST", f"/v10/projects/{first}/domains", taken)[:2] == (400, "domain_already_in_use")
    status, answer = vercel.call("POST", f"/v10/projects/{second}/domains", taken)
    assert (status, answer["error"]["code"], answer["error"]["projectId"]) == (409, "domain_already_in_use", first)


def test_a_domain_of_another_team_is_taken_without_saying_by_whom(vercel: Vercel) -> None:
    project = vercel.project()
    other: dict[str, Any] = {"token": OTHER_TOKEN, "team": OTHER_TEAM}
    vercel.call("POST", "/v8/projects", {"name": "theirs"}, **other)
    path = "/v10/projects/theirs/domains"
    status, answer = vercel.call("POST", path, {"name": "ai-tools.example.com"}, **other)
    assert (status, answer["error"]["code"]) == (409, "domain_taken")
    assert project not in str(answer)


@pytest.mark.parametrize(
    ("domain", "message"),
    [
        ({"name": "no spaces.example.com"}, "is not valid"),
        ({"name": "localhost"}, "is not valid"),
        ({"name": "x.example.com", "gitBranch": "main"}, "not linked to a Git repository"),
        ({"name": "x.example.com", "redirect": "x.example.com"}, "cannot redirect to itself"),
        ({"name": "x.example.com", "redirect": "https://y.example.com"}, "redirect is not valid"),
        ({"name": "x.example.com", "redirectStatusCode": 303}, "should be equal to one of the allowed values"),
        ({"name": "x.example.com", "branch": "main"}, "should NOT have additional property `branch`"),
    ],
)
def test_a_domain_that_vercel_would_not_take_is_refused(vercel: Vercel, domain: dict[str, Any], message: str) -> None:
    project = vercel.project()
    status, _, answered = vercel.refused("POST", f"/v10/projects/{project}/domains", domain)
    assert status == 400
    assert message in answered


def test_the_production_branch_cannot_be_the_branch_of_a_domain(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.done("POST", f"/v9/projects/{project}/link", {"type": "github", "repo": "acme/ai-tools"})
    path = f"/v10/projects/{project}/domains"
    refused = vercel.refused("POST", path, {"name": "x.example.com", "gitBranch": "main"})
    assert "production branch" in refused[2]
    vercel.done("POST", path, {"name": "x.example.com", "gitBranch": "develop"})


def test_dns_leads_to_vercel_once_a_project_has_the_domain(vercel: Vercel) -> None:
    path = "/v6/domains/ai-tools.example.com/config"
    assert vercel.done("GET", path)["misconfigured"] is True
    vercel.project()
    answer = vercel.done("GET", path)
    assert answer["misconfigured"] is False
    assert answer["recommendedCNAME"][0]["rank"] == 1


def test_a_domain_that_comes_later_serves_what_is_in_production(vercel: Vercel) -> None:
    project = vercel.project()
    deployment = vercel.deployment(project)
    vercel.promoted(project, deployment)
    vercel.done("POST", f"/v10/projects/{project}/domains", {"name": "www.ai-tools.example.com"})
    assert vercel.done("GET", "/v13/deployments/www.ai-tools.example.com")["id"] == deployment
    vercel.done("DELETE", f"/v9/projects/{project}/domains/www.ai-tools.example.com")
    assert vercel.call("GET", "/v13/deployments/www.ai-tools.example.com")[0] == 404


def test_a_domain_that_becomes_a_redirect_serves_nothing_itself(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.done("POST", f"/v10/projects/{project}/domains", {"name": "www.ai-tools.example.com"})
    vercel.promoted(project, vercel.deployment(project))
    change = {"redirect": "ai-tools.example.com", "redirectStatusCode": 308}
    vercel.done("PATCH", f"/v9/projects/{project}/domains/www.ai-tools.example.com", change)
    assert vercel.call("GET", "/v13/deployments/www.ai-tools.example.com")[0] == 404
    assert vercel.call("GET", "/v13/deployments/ai-tools.example.com")[0] == 200
