import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from deploy.commands import stage
from sandbox.world.datadog.seed import seed as seed_datadog
from sandbox.world.edge import environment
from sandbox.world.github.authentication import grant_token
from sandbox.world.github.seed import seed as seed_github
from sandbox.world.server import running
from sandbox.world.vercel.seed import seed as seed_vercel
from tests.deploy.releases.production import (
    DATADOG_APP_KEY,
    DATADOG_KEY,
    GITHUB_TOKEN,
    TEAM,
    TOKEN,
    Production,
    prepare,
)
from tests.deploy.releases.uploads import VERSION, Uploads

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Clients of plain ports need no certificates, which take their time to read."""


@pytest.fixture
def production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Production]:
    authority = tmp_path / "authority.pem"
    with (
        running(certificate_authority=authority) as (state, urls),
        httpx2.Client(
            base_url=urls["vercel"], headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False, verify=NO_TLS
        ) as http,
    ):
        seed_vercel(state, TEAM, "acme", "pro")
        seed_datadog(state, api_key=DATADOG_KEY, app_key=DATADOG_APP_KEY)
        state.collection("vercel.tokens")[TOKEN] = {"user": "operator", "teams": [TEAM]}
        for name, value in environment(urls, authority).items():
            monkeypatch.setenv(name, value)
        yield prepare(state, urls, authority, http)


@pytest.fixture
def repository(production: Production) -> Production:
    """Production with the app's repository at GitHub, and the token that a job has there."""
    seed_github(production.state, owner="acme", repository="ai-tools", branches=["main", "develop"])
    scopes = ["contents:write", "deployments:write"]
    grant_token(production.state, GITHUB_TOKEN, login="github-actions[bot]", scopes=scopes, kind="App")
    production.environ["GITHUB_TOKEN"] = GITHUB_TOKEN
    return production


@pytest.fixture
def build(tmp_path: Path) -> Path:
    """A folder with a build."""
    output = tmp_path / "app/.vercel/output"
    (output / "static/api").mkdir(parents=True)
    (output / "config.json").write_text('{"version":3}')
    (output / "static/api/health").write_text(json.dumps({"status": "ok", "version": VERSION}))
    return tmp_path / "app"


@pytest.fixture
def uploads(production: Production, monkeypatch: pytest.MonkeyPatch) -> Uploads:
    uploads = Uploads(production)
    monkeypatch.setattr(stage, "upload", uploads.upload)
    return uploads
