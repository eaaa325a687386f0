import base64

import httpx2
import pytest
from nacl.public import PrivateKey, PublicKey, SealedBox

from sandbox.world import exchanges
from sandbox.world.github import secrets, variables
from tests.sandbox.world.github.conftest import REPOSITORY, World

STAGING = f"{REPOSITORY}/environments/staging"
BY_NUMBER = "/repositories/{number}/environments/staging"


@pytest.fixture
def staging(operator: httpx2.Client) -> httpx2.Client:
    operator.put(STAGING, json={})
    return operator


def seal(client: httpx2.Client, value: bytes, environment: str = STAGING) -> dict[str, str]:
    key = client.get(f"{environment}/secrets/public-key").json()
    sealed = SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(value)
    return {"encrypted_value": base64.b64encode(sealed).decode(), "key_id": key["key_id"]}


def test_a_sealed_secret_reaches_the_runner_and_no_answer(world: World, staging: httpx2.Client) -> None:
    assert staging.put(f"{STAGING}/secrets/vercel_token", json=seal(staging, b"hunter2")).status_code == 201
    assert staging.put(f"{STAGING}/secrets/VERCEL_TOKEN", json=seal(staging, "hünter3".encode())).status_code == 204
    assert secrets.values(world.state, "acme", "ai-tools", "Staging") == {"VERCEL_TOKEN": "hünter3"}
    assert secrets.values(world.state, "acme", "ai-tools", "production") == {}
    shown = staging.get(f"{STAGING}/secrets/VERCEL_TOKEN").json()
    assert set(shown) == {"name", "created_at", "updated_at"}
    assert staging.get(f"{STAGING}/secrets").json() == {"total_count": 1, "secrets": [shown]}
    seen = b"".join(exchange.request_body + exchange.response_body for _, exchange in exchanges.since(world.state))
    assert b"nter" not in seen
    kept = [str(document) for document in world.state.collection("github.secrets").values()]
    assert not any("nter3" in document for document in kept)


def test_the_same_secrets_are_there_by_the_repositorys_number(world: World, staging: httpx2.Client) -> None:
    path = BY_NUMBER.format(number=staging.get(REPOSITORY).json()["id"])
    sealed = seal(staging, b"x", path)
    assert staging.put(f"{path}/secrets/A", json=sealed).status_code == 201
    assert staging.get(f"{path}/secrets/A").json() == staging.get(f"{STAGING}/secrets/A").json()
    assert staging.get(f"{path}/secrets").json()["total_count"] == 1
    assert staging.delete(f"{path}/secrets/A").status_code == 204
    assert staging.delete(f"{path}/secrets/A").status_code == 404
    assert secrets.values(world.state, "acme", "ai-tools", "staging") == {}


@pytest.mark.parametrize(
    "fault", ["another environment's key", "a stranger's key", "wrong key_id", "not base64", "plain"]
)
def test_a_value_that_the_environments_key_cannot_open_is_422(world: World, staging: httpx2.Client, fault: str) -> None:
    staging.put(f"{REPOSITORY}/environments/production", json={})
    good = seal(staging, b"x")
    stranger = base64.b64encode(SealedBox(PrivateKey.generate().public_key).encrypt(b"x")).decode()
    body = {
        "another environment's key": seal(staging, b"x", f"{REPOSITORY}/environments/production"),
        "a stranger's key": {**good, "encrypted_value": stranger},
        "wrong key_id": {**good, "key_id": "1"},
        "not base64": {**good, "encrypted_value": "%%%"},
        "plain": {**good, "encrypted_value": base64.b64encode(b"hunter2").decode()},
    }[fault]
    response = staging.put(f"{STAGING}/secrets/A", json=body)
    assert response.status_code == 422
    assert response.json()["message"] == "Bad request - validation failed due to an improperly encrypted secret"
    assert secrets.values(world.state, "acme", "ai-tools", "staging") == {}


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "1ST", "A-B", "A.B"])
def test_names_that_github_does_not_take_are_422(staging: httpx2.Client, name: str) -> None:
    assert staging.put(f"{STAGING}/secrets/{name}", json=seal(staging, b"x")).status_code == 422
    assert staging.post(f"{STAGING}/variables", json={"name": name, "value": "x"}).status_code == 422


def test_a_secret_of_the_largest_size_is_taken_and_a_larger_one_is_not(staging: httpx2.Client) -> None:
    assert staging.put(f"{STAGING}/secrets/A", json=seal(staging, b"x" * 48 * 1024)).status_code == 201
    assert staging.put(f"{STAGING}/secrets/B", json=seal(staging, b"x" * (48 * 1024 + 1))).status_code == 422


@pytest.mark.parametrize("path", ["secrets", "secrets/public-key", "secrets/A", "variables", "variables/A"])
def test_without_the_environment_there_is_nothing(operator: httpx2.Client, path: str) -> None:
    assert operator.get(f"{REPOSITORY}/environments/none/{path}").status_code == 404


def test_a_variable_is_made_once_changed_renamed_and_removed(world: World, staging: httpx2.Client) -> None:
    made = {"name": "domain", "value": "a.example.com"}
    assert staging.post(f"{STAGING}/variables", json=made).status_code == 201
    again = staging.post(f"{STAGING}/variables", json=made)
    assert (again.status_code, again.json()["message"]) == (409, "Already exists - Variable already exists")
    assert staging.patch(f"{STAGING}/variables/DOMAIN", json={"value": "b.example.com"}).status_code == 204
    assert staging.get(f"{STAGING}/variables/Domain").json()["value"] == "b.example.com"
    assert staging.patch(f"{STAGING}/variables/DOMAIN", json={"name": "HOST"}).status_code == 204
    assert variables.values(world.state, "acme", "ai-tools", "staging") == {"HOST": "b.example.com"}
    assert staging.delete(f"{STAGING}/variables/HOST").status_code == 204
    for answer in (staging.get(f"{STAGING}/variables/HOST"), staging.delete(f"{STAGING}/variables/HOST")):
        assert answer.status_code == 404


def test_a_variable_is_not_renamed_onto_another(staging: httpx2.Client) -> None:
    for name in ("A", "B"):
        staging.post(f"{STAGING}/variables", json={"name": name, "value": name})
    assert staging.patch(f"{STAGING}/variables/A", json={"name": "B"}).status_code == 409
    assert staging.get(f"{STAGING}/variables/B").json()["value"] == "B"


def test_variables_come_ten_a_page(staging: httpx2.Client) -> None:
    for number in range(12):
        staging.post(f"{STAGING}/variables", json={"name": f"V{number}", "value": ""})
    first = staging.get(f"{STAGING}/variables")
    assert (first.json()["total_count"], len(first.json()["variables"])) == (12, 10)
    second = staging.get(first.links["next"]["url"]).json()
    assert [variable["name"] for variable in second["variables"]] == ["V10", "V11"]


def test_a_reader_sees_no_secret_and_no_variable(world: World, staging: httpx2.Client) -> None:
    assert staging.get(f"{STAGING}/secrets").status_code == 200
    reader = world.user("hubot")
    assert {reader.get(f"{STAGING}/{kind}").status_code for kind in ("secrets", "variables")} == {403}
