import json
import logging
import os
import shutil
import socket
import ssl
import struct
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.world.edge import environment
from sandbox.world.exchanges import LARGEST_BODY
from sandbox.world.github.authentication import grant_token
from sandbox.world.server import running
from tests.sandbox.world.conftest import DOMAIN, Served
from tests.sandbox.world.vercel.conftest import TEAM, TOKEN

ASK = """
import sys, urllib.request
request = urllib.request.Request("https://api.vercel.com/v2/user", headers={"Authorization": f"Bearer {sys.argv[1]}"})
print(urllib.request.urlopen(request, timeout=10).read().decode())
"""
CLIENTS = {
    "python": [sys.executable, "-c", ASK, TOKEN],
    "curl": ["curl", "-sS", "https://api.vercel.com/v2/user", "-H", f"Authorization: Bearer {TOKEN}"],
}
Ask = Callable[..., httpx2.Response]


@pytest.fixture
def trusted(served: Served) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(served.authority))


@pytest.fixture
def ask(served: Served, trusted: ssl.SSLContext) -> Ask:
    """Ask the world under a real name, each time through a tunnel of its own."""

    def request(url: str, method: str = "GET", timeout: float = 10, content: bytes = b"") -> httpx2.Response:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx2.Client(proxy=served.urls["edge"], verify=trusted, trust_env=False, timeout=timeout) as client:
            return client.request(method, url, headers=headers, content=content)

    return request


def _tunnel(served: Served, trusted: ssl.SSLContext, host: str = "api.vercel.com") -> ssl.SSLSocket:
    connection = _edge(served)
    connection.sendall(f"CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\n\r\n".encode())
    assert connection.recv(1000).startswith(b"HTTP/1.1 200")
    return trusted.wrap_socket(connection, server_hostname=host)


@pytest.mark.parametrize("client", CLIENTS)
def test_clients_reach_the_world_by_environment_variables_alone(served: Served, client: str) -> None:
    if shutil.which(CLIENTS[client][0]) is None:
        pytest.skip(f"{client} is not installed")
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    variables = {**clean, **environment(served.urls, served.authority)}
    answer = subprocess.run(CLIENTS[client], env=variables, capture_output=True, text=True, check=False, timeout=30)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["user"]["username"] == "operator"
    assert [(e.service, e.host, e.path) for e in served.exchanges()] == [("vercel", "api.vercel.com", "/v2/user")]


@pytest.mark.parametrize(
    ("url", "service", "status"),
    [
        ("https://api.vercel.com/v2/user", "vercel", 200),
        ("https://API.Vercel.com/v2/user", "vercel", 200),
        ("https://api.github.com/user", "github", 401),
        ("https://github.com/acme/ai-tools.git/info/refs?service=git-upload-pack", "github", 401),
        ("https://api.datadoghq.com/api/v1/validate", "datadog", 403),
        ("https://api.datadoghq.eu/api/v1/validate", "datadog", 403),
        ("https://api.us3.datadoghq.com/api/v1/validate", "datadog", 403),
        ("https://api.ap1.datadoghq.com/api/v1/validate", "datadog", 403),
        ("https://api.ddog-gov.com/api/v1/validate", "datadog", 403),
        ("https://hooks.slack.com/services/T/B/x", "slack", 501),
        ("https://nobody.vercel.app/", "site", 404),
        (f"https://{DOMAIN}/", "site", 404),
    ],
)
def test_each_name_leads_to_its_service(served: Served, ask: Ask, url: str, service: str, status: int) -> None:
    served.vercel.project()
    assert ask(url).status_code == status
    exchange = served.exchanges()[-1]
    assert (exchange.service, exchange.host) == (service, httpx2.URL(url).host.lower())


@pytest.mark.parametrize(
    "url",
    [
        "https://nobody.example.com/",
        "https://registry.example.com/",
        "https://vercel.com/",
        "https://api.vercel.com.example.com/",
        "https://api.vercel.com:8443/",
    ],
)
def test_a_name_that_nobody_has_does_not_resolve(served: Served, ask: Ask, url: str) -> None:
    with pytest.raises(httpx2.ProxyError, match="502"):
        ask(url)
    seen = [(e.service, e.method, e.status, e.known) for e in served.exchanges()]
    assert seen == [("edge", "CONNECT", 502, False)]


def test_links_carry_the_name_that_was_asked(served: Served, ask: Ask) -> None:
    grant_token(served.state, TOKEN, login="operator", scopes=["repo"])
    assert ask("https://api.github.com/user").json()["url"].startswith("https://api.github.com/")


def test_a_domain_resolves_from_the_moment_a_project_has_it(served: Served, ask: Ask) -> None:
    with pytest.raises(httpx2.ProxyError):
        ask(f"https://{DOMAIN}/")
    project = served.vercel.project()
    served.vercel.promoted(project, served.site(project, "one"))
    assert ask(f"https://{DOMAIN}/").text == "one"


def test_the_proxy_does_nothing_but_tunnels(served: Served) -> None:
    answer = httpx2.get("http://api.vercel.com/v2/user", proxy=served.urls["edge"], trust_env=False)
    assert (answer.status_code, answer.headers["allow"]) == (405, "CONNECT")


def test_a_request_inside_a_tunnel_for_another_name_is_misdirected(served: Served, trusted: ssl.SSLContext) -> None:
    with _tunnel(served, trusted) as tunnel:
        tunnel.sendall(b"GET / HTTP/1.1\r\nHost: nobody.example.com\r\nConnection: close\r\n\r\n")
        assert tunnel.recv(1000).startswith(b"HTTP/1.1 421")


def test_nobody_trusts_the_edge_without_its_authority(served: Served) -> None:
    with pytest.raises(httpx2.ConnectError, match="certificate verify failed"):
        httpx2.get("https://api.vercel.com/v2/user", proxy=served.urls["edge"], trust_env=False)


