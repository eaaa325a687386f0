import httpx2
import pytest

from tests.sandbox.world.github.conftest import REPOSITORY, Put, World


def test_the_log_of_a_branch_is_newest_first_and_can_be_narrowed_to_a_path(operator: httpx2.Client, put: Put) -> None:
    first = put("a/one.txt", "1", branch="develop").json()["commit"]["sha"]
    second = put("b/two.txt", "2", branch="develop").json()["commit"]["sha"]
    log = operator.get(f"{REPOSITORY}/commits", params={"sha": "develop"}).json()
    assert [commit["sha"] for commit in log][:2] == [second, first]
    assert log[-1]["commit"]["message"] == "Initial commit"
    for path, expected in (("a/one.txt", first), ("a", first), ("b/two.txt", second)):
        narrowed = operator.get(f"{REPOSITORY}/commits", params={"sha": "develop", "path": path}).json()
        assert [commit["sha"] for commit in narrowed] == [expected]


@pytest.mark.parametrize("name", ["develop", "heads/develop", "refs/heads/develop", "{sha}", "{short}"])
def test_a_commit_is_found_by_every_name_it_has(operator: httpx2.Client, put: Put, name: str) -> None:
    sha = put("a.txt", "one\ntwo\n", branch="develop").json()["commit"]["sha"]
    commit = operator.get(f"{REPOSITORY}/commits/{name.format(sha=sha, short=sha[:9])}").json()
    assert commit["sha"] == sha
    assert commit["stats"] == {"additions": 2, "deletions": 0, "total": 2}
    assert [(file["filename"], file["status"]) for file in commit["files"]] == [("a.txt", "added")]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/commits/none", 422),
        ("/commits?sha=none", 404),
        (f"/git/commits/{'0' * 40}", 404),
        ("/branches/none", 404),
        ("/git/ref/heads/none", 404),
    ],
)
def test_what_is_not_there_is_refused_as_github_refuses_it(operator: httpx2.Client, path: str, status: int) -> None:
    assert operator.get(REPOSITORY + path).status_code == status


def test_branches_and_refs_name_the_same_commits(operator: httpx2.Client, put: Put) -> None:
    sha = put("a.txt", "a", branch="develop").json()["commit"]["sha"]
    branches = {branch["name"]: branch["commit"]["sha"] for branch in operator.get(f"{REPOSITORY}/branches").json()}
    assert set(branches) == {"develop", "main"}
    assert branches["develop"] == sha
    assert operator.get(f"{REPOSITORY}/git/ref/heads/develop").json()["object"]["sha"] == sha
    matching = operator.get(f"{REPOSITORY}/git/matching-refs/heads/dev").json()
    assert [ref["ref"] for ref in matching] == ["refs/heads/develop"]
    assert operator.get(f"{REPOSITORY}/git/matching-refs/tags").json() == []


def test_a_ref_is_made_once_and_removed_once(operator: httpx2.Client) -> None:
    sha = operator.get(f"{REPOSITORY}/branches/main").json()["commit"]["sha"]
    body = {"ref": "refs/heads/feature/a", "sha": sha}
    assert operator.post(f"{REPOSITORY}/git/refs", json=body).status_code == 201
    again = operator.post(f"{REPOSITORY}/git/refs", json=body)
    assert (again.status_code, again.json()["message"]) == (422, "Reference already exists")
    assert operator.get(f"{REPOSITORY}/branches/feature/a").json()["commit"]["sha"] == sha
    assert operator.delete(f"{REPOSITORY}/git/refs/heads/feature/a").status_code == 204
    assert operator.delete(f"{REPOSITORY}/git/refs/heads/feature/a").status_code == 422


@pytest.mark.parametrize(
    ("ref", "sha", "message"),
    [
        ("main2", None, "main2 is not a valid ref name."),
        ("refs/heads/a..b", None, "refs/heads/a..b is not a valid ref name."),
        ("refs/heads/b", "0" * 40, "Object does not exist"),
    ],
)
def test_a_ref_must_be_named_and_pointed_properly(
    operator: httpx2.Client, ref: str, sha: str | None, message: str
) -> None:
    head = operator.get(f"{REPOSITORY}/branches/main").json()["commit"]["sha"]
    response = operator.post(f"{REPOSITORY}/git/refs", json={"ref": ref, "sha": sha or head})
    assert (response.status_code, response.json()["message"]) == (422, message)


def test_the_default_branch_is_not_deleted(operator: httpx2.Client) -> None:
    assert operator.delete(f"{REPOSITORY}/git/refs/heads/main").status_code == 422


def test_lists_come_in_pages_that_lead_to_each_other(operator: httpx2.Client, put: Put) -> None:
    for number in range(4):
        put("a.txt", str(number), branch="develop", **({} if number == 0 else {"sha": _blob(operator)}))
    seen: list[str] = []
    url: str | None = f"{REPOSITORY}/commits?sha=develop&per_page=2"
    while url:
        response = operator.get(url)
        seen += [commit["sha"] for commit in response.json()]
        url = response.links.get("next", {}).get("url")
    everything = operator.get(f"{REPOSITORY}/commits", params={"sha": "develop"})
    assert seen == [commit["sha"] for commit in everything.json()]
    assert len(seen) == 5
    assert "link" not in everything.headers
    middle = operator.get(f"{REPOSITORY}/commits?sha=develop&per_page=2&page=2").links
    assert set(middle) == {"prev", "next", "last", "first"}
    assert "page=3" in middle["last"]["url"]


def test_an_answer_that_the_client_has_is_304(operator: httpx2.Client, put: Put) -> None:
    etag = operator.get(f"{REPOSITORY}/branches/develop").headers["etag"]
    headers = {"If-None-Match": etag}
    assert operator.get(f"{REPOSITORY}/branches/develop", headers=headers).status_code == 304
    put("a.txt", "a", branch="develop")
    assert operator.get(f"{REPOSITORY}/branches/develop", headers=headers).status_code == 200


def test_a_repository_is_the_same_by_number_and_in_any_letter_case(world: World, operator: httpx2.Client) -> None:
    repository = operator.get(REPOSITORY).json()
    assert operator.get(f"/repositories/{repository['id']}").json() == repository
    assert operator.get("/repos/ACME/AI-Tools").json()["full_name"] == "acme/ai-tools"
    assert (repository["private"], repository["default_branch"]) == (True, "main")
    assert repository["permissions"]["admin"] is True
    assert world.user("hubot").get(REPOSITORY).json()["permissions"]["push"] is False


def _blob(client: httpx2.Client) -> str:
    return client.get(f"{REPOSITORY}/contents/a.txt", params={"ref": "develop"}).json()["sha"]
