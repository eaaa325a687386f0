from typing import Any

import httpx2
import pytest

from tests.sandbox.world.github.conftest import REPOSITORY, Put, World

RULESETS = f"{REPOSITORY}/rulesets"
PULL_REQUEST = {
    "type": "pull_request",
    "parameters": {
        "dismiss_stale_reviews_on_push": True,
        "require_code_owner_review": False,
        "require_last_push_approval": True,
        "required_approving_review_count": 1,
        "required_review_thread_resolution": True,
    },
}


def checks(*contexts: str, **more: Any) -> dict[str, Any]:
    required = [{"context": context} for context in contexts]
    parameters = {"required_status_checks": required, "strict_required_status_checks_policy": True, **more}
    return {"type": "required_status_checks", "parameters": parameters}


def ruleset(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    conditions = {"ref_name": {"include": ["refs/heads/main"], "exclude": []}}
    body = {"name": "main", "target": "branch", "enforcement": "active", "conditions": conditions}
    return {**body, "rules": list(rules or (PULL_REQUEST,)), **more}


def test_a_ruleset_is_made_shown_changed_and_removed(operator: httpx2.Client) -> None:
    made = operator.post(RULESETS, json=ruleset(PULL_REQUEST, {"type": "deletion"}, checks("test")))
    assert made.status_code == 201
    shown = operator.get(f"{RULESETS}/{made.json()['id']}")
    assert shown.json() == made.json()
    assert shown.headers["etag"] == made.headers["etag"]
    assert [rule["type"] for rule in shown.json()["rules"]] == ["pull_request", "deletion", "required_status_checks"]
    assert shown.json()["conditions"] == {"ref_name": {"include": ["refs/heads/main"], "exclude": []}}
    (listed,) = operator.get(RULESETS).json()
    assert listed["name"] == "main"
    assert not {"rules", "conditions", "bypass_actors"} & set(listed)
    changed = operator.put(f"{RULESETS}/{made.json()['id']}", json={"enforcement": "disabled"}).json()
    assert (changed["enforcement"], changed["rules"]) == ("disabled", shown.json()["rules"])
    assert operator.delete(f"{RULESETS}/{made.json()['id']}").status_code == 204
    assert operator.get(f"{RULESETS}/{made.json()['id']}").status_code == 404


def test_a_number_is_never_given_twice(operator: httpx2.Client) -> None:
    first = operator.post(RULESETS, json=ruleset()).json()["id"]
    operator.delete(f"{RULESETS}/{first}")
    assert operator.post(RULESETS, json=ruleset()).json()["id"] > first


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (ruleset(enforcement="on"), "Enforcement is not included in the list: disabled, active, evaluate"),
        (ruleset(target="commit"), "Target is not included in the list: branch, tag, push"),
        (ruleset(target="push"), "Target push has rules of its own, which the sandbox does not enforce"),
        (ruleset(name=" "), "Name can't be blank"),
        (ruleset({"type": "magic"}), "Invalid rule 'magic': "),
        (ruleset({"type": "pull_request"}), "Invalid rule 'pull_request': missing parameters"),
        (
            ruleset(checks("")),
            "Invalid rule 'required_status_checks': every required status check must have a context",
        ),
        (
            ruleset({"type": "update", "parameters": {}}),
            "Invalid rule 'update': update_allows_fetch_and_merge must be present and of type bool",
        ),
        (ruleset(bypass_actors=[{"actor_type": "RepositoryRole", "actor_id": 3}]), "Actor repository role must exist"),
        (
            ruleset(bypass_actors=[{"actor_type": "Integration", "actor_id": 999}]),
            "Actor integration must be part of the ruleset source or owner organization",
        ),
        (
            ruleset(conditions={"ref_name": {"include": ["main"], "exclude": []}}),
            "Conditions invalid ref_name include pattern 'main': a full ref, ~ALL or ~DEFAULT_BRANCH",
        ),
    ],
)
def test_a_ruleset_that_makes_no_sense_is_422_with_the_reason(
    operator: httpx2.Client, body: dict[str, Any], problem: str
) -> None:
    response = operator.post(RULESETS, json=body)
    assert (response.status_code, [found["message"] for found in response.json()["errors"]]) == (422, [problem])
    assert operator.get(RULESETS).json() == []


def test_names_are_unique(operator: httpx2.Client) -> None:
    assert operator.post(RULESETS, json=ruleset()).status_code == 201
    (problem,) = operator.post(RULESETS, json=ruleset()).json()["errors"]
    assert problem["message"] == "Name must be unique"


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (PULL_REQUEST, "Changes must be made through a pull request."),
        (checks("test"), 'Required status check "test" is expected.'),
        (checks("test", "lint"), "2 of 2 required status checks are expected."),
        ({"type": "update"}, "Cannot update this protected ref."),
        ({"type": "required_signatures"}, "Commits must have verified signatures."),
    ],
)
def test_a_rule_stops_direct_commits_to_the_branch_and_to_no_other(
    operator: httpx2.Client, put: Put, rule: dict[str, Any], reason: str
) -> None:
    operator.post(RULESETS, json=ruleset(rule))
    before = operator.get(f"{REPOSITORY}/branches/main").json()
    assert before["protected"] is True
    refused = put("a.txt", "a", branch="main")
    assert refused.status_code == 409
    assert refused.json()["message"] == f"Repository rule violations found\n\n{reason}\n\n"
    readme = operator.get(f"{REPOSITORY}/contents/README.md").json()["sha"]
    deletion = {"message": "Remove", "sha": readme, "branch": "main"}
    assert operator.request("DELETE", f"{REPOSITORY}/contents/README.md", json=deletion).status_code == 409
    assert operator.get(f"{REPOSITORY}/branches/main").json()["commit"]["sha"] == before["commit"]["sha"]
    assert put("a.txt", "a", branch="develop").status_code == 201


