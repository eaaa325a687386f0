import pytest

from tests.sandbox.world.github.conftest import REPOSITORY, World


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ({}, "Requires authentication"),
        ({"Authorization": "Bearer"}, "Requires authentication"),
        ({"Authorization": "Bearer ghp_unknown"}, "Bad credentials"),
        ({"Authorization": "Basic ghp_operator"}, "Bad credentials"),
    ],
)
def test_without_a_known_token_everything_is_401(world: World, header: dict[str, str], message: str) -> None:
    client = world.client("unused")
    answer = client.build_request("GET", REPOSITORY)
    answer.headers.pop("authorization")
    answer.headers.update(header)
    response = client.send(answer)
    assert (response.status_code, response.json()["message"]) == (401, message)
    assert response.json()["documentation_url"] == "https://docs.github.com/rest"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "token"])
def test_both_schemes_and_both_addresses_are_served(world: World, scheme: str) -> None:
    client = world.user("mona")
    token = client.headers["authorization"].removeprefix("Bearer ")
    for path in ("/user", "/api/v3/user"):
        response = client.get(path, headers={"Authorization": f"{scheme} {token}"})
        assert (response.status_code, response.json()["login"]) == (200, "mona")


def test_the_root_says_which_scopes_the_token_has(world: World) -> None:
    response = world.user("mona", scopes=("repo",)).get("/")
    assert response.headers["x-oauth-scopes"] == "repo"
    assert response.json()["user_url"] == f"{world.url}/api/v3/users/{{user}}"


@pytest.mark.parametrize(
    ("login", "scopes", "status"),
    [
        ("operator", ("repo",), 200),
        ("hubot", ("repo",), 200),
        ("octocat", ("workflow", "read:org"), 404),
        ("stranger", ("repo",), 404),
    ],
)
def test_a_private_repository_is_404_to_who_may_not_see_it(
    world: World, login: str, scopes: tuple[str, ...], status: int
) -> None:
    assert world.user(login, scopes=scopes).get(REPOSITORY).status_code == status


@pytest.mark.parametrize(
    ("login", "permission", "role"),
    [
        ("operator", "admin", "admin"),
        ("octocat", "write", "maintain"),
        ("mona", "write", "write"),
        ("hubot", "read", "read"),
        ("stranger", "none", "none"),
    ],
)
def test_a_collaborators_permission_is_reported_with_their_role(
    world: World, login: str, permission: str, role: str
) -> None:
    world.user("stranger").get("/user")
    answer = world.app("metadata:read").get(f"{REPOSITORY}/collaborators/{login}/permission").json()
    assert (answer["permission"], answer["role_name"], answer["user"]["login"]) == (permission, role, login)


def test_the_permission_of_nobody_is_404(world: World) -> None:
    response = world.app("metadata:read").get(f"{REPOSITORY}/collaborators/nobody/permission")
    assert (response.status_code, response.json()["message"]) == (404, "nobody is not a user")


@pytest.mark.parametrize(
    ("method", "path", "needed"),
    [
        ("PUT", "/environments/staging", "administration:write"),
        ("POST", "/rulesets", "administration:write"),
        ("GET", "/contents/README.md", "contents:read"),
        ("GET", "/actions/runs/1", "actions:read"),
        ("POST", "/issues/1/comments", "issues:write"),
    ],
)
def test_an_app_without_the_permission_is_refused_and_with_it_is_not(
    world: World, method: str, path: str, needed: str
) -> None:
    body: dict[str, str] | None = None if method == "GET" else {}
    refused = world.app("metadata:read").request(method, REPOSITORY + path, json=body)
    assert (refused.status_code, refused.json()["message"]) == (403, "Resource not accessible by integration")
    assert world.app(needed).request(method, REPOSITORY + path, json=body).status_code != 403


@pytest.mark.parametrize(("path", "kind"), [("/environments/staging", "PUT"), ("/rulesets", "POST")])
def test_settings_need_the_admin_role(world: World, path: str, kind: str) -> None:
    response = world.user("octocat").request(kind, REPOSITORY + path, json={})
    assert (response.status_code, response.json()["message"]) == (403, "Must have admin rights to Repository.")


def test_people_organizations_and_teams_are_found_by_name(world: World) -> None:
    client = world.user("mona")
    assert client.get("/users/Octocat").json()["login"] == "octocat"
    assert client.get("/users/octocat/gpg_keys").json() == []
    assert client.get("/users/octocat/keys").json() == []
    assert client.get("/orgs/ACME").json()["login"] == "acme"
    team = client.get("/orgs/acme/teams/release-managers").json()
    assert (team["slug"], team["members_count"], team["organization"]["login"]) == ("release-managers", 1, "acme")
    assert {client.get(path).status_code for path in ("/users/nobody", "/orgs/nobody", "/orgs/acme/teams/none")} == {
        404
    }


def test_an_app_is_not_a_user(world: World) -> None:
    assert world.app("contents:read").get("/user").status_code == 403
