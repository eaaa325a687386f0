import base64
from pathlib import Path
from typing import Any

import httpx2
from nacl.public import PublicKey, SealedBox

from sandbox.world.github import secrets, variables
from sandbox.world.github.access import find_repository, role
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.history import list_refs
from sandbox.world.github.seed import seed
from sandbox.world.server import running
from sandbox.world.state import State
from tests.sandbox.world.github.conftest import REPOSITORY, SCOPES


def prepare(state: State, **more: Any) -> None:
    wanted: dict[str, Any] = {"branches": ["develop"], "users": ["octocat"], "teams": ["release-managers"], **more}
    seed(state, owner="acme", repository="ai-tools", **wanted)


def everything(state: State) -> dict[str, dict[str, Any]]:
    names = ("users", "organizations", "teams", "repositories", "refs", "commits", "collaborators")
    return {name: dict(state.collection(f"github.{name}")) for name in names}


def test_a_second_seed_changes_nothing() -> None:
    state = State()
    prepare(state)
    before = everything(state)
    assert all(before.values()), before
    prepare(state)
    assert everything(state) == before


def test_a_later_branch_starts_where_the_default_branch_is() -> None:
    state = State()
    prepare(state)
    prepare(state, branches=["release"], users={"mona": "maintain"})
    repository = find_repository(state, "acme", "ai-tools")
    assert repository is not None
    refs = list_refs(state, repository, "refs/heads/")
    assert set(refs) == {"refs/heads/develop", "refs/heads/main", "refs/heads/release"}
    assert len(set(refs.values())) == 1
    roles = {login: role(state, repository, login) for login in ("operator", "octocat", "mona", "nobody")}
    assert roles == {"operator": "admin", "octocat": "write", "mona": "maintain", "nobody": None}


def test_a_world_that_is_opened_again_has_everything(tmp_path: Path) -> None:
    file = tmp_path / "world.sqlite"
    headers = {"Authorization": "token ghp_operator"}
    environment = f"{REPOSITORY}/environments/staging"
    with running(file) as (state, urls), httpx2.Client(base_url=urls["github"], headers=headers) as client:
        prepare(state)
        grant_token(state, "ghp_operator", login="operator", scopes=SCOPES)
        client.put(environment, json={})
        client.post(f"{environment}/variables", json={"name": "DOMAIN", "value": "staging.example.com"})
        key = client.get(f"{environment}/secrets/public-key").json()
        sealed = base64.b64encode(SealedBox(PublicKey(base64.b64decode(key["key"]))).encrypt(b"hunter2")).decode()
        client.put(f"{environment}/secrets/A", json={"encrypted_value": sealed, "key_id": key["key_id"]})
        body = {"message": "Write [skip ci]", "content": "YQ==", "branch": "develop"}
        commit = client.put(f"{REPOSITORY}/contents/a.txt", json=body).json()["commit"]
        shown = client.get(environment).json()
    assert b"hunter2" not in file.read_bytes()
    with running(file) as (state, urls), httpx2.Client(base_url=urls["github"], headers=headers) as client:
        prepare(state)
        assert client.get(f"{REPOSITORY}/commits/develop").json()["sha"] == commit["sha"]
        assert client.get(environment).json()["id"] == shown["id"]
        assert client.get(f"{environment}/secrets/public-key").json() == key
        assert secrets.values(state, "acme", "ai-tools", "staging") == {"A": "hunter2"}
        assert variables.values(state, "acme", "ai-tools", "staging") == {"DOMAIN": "staging.example.com"}