def test_each_start_has_an_authority_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "authority.pem"
    authorities = []
    for _ in range(2):
        with running(certificate_authority=file):
            authorities.append(file.read_bytes())
    assert authorities[0] != authorities[1]


def test_the_edge_takes_the_port_it_is_given() -> None:
    with running() as (_, urls):
        port = int(urls["edge"].rsplit(":", 1)[1])
    with running(ports={"edge": port}) as (_, urls):
        assert urls["edge"] == f"http://127.0.0.1:{port}"


def test_one_tunnel_carries_many_requests_and_many_tunnels_stand_at_once(
    served: Served, trusted: ssl.SSLContext
) -> None:
    def ask_thrice(_number: int) -> list[int]:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with httpx2.Client(proxy=served.urls["edge"], verify=trusted, trust_env=False, headers=headers) as client:
            return [client.get("https://api.vercel.com/v2/user").status_code for _ in range(3)]

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(ask_thrice, range(8))) == [[200] * 3] * 8
    assert len(served.exchanges()) == 24


def test_a_large_body_passes_whole(served: Served, ask: Ask) -> None:
    content = bytes(range(256)) * 8192
    assert ask(f"https://api.vercel.com/v2/files?teamId={TEAM}", "POST", content=content).status_code == 400
    assert served.exchanges()[-1].request_body == content[:LARGEST_BODY]
    project = served.vercel.project()
    file = {"file": ".vercel/output/static/large.txt", "data": "0123456789" * 100_000}
    config = {"file": ".vercel/output/config.json", "data": '{"version":3}'}
    served.vercel.promoted(project, served.vercel.deployment(project, files=[config, file]))
    assert ask(f"https://{DOMAIN}/large.txt").text == file["data"]


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "status", "status": 503, "headers": {"Retry-After": "1"}}, 503),
        ({"kind": "timeout"}, httpx2.ReadTimeout),
        ({"kind": "reset"}, httpx2.TransportError),
        ({"kind": "broken"}, 200),
        ({"kind": "slow", "seconds": 0.01}, 200),
        ({"kind": "refused"}, httpx2.TransportError),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_faults_reach_the_edge_by_host(
    served: Served, ask: Ask, fault: dict[str, Any], outcome: int | type[Exception]
) -> None:
    served.arm(host=r"^api\.vercel\.com$", **fault)
    # The services' own ports have another host.
    assert served.vercel.call("GET", "/v2/user")[0] == 200
    url = "https://api.vercel.com/v2/user"
    if isinstance(outcome, int):
        assert ask(url).status_code == outcome
    else:
        with pytest.raises(outcome):
            ask(url, timeout=0.2)
    injected = served.exchanges()[-1]
    assert (injected.host, injected.service, injected.injected) == ("api.vercel.com", "vercel", True)
    assert injected.status == (outcome if isinstance(outcome, int) else 0)
    assert ask(url).status_code == 200


def test_a_reset_behind_the_edge_is_a_reset_before_it(served: Served, trusted: ssl.SSLContext) -> None:
    served.arm(kind="reset")
    with _tunnel(served, trusted) as tunnel:
        tunnel.sendall(b"GET /v2/user HTTP/1.1\r\nHost: api.vercel.com\r\n\r\n")
        # Below TLS, which takes a reset for an end in some versions of Python.
        with pytest.raises(ConnectionResetError):
            _drain(tunnel)


def test_a_connection_is_refused_before_anything_is_read(served: Served) -> None:
    served.arm(kind="refused", service="vercel", skip=1)
    with _edge(served) as first, _edge(served) as second:
        for connection in (first, second):
            connection.sendall(b"CONNECT api.vercel.com:443 HTTP/1.1\r\n\r\n")
        assert (first.recv(12), second.recv(12)) == (b"HTTP/1.1 200", b"")
    assert [(e.method, e.path, e.status) for e in served.exchanges()] == [("CONNECT", "api.vercel.com:443", 0)]


SENT = b"POST /v2/files HTTP/1.1\r\nHost: api.vercel.com\r\nContent-Length: 100000\r\n\r\n"


@pytest.mark.parametrize("orderly", [True, False], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "sent", [b"", b"CONN", b"CONNECT api.vercel.com:443 HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"x" * 99999]
)
def test_a_client_that_dies_before_it_is_through_disturbs_nobody(
    served: Served, ask: Ask, caplog: pytest.LogCaptureFixture, sent: bytes, orderly: bool
) -> None:
    with _edge(served) as connection:
        connection.sendall(sent)
        _end(connection, orderly=orderly)
    assert ask("https://api.vercel.com/v2/user").status_code == 200
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("orderly", [True, False], ids=["closed", "reset"])
@pytest.mark.parametrize("sent", [b"", SENT[:20], SENT, SENT + b"half a body"], ids=["", "head", "no body", "half"])
def test_half_a_request_does_nothing(
    served: Served, trusted: ssl.SSLContext, caplog: pytest.LogCaptureFixture, sent: bytes, orderly: bool
) -> None:
    with _tunnel(served, trusted) as tunnel:
        tunnel.sendall(sent)
        _end(tunnel, orderly=orderly)
    assert served.vercel.call("GET", "/v2/user")[0] == 200
    assert [e.method for e in served.exchanges()] == ["GET"]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def _edge(served: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(served.urls["edge"].rsplit(":", 1)[1])), timeout=10)


def _drain(connection: socket.socket) -> None:
    while socket.socket.recv(connection, 10_000):
        pass


def _end(connection: socket.socket, *, orderly: bool) -> None:
    """End a connection as a process that closes it does, or as one does that is killed with unread input."""
    if not orderly:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()
