"""Carries the world's services over HTTP, one loopback port each; every call meets its fault and is recorded."""

import asyncio
import contextlib
import json
import logging
import socket
import struct
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from aiohttp import web

from sandbox.world import exchanges, faults
from sandbox.world.control import CONTROL
from sandbox.world.datadog import DATADOG
from sandbox.world.github import GITHUB
from sandbox.world.service import Request, Response, Service, ServiceError
from sandbox.world.slack import SLACK
from sandbox.world.state import State
from sandbox.world.vercel import VERCEL
from sandbox.world.webhooks import WEBHOOKS

_LOGGER = logging.getLogger(__name__)

SERVICES = (GITHUB, VERCEL, DATADOG, SLACK, WEBHOOKS, CONTROL)
LARGEST_REQUEST = 64 * 1024 * 1024
HANG_SECONDS = 3600
"""An injected timeout outlasts every client's own."""


class Server:
    """The services of one world while they are served."""

    def __init__(self, state: State, ports: Mapping[str, int] | None = None) -> None:
        """Serve on the given ports; a service without one gets a free port."""
        self._state = state
        self._wanted = dict(ports or {})
        self._runners: list[web.AppRunner] = []
        self.urls: dict[str, str] = {}
        """Base URL by service name, once started."""

    async def start(self) -> None:
        """Bind every service. Raises OSError naming the port when one is taken."""
        for service in SERVICES:
            app = web.Application(client_max_size=LARGEST_REQUEST)
            app.router.add_route("*", "/{path:.*}", _Carrier(service, self._state).handle)
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
            await runner.setup()
            self._runners.append(runner)
            listener = socket.create_server(("127.0.0.1", self._wanted.get(service.name, 0)))
            await web.SockSite(runner, listener).start()
            self.urls[service.name] = f"http://127.0.0.1:{listener.getsockname()[1]}"

    async def stop(self) -> None:
        """Close every port; requests under way are given a second."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()


class _Carrier:
    """Turns an HTTP request into a service's Request and its Response back, with faults and the record between."""

    def __init__(self, service: Service, state: State) -> None:
        self._service = service
        self._state = state

    async def handle(self, received: web.Request) -> web.StreamResponse:
        body = await received.read()
        raw_path, _, _ = received.raw_path.partition("?")
        fault = None
        if self._service is not CONTROL:
            fault = faults.take(self._state, self._service.name, received.method, raw_path)
        response, known = (Response(204), True)
        if fault is None or fault.applied:
            response, known = self._answer(received, raw_path, body)
        if fault is not None and fault.kind == "status":
            injected = self._service.error_body(fault.status, "injected by the sandbox")
            response = Response(fault.status, injected, fault.headers or {})
        payload, content_type = _payload(response)
        silent = fault is not None and fault.kind != "status"
        if self._service is not CONTROL:
            exchanges.record(
                self._state,
                exchanges.Exchange(
                    service=self._service.name,
                    method=received.method,
                    path=received.raw_path,
                    request_headers={name.lower(): value for name, value in received.headers.items()},
                    request_body=body,
                    status=0 if silent else response.status,
                    response_headers={**response.headers, "Content-Type": content_type},
                    response_body=b"" if silent else payload,
                    injected=fault is not None,
                    known=known,
                ),
            )
        if fault is not None and fault.kind == "timeout":
            await asyncio.sleep(HANG_SECONDS)
        if silent:
            _reset(received)
        headers = dict(response.headers)
        if payload:
            headers.setdefault("Content-Type", content_type)
        return web.Response(status=response.status, body=payload or None, headers=headers)

    def _answer(self, received: web.Request, raw_path: str, body: bytes) -> tuple[Response, bool]:
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
            base_url=f"http://{received.host}",
            state=self._state,
            parameters={name: unquote(value) for name, value in parameters.items()},
        )
        try:
            if route.authenticated:
                request = replace(request, identity=service.authenticate(request))
            return route.handler(request), True
        except ServiceError as error:
            return error.response, True
        except Exception:
            # A fault of the sandbox itself: answered, recorded and logged, so that it is found.
            _LOGGER.exception("%s %s", received.method, raw_path)
            return Response(500, service.error_body(500, "the sandbox failed; its log says how")), True


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
def running(path: Path | None = None, ports: Mapping[str, int] | None = None) -> Iterator[tuple[State, dict[str, str]]]:
    """Serve a world in a background thread; yields its state and its URLs by service name."""
    state = State(path)
    server = Server(state, ports)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="sandbox-world", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(server.start(), loop).result()
        yield state, server.urls
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        state.close()