@pytest.mark.parametrize("more", [{"enforcement": "disabled"}, {"enforcement": "evaluate"}, {"target": "tag"}])
def test_a_ruleset_that_is_not_active_on_branches_stops_nothing(
    operator: httpx2.Client, put: Put, more: dict[str, Any]
) -> None:
    operator.post(RULESETS, json=ruleset(**more))
    assert put("a.txt", "a", branch="main").status_code == 201


@pytest.mark.parametrize(
    ("include", "exclude", "status"),
    [
        (["~DEFAULT_BRANCH"], [], 409),
        (["~ALL"], [], 409),
        (["~ALL"], ["refs/heads/main"], 201),
        (["refs/heads/ma*"], [], 409),
        (["refs/*"], [], 201),
        (["refs/**/main"], [], 409),
        ([], [], 201),
    ],
)
def test_conditions_decide_which_branches_are_covered(
    operator: httpx2.Client, put: Put, include: list[str], exclude: list[str], status: int
) -> None:
    operator.post(RULESETS, json=ruleset(conditions={"ref_name": {"include": include, "exclude": exclude}}))
    assert put("a.txt", "a", branch="main").status_code == status


@pytest.mark.parametrize(
    ("actor", "let_through"),
    [
        ({"actor_type": "RepositoryRole", "actor_id": 5}, {"operator"}),
        ({"actor_type": "RepositoryRole", "actor_id": 2}, {"octocat"}),
        ({"actor_type": "RepositoryRole", "actor_id": 4, "bypass_mode": "exempt"}, {"mona"}),
        ({"actor_type": "OrganizationAdmin"}, {"operator"}),
        ({"actor_type": "OrganizationAdmin", "bypass_mode": "pull_request"}, set()),
        ({"actor_type": "Integration", "actor_id": 77}, {"deliverer[bot]"}),
        ({"actor_type": "Team", "slug": "release-managers"}, {"octocat"}),
        ({"actor_type": "User", "login": "mona"}, {"mona"}),
        ({"actor_type": "DeployKey"}, set()),
    ],
)
def test_only_who_may_bypass_commits_directly(
    world: World, operator: httpx2.Client, actor: dict[str, Any], let_through: set[str]
) -> None:
    clients = {login: world.user(login) for login in ("operator", "octocat", "mona")}
    clients["deliverer[bot]"] = world.app("contents:write", app_id=77)
    clients["other[bot]"] = world.app("contents:write", login="other[bot]", app_id=78)
    if "slug" in actor:
        actor = {"actor_type": "Team", "actor_id": operator.get(f"/orgs/acme/teams/{actor['slug']}").json()["id"]}
    if "login" in actor:
        actor = {"actor_type": "User", "actor_id": operator.get(f"/users/{actor['login']}").json()["id"]}
    made = operator.post(RULESETS, json=ruleset(bypass_actors=[actor]))
    assert made.status_code == 201, made.text
    body = {"message": "Write", "content": "YQ==", "branch": "main"}
    passed = {
        login
        for number, (login, client) in enumerate(clients.items())
        if client.put(f"{REPOSITORY}/contents/{number}.txt", json=body).status_code == 201
    }
    assert passed == let_through


def test_who_may_bypass_is_told_so_and_bypass_actors_are_for_admins_only(world: World, operator: httpx2.Client) -> None:
    number = operator.post(RULESETS, json=ruleset(bypass_actors=[{"actor_type": "OrganizationAdmin"}])).json()["id"]
    mine = operator.get(f"{RULESETS}/{number}").json()
    theirs = world.user("mona").get(f"{RULESETS}/{number}").json()
    assert (mine["current_user_can_bypass"], theirs["current_user_can_bypass"]) == ("always", "never")
    assert mine["bypass_actors"] == [{"actor_id": 1, "actor_type": "OrganizationAdmin", "bypass_mode": "always"}]
    assert "bypass_actors" not in theirs


@pytest.mark.parametrize(("kind", "method"), [("creation", "POST"), ("deletion", "DELETE")])
def test_creating_and_deleting_branches_can_be_forbidden(operator: httpx2.Client, kind: str, method: str) -> None:
    sha = operator.get(f"{REPOSITORY}/branches/main").json()["commit"]["sha"]
    refs = f"{REPOSITORY}/git/refs"
    body = {"ref": "refs/heads/feature", "sha": sha}
    if method == "DELETE":
        operator.post(refs, json=body)
    conditions: dict[str, Any] = {"ref_name": {"include": ["refs/heads/feature"], "exclude": []}}
    operator.post(RULESETS, json=ruleset({"type": kind}, conditions=conditions))
    response = operator.post(refs, json=body) if method == "POST" else operator.delete(f"{refs}/heads/feature")
    assert (response.status_code, "rule violations" in response.json()["message"]) == (422, True)


def test_a_free_plan_has_no_rulesets_for_private_repositories(world: World, operator: httpx2.Client) -> None:
    organizations = world.state.collection("github.organizations")
    organizations["acme"] = {**organizations["acme"], "plan": "free"}
    response = operator.post(RULESETS, json=ruleset())
    assert (response.status_code, "Upgrade to GitHub Pro" in response.json()["message"]) == (403, True)
