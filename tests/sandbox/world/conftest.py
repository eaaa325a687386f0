import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.world import exchanges, faults
from sandbox.world.exchanges import Exchange
from sandbox.world.server import running
from sandbox.world.state import State
from sandbox.world.vercel.seed import seed
from tests.sandbox.world.vercel.conftest import TEAM, TOKEN, Vercel

NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Clients of plain ports need no certificates, which take their time to read."""
DOMAIN = "ai-tools.example.com"


@dataclass(frozen=True, slots=True)
class Served:
    """A served world in which the team exists, with its addresses and a client of Vercel."""

    state: State
    urls: dict[str, str]
    authority: Path
    vercel: Vercel
    visitor: httpx2.Client

    def visit(self, host: str, path: str = "/", *, method: str = "GET", **headers: str) -> httpx2.Response:
        """What a visitor of a host is answered."""
        sent = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.visitor.request(method, f"{self.urls['site']}{path}", headers=sent)

    def arm(self, **fault: Any) -> str:
        """Arm a fault; its key."""
        return faults.add(self.state, faults.Fault(**fault))

    def exchanges(self) -> list[Exchange]:
        """What was asked of the world, oldest first."""
        return [exchange for _, exchange in exchanges.since(self.state)]

    def site(self, project: str, version: str, **more: Any) -> str:
        """The ID of a new deployment whose page and health answer say the version."""
        health = f'{{"status":"ok","version":"{version}"}}'
        contents = {"config.json": '{"version":3}', "static/index.html": version, "static/api/health": health}
        files = [{"file": f".vercel/output/{name}", "data": content} for name, content in contents.items()]
        return self.vercel.deployment(project, files=files, meta={"version": version}, **more)

    def address(self, deployment: str) -> str:
        """A deployment's own host."""
        return self.state.collection("vercel.deployments")[deployment]["url"]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    authority = tmp_path / "made" / "authority.pem"
    with (
        running(certificate_authority=authority) as (state, urls),
        httpx2.Client(base_url=urls["vercel"], trust_env=False, verify=NO_TLS) as http,
        httpx2.Client(trust_env=False, verify=NO_TLS) as visitor,
    ):
        seed(state, TEAM, "ai-tools", "pro")
        state.collection("vercel.tokens")[TOKEN] = {"user": "operator", "teams": [TEAM]}
        yield Served(state, urls, authority, Vercel(state, http), visitor)
