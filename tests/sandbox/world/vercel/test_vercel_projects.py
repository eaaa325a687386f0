from typing import Any

import pytest

from tests.sandbox.world.vercel.conftest import OTHER_TEAM, OTHER_TOKEN, TOKEN, Vercel


def test_a_project_is_found_by_id_and_by_name_with_the_settings_it_was_created_with(vercel: Vercel) -> None:
    created = vercel.done("POST", "/v8/projects", {"name": "ai-tools", "framework": "nextjs", "rootDirectory": "web"})
    for path in (f"/v10/projects/{created['id']}", "/v9/projects/ai-tools", f"/v2/projects/{created['id']}"):
        found = vercel.done("GET", path)
        assert {name: found[name] for name in ("id", "name", "framework", "rootDirectory")} == {
            "id": created["id"],
            "name": "ai-tools",
            "framework": "nextjs",
            "rootDirectory": "web",
        }


def test_an_update_changes_what_it_names_and_null_clears(vercel: Vercel) -> None:
    project = vercel.project()
    vercel.done("PATCH", f"/v9/projects/{project}", {"nodeVersion": "22.x", "buildCommand": "npm run build"})
    vercel.done("PATCH", f"/v9/projects/{project}", {"buildCommand": None, "resourceConfig": {"fluid": False}})
    found = vercel.done("GET", f"/v10/projects/{project}")
    assert (found["nodeVersion"], found["buildCommand"], found["framework"]) == ("22.x", None, "nextjs")
    assert (found["resourceConfig"]["fluid"], found["resourceConfig"]["functionDefaultTimeout"]) == (False, 300)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"nodeVersion": "23.x"}, "`nodeVersion` should be equal to one of the allowed values"),
        ({"framework": "angularjs"}, "`framework` should be equal to one of the allowed values"),
        ({"publicSource": None}, "should NOT have additional property `publicSource`"),
        ({"gitRepository": {"type": "github", "repo": "a/b"}}, "should NOT have additional property `gitRepository`"),
        ({"autoAssignCustomDomains": "no"}, "`autoAssignCustomDomains` should be boolean"),
        ({"skewProtectionMaxAge": True}, "`skewProtectionMaxAge` should be number"),
        ({"ssoProtection": {}}, "`ssoProtection` missing required property `deploymentType`"),
        ({"ssoProtection": {"deploymentType": "some"}}, "`ssoProtection.deploymentType` should be equal to one of"),
        ({"resourceConfig": {"memory": 1}}, "`resourceConfig` should NOT have additional property `memory`"),
        ({"name": "AI-Tools"}, "must be lowercase"),
        ({"name": "a---b"}, "cannot contain the sequence '---'"),
    ],
)
def test_an_update_that_vercel_would_not_take_is_refused_and_changes_nothing(
    vercel: Vercel, change: dict[str, Any], message: str
) -> None:
    project = vercel.project()
    before = vercel.done("GET", f"/v10/projects/{project}")
    status, code, answered = vercel.refused("PATCH", f"/v9/projects/{project}", change)
    assert (status, code) == (400, "bad_request")
    assert message in answered
    assert vercel.done("GET", f"/v10/projects/{project}") == before


def test_a_body_that_is_not_json_is_refused_in_vercels_own_words(vercel: Vercel) -> None:
    headers = {"authorization": f"Bearer {TOKEN}"}
    answer = vercel.http.post("/v8/projects?slug=ai-tools", content=b"{", headers=headers)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_request")


def test_a_password_is_never_shown(vercel: Vercel) -> None:
    project = vercel.project()
    protection = {"deploymentType": "all", "password": "hunter2-hunter2"}
    answer = vercel.done("PATCH", f"/v9/projects/{project}", {"passwordProtection": protection})
    assert answer["passwordProtection"] == {"deploymentType": "all"}
    assert "hunter2" not in str(vercel.done("GET", f"/v10/projects/{project}"))


def test_two_projects_of_a_team_cannot_have_one_name(vercel: Vercel) -> None:
    vercel.project("ai-tools", domain=None)
    assert vercel.refused("POST", "/v8/projects", {"name": "ai-tools"})[:2] == (409, "conflict")
    other = {"token": OTHER_TOKEN, "team": OTHER_TEAM}
    assert vercel.call("POST", "/v8/projects", {"name": "ai-tools"}, **other)[0] == 200


def test_a_deleted_project_is_gone_with_its_domains_and_variables(vercel: Vercel) -> None:
    project = vercel.project()
    variable = {"key": "A", "value": "1", "type": "plain", "target": ["production"]}
    vercel.done("POST", f"/v10/projects/{project}/env", variable)
    vercel.done("DELETE", f"/v8/projects/{project}")
    assert vercel.refused("GET", f"/v10/projects/{project}")[:2] == (404, "not_found")
    again = vercel.project()
    assert vercel.done("GET", f"/v8/projects/{again}/env")["envs"] == []


def test_projects_are_listed_newest_first_and_searched_by_name(vercel: Vercel) -> None:
    for name in ("one", "two"):
        vercel.project(name, domain=None)
    assert [found["name"] for found in vercel.done("GET", "/v9/projects")["projects"]] == ["two", "one"]
    assert [found["name"] for found in vercel.done("GET", "/v9/projects", search="on")["projects"]] == ["one"]


def test_the_production_branch_belongs_to_a_git_link(vercel: Vercel) -> None:
    project = vercel.project()
    branch = f"/v9/projects/{project}/branch"
    assert vercel.refused("PATCH", branch, {"branch": "main"})[:2] == (400, "bad_request")
    link = vercel.done("POST", f"/v9/projects/{project}/link", {"type": "github", "repo": "acme/ai-tools"})["link"]
    assert (link["org"], link["repo"], link["productionBranch"]) == ("acme", "ai-tools", "main")
    assert vercel.done("PATCH", branch, {"branch": "develop"})["link"]["productionBranch"] == "develop"
    assert vercel.done("DELETE", f"/v9/projects/{project}/link")["link"] is None


def test_retention_is_set_in_spans_and_shown_in_days(vercel: Vercel) -> None:
    project = vercel.project()
    path = f"/v9/projects/{project}/deployment-expiration"
    answer = vercel.done("PATCH", path, {"expirationProduction": "unlimited", "expiration": "1m"})
    assert answer["deploymentExpiration"]["expirationProduction"] == "unlimited"
    shown = vercel.done("GET", f"/v2/projects/{project}")["deploymentExpiration"]
    assert (shown["expirationDaysProduction"], shown["expirationDays"], shown["expirationDaysErrored"]) == (
        36500,
        30,
        90,
    )
    assert "one of the allowed values" in vercel.refused("PATCH", path, {"expiration": "2d"})[2]
