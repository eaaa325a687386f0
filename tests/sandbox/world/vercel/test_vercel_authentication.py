import pytest

from sandbox.world.state import State
from sandbox.world.vercel.seed import seed
from tests.sandbox.world.vercel.conftest import OTHER_TEAM, OTHER_TOKEN, TEAM, Vercel


@pytest.mark.parametrize(
    ("header", "flag"), [({}, "missingToken"), ({"authorization": "Bearer nobody"}, "invalidToken")]
)
def test_a_call_without_a_known_token_is_forbidden(vercel: Vercel, header: dict[str, str], flag: str) -> None:
    answer = vercel.http.get("/v2/user", headers=header)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden"
    assert answer.json()["error"][flag] is True


def test_a_token_opens_only_its_own_teams(vercel: Vercel) -> None:
    project = vercel.project()
    status, code, message = vercel.refused("GET", f"/v9/projects/{project}", token=OTHER_TOKEN)
    assert (status, code) == (403, "forbidden")
    assert f'scope "{TEAM}"' in message


def test_a_call_that_names_no_team_is_about_the_users_own_team_and_finds_nothing_of_another(vercel: Vercel) -> None:
    project = vercel.project()
    assert vercel.call("GET", f"/v9/projects/{project}", team=None)[0] == 404
    assert vercel.call("GET", f"/v9/projects/{project}", team=None, slug="ai-tools")[0] == 200


def test_a_project_is_not_found_in_a_team_that_the_token_also_opens(vercel: Vercel) -> None:
    tokens = vercel.state.collection("vercel.tokens")
    tokens["both"] = {"user": "operator", "teams": [TEAM, OTHER_TEAM]}
    project = vercel.project()
    assert vercel.call("GET", f"/v9/projects/{project}", token="both", team=OTHER_TEAM)[0] == 404
    assert vercel.call("GET", f"/v9/projects/{project}", token="both", team=TEAM)[0] == 200


def test_the_user_sees_the_teams_that_the_token_opens(vercel: Vercel) -> None:
    user = vercel.done("GET", "/v2/user")["user"]
    teams = [team["slug"] for team in vercel.done("GET", "/v2/teams")["teams"]]
    assert (user["username"], teams) == ("operator", ["operators-projects", "ai-tools"])
    assert vercel.done("GET", "/v2/teams/ai-tools")["id"] == TEAM
    assert vercel.call("GET", "/teams/somebody")[0] == 404


def test_a_request_that_vercel_has_but_the_sandbox_has_not_says_so(vercel: Vercel) -> None:
    status, answer = vercel.call("GET", "/v1/edge-config")
    assert status == 501
    assert "GET /v1/edge-config" in answer["error"]["message"]


def test_seeding_again_changes_the_plan_and_nothing_else() -> None:
    state = State()
    seed(state, TEAM, "ai-tools", "hobby")
    before = state.collection("vercel.teams")[TEAM]
    seed(state, TEAM, "ai-tools", "enterprise")
    assert state.collection("vercel.teams")[TEAM] == {**before, "plan": "enterprise"}


def test_an_unknown_plan_is_refused_when_seeding() -> None:
    with pytest.raises(ValueError, match="'free'"):
        seed(State(), TEAM, "ai-tools", "free")
