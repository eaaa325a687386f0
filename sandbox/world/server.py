"""Carries the world's services over HTTP, one loopback port each, and all of them under their real names at the edge.

Every call meets its fault and is recorded, whichever way it came.
"""

import asyncio
import contextlib
import json
import logging
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

from sandbox.background import background_loop
from sandbox.world import exchanges, faults
from sandbox.world.control import CONTROL
from sandbox.world.datadog import DATADOG
from sandbox.world.edge.certificates import Certificates
from sandbox.world.edge.hosts import service_of, without_port
from sandbox.world.edge.proxy import Proxy, Verdict
from sandbox.world.github import GITHUB
from sandbox.world.service import Request, Response, Service, ServiceError
from sandbox.world.site import SITE
from sandbox.world.site.answers import end_functions
from sandbox.world.slack import SLACK
from sandbox.world.state import State
from sandbox.world.vercel import VERCEL
from sandbox.world.webhooks import WEBHOOKS

_LOGGER = logging.getLogger(__name__)

SERVICES = (GITHUB, VERCEL, DATADOG, SLACK, WEBHOOKS, SITE, CONTROL)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
LARGEST_REQUEST = 64 * 1024 * 1024
_HTTPS = "443"
_WITHOUT_BODY = (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
HANG_SECONDS = 3600
"""An injected timeout outlasts every client's own."""


class Server:
    """The services of one world while they are served."""

    def __init__(
        self, state: State, ports: Mapping[str, int] | None = None, certificate_authority: Path | None = None
    ) -> None:
        """Prepare to serve a world.

        Args:
            state: the world.
            ports: by name of service, or `edge`; what has none gets a free port.
            certificate_authority: the file to write the edge's authority to, as PEM, at each start: clients of
                `urls["edge"]` have to trust it (`sandbox.world.edge.environment`).
        """
        self._state = state
        self._wanted = dict(ports or {})
        self._certificate_authority = certificate_authority
        self._stopping = asyncio.Event()
        self._runners: list[web.AppRunner] = []
        self._carriers = {service.name: _Carrier(service, state, self._stopping) for service in SERVICES}
        self._proxy: Proxy | None = None
        self.urls: dict[str, str] = {}
        """Base URL by service name, once started; `edge` is the proxy's."""

    async def start(self) -> None:
        """Bind every service, and the edge. Raises OSError naming the port when one is taken."""
        for name, carrier in self._carriers.items():
            listener = self._listener(name)
            await self._serve(listener, carrier.handle)
            self.urls[name] = _url(listener)
        certificates = Certificates()
        if self._certificate_authority is not None:
            self._certificate_authority.parent.mkdir(parents=True, exist_ok=True)
            self._certificate_authority.write_bytes(certificates.authority)
        behind = self._listener("behind")
        await self._serve(behind, self._handle_at_edge, certificates.listening())
        self._proxy = Proxy(behind.getsockname(), self._judge)
        listener = self._listener("edge")
        await self._proxy.start(listener)
        self.urls["edge"] = _url(listener)

    async def stop(self) -> None:
        """Close every port; requests under way are given a second, and those that hang by a fault end at once."""
        self._stopping.set()
        if self._proxy is not None:
            await self._proxy.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        end_functions(self._state)

    def _listener(self, name: str) -> socket.socket:
        # asyncio sends small writes at once only where it sees that a socket's protocol is TCP.
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", self._wanted.get(name, 0)))
            listener.listen(128)
        except OSError:
            listener.close()
            raise
        return listener

    async def _serve(self, listener: socket.socket, handler: Handler, tls: ssl.SSLContext | None = None) -> None:
        app = web.Application(client_max_size=LARGEST_REQUEST)
        app.router.add_route("*", "/{path:.*}", handler)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        self._runners.append(runner)
        await web.SockSite(runner, listener, ssl_context=tls).start()

    def _judge(self, authority: str) -> Verdict:
        """What becomes of a connection to `host:port`. Nothing but this sees, and records, one that is not opened."""
        host, _, port = authority.rpartition(":")
        service = service_of(self._state, host) if port == _HTTPS else None
        if service is not None and faults.take_refusal(self._state, service, host) is None:
            return Verdict.OPEN
        exchanges.record(
            self._state,
            exchanges.Exchange(
                service=service or "edge",
                method="CONNECT",
                path=authority,
                request_headers={},
                request_body=b"",
                status=HTTPStatus.BAD_GATEWAY if service is None else 0,
                response_headers={},
                response_body=b"",
                injected=service is not None,
                known=service is not None,
                host=host,
            ),
        )
        return Verdict.UNKNOWN if service is None else Verdict.REFUSED

    async def _handle_at_edge(self, received: web.Request) -> web.StreamResponse:
        service = service_of(self._state, without_port(received.host))
        if service is None:
            # RFC 9110, 15.5.20: the connection was opened for another name.
            return web.Response(status=HTTPStatus.MISDIRECTED_REQUEST)
        return await self._carriers[service].handle(received)


class _Carrier:
    """Turns an HTTP request into a service's Request and its Response back, with faults and the record between."""

    def __init__(self, service: Service, state: State, stopping: asyncio.Event) -> None:
        self._service = service
        self._state = state
        self._stopping = stopping

    async def handle(self, received: web.Request) -> web.StreamResponse:
        try:
            body = await received.read()
        except (OSError, web.RequestPayloadError):
            # The client is gone with its request half sent: nobody hears the answer, and nothing was asked.
            return web.Response(status=HTTPStatus.BAD_REQUEST)
        raw_path, _, _ = received.raw_path.partition("?")
        fault = None
        if self._service is not CONTROL:
            host = without_port(received.host)
            fault = faults.take(self._state, self._service.name, received.method, raw_path, host)
        response, known = (Response(204), True)
        if fault is None or fault.works:
            response, known = await self._answer(received, raw_path, body)
        if fault is not None and fault.kind == "status":
            injected = self._service.error_body(fault.status, "injected by the sandbox")
            response = Response(fault.status, injected, fault.headers or {})
        answer = _encoded(response)
        if fault is not None and fault.kind == "broken" and answer.status not in _WITHOUT_BODY:
            # Half a document is none; where there was nothing to cut, one is begun.
            answer = replace(answer, body=answer.body[: len(answer.body) // 2] or b"{")
        if self._service is not CONTROL:
            self._record(received, body, answer, fault, known=known)
        if fault is not None and fault.kind in ("timeout", "slow"):
            await self._wait(HANG_SECONDS if fault.kind == "timeout" else fault.seconds)
        if fault is not None and fault.silent:
            _reset(received)
        return web.Response(status=answer.status, body=answer.body or None, headers=answer.headers)

    def _record(
        self, received: web.Request, body: bytes, answer: Response, fault: faults.Fault | None, *, known: bool
    ) -> None:
        answered = fault is None or not fault.silent
        exchanges.record(
            self._state,
            exchanges.Exchange(
                service=self._service.name,
                method=received.method,
                path=received.raw_path,
                request_headers={name.lower(): value for name, value in received.headers.items()},
                request_body=body,
                status=answer.status if answered else 0,
                response_headers=answer.headers,
                response_body=answer.body if answered and received.method != "HEAD" else b"",
                injected=fault is not None,
                known=known,
                host=without_port(received.host),
            ),
        )

    async def _wait(self, seconds: float) -> None:
        """Let time pass, unless the world stops being served."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)

    async def _answer(self, received: web.Request, raw_path: str, body: bytes) -> tuple[Response, bool]:
        service = self._service
        path = raw_path.removeprefix(service.strip_prefix) if service.strip_prefix else raw_path
        found = service.find(received.method, path)
        if found is None:
            message = f"the sandbox's {service.name} does not implement {received.method} {raw_path}"
            return Response(501, service.error_body(501, message)), False
        route, parameters = found
        request = Request(
            method=received.method,
            path=path,
            query=dict(received.query),
            headers={name.lower(): value for name, value in received.headers.items()},
            body=body,
            base_url=f"{received.scheme}://{received.host}",
            state=self._state,
            parameters={name: unquote(value) for name, value in parameters.items()},
        )
        try:
            if route.authenticated:
                request = replace(request, identity=service.authenticate(request))
            answer = route.handler(request)
            return answer if isinstance(answer, Response) else await answer, True
        except ServiceError as error:
            return error.response, True
        except Exception:
            # A fault of the sandbox itself: answered, recorded and logged, so that it is found.
            _LOGGER.exception("%s %s", received.method, raw_path)
            return Response(500, service.error_body(500, "the sandbox failed; its log says how")), True


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def _encoded(response: Response) -> Response:
    """The answer with its body as bytes, and with their type: the handler's own, where it said one."""
    payload, content_type = _payload(response)
    headers = dict(response.headers)
    if payload and not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = content_type
    return Response(response.status, payload, headers)


def _payload(response: Response) -> tuple[bytes, str]:
    if response.body is None:
        return b"", "application/json; charset=utf-8"
    if isinstance(response.body, bytes):
        return response.body, "application/octet-stream"
    if isinstance(response.body, str):
        return response.body.encode(), "text/plain; charset=utf-8"
    return json.dumps(response.body).encode(), "application/json; charset=utf-8"


def _reset(received: web.Request) -> None:
    """Close the connection so that the client sees a reset, not an orderly end."""
    if received.transport is None:
        return
    connection = received.transport.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    received.transport.abort()


@contextlib.contextmanager
def running(
    path: Path | None = None,
    ports: Mapping[str, int] | None = None,
    certificate_authority: Path | None = None,
) -> Iterator[tuple[State, dict[str, str]]]:
    """Serve a world in a background thread; yields its state and its URLs by service name.

    Args:
        path: the world's file; in memory when None.
        ports: by name of service, or `edge`; what has none gets a free port.
        certificate_authority: the file to write the edge's authority to, for the clients of `urls["edge"]`.
    """
    state = State(path)
    server = Server(state, ports, certificate_authority)
    with contextlib.closing(state), background_loop("sandbox-world") as run:
        try:
            run(server.start())
            yield state, server.urls
        finally:
            run(server.stop())
