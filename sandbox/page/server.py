"""Serves the page on a loopback port of its own: its files, its view as server-sent events, and its buttons.

Whatever runs in the operator's browser can send requests to this port, so who presses a button has to show that it is
this page: with a token that only the page can read, and from its own origin. The Host header has to be this machine's,
or another site could give its own name the address 127.0.0.1 and read the token as its own (DNS rebinding).
https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import contextlib
import json
import logging
import secrets
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

from aiohttp import web

from sandbox.background import background_loop
from sandbox.page.actions import ACTIONS, ActionError
from sandbox.page.redaction import masker
from sandbox.page.stacks import Stack
from sandbox.page.watch import Watch
from sandbox.world.state import State

_LOGGER = logging.getLogger(__name__)

STATIC = Path(__file__).parent / "static"
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
TOKEN_HEADER = "X-Page-Token"  # noqa: S105 - the header's name
KEEP_ALIVE_SECONDS = 15.0
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Page:
    """The page of one world while it is served."""

    def __init__(
        self, state: State, stacks: Sequence[Stack], secret_values: Sequence[str] = (), *, site: str = ""
    ) -> None:
        """Prepare to serve it.

        Args:
            state: the world.
            stacks: its environments, in the order in which they are shown.
            secret_values: what must not be shown, beside what the world itself keeps secret.
            site: the address of the site service; without it nothing is linked to.
        """
        self._state = state
        self._stacks = stacks
        self._secrets = secret_values
        self._watch = Watch(state, stacks, secret_values, site)
        self._token = secrets.token_urlsafe(24)
        self._runner: web.AppRunner | None = None
        self._port = 0

    async def start(self, port: int = 0) -> str:
        """Serve it on a port of 127.0.0.1, or on any where that one is taken; returns its address."""
        app = web.Application(middlewares=[self._guard])
        app.add_routes(
            [
                web.get("/", self._index),
                web.get("/events", self._events),
                web.get("/runs/{run}", self._run),
                # What browsers ask for beside a run's text, which names no icon.
                web.get("/favicon.ico", self._icon),
                web.get("/{name:[a-z-]+\\.(?:css|js|svg)}", self._file),
                web.post("/actions/{action}", self._act),
            ]
        )
        listener = _listener(port)
        self._port = listener.getsockname()[1]
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        await web.SockSite(self._runner, listener).start()
        self._watch.start()
        return f"http://127.0.0.1:{self._port}"

    async def stop(self) -> None:
        """Close the port; open pages notice, and try again until they find the next one on it."""
        await self._watch.stop()
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _guard(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        if request.host not in (f"127.0.0.1:{self._port}", f"localhost:{self._port}"):
            return web.Response(status=421, text="This page is served to this machine only.", headers=_HEADERS)
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            error.headers.update(_HEADERS)
            raise
        if not answer.prepared:
            answer.headers.update(_HEADERS)
        return answer

    async def _index(self, _request: web.Request) -> web.Response:
        page = (STATIC / "index.html").read_text().replace("{token}", self._token)
        return web.Response(text=page, content_type="text/html")

    async def _icon(self, _request: web.Request) -> web.Response:
        return web.Response(text=(STATIC / "icon.svg").read_text(), content_type=TYPES[".svg"])

    async def _file(self, request: web.Request) -> web.Response:
        path = STATIC / request.match_info["name"]
        if not path.is_file():
            raise web.HTTPNotFound
        return web.Response(text=path.read_text(), content_type=TYPES[path.suffix])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse(headers={**_HEADERS, "Content-Type": "text/event-stream"})
        await answer.prepare(request)
        try:
            # Whoever comes back after the sandbox was started anew holds an old token.
            await answer.write(f"retry: 1000\nevent: hello\ndata: {json.dumps(self._token)}\n\n".encode())
            async with contextlib.aclosing(self._watch.views(KEEP_ALIVE_SECONDS)) as views:
                async for text in views:
                    await answer.write(b": still here\n\n" if text is None else f"data: {text}\n\n".encode())
        except ConnectionResetError:
            _LOGGER.debug("A page was closed.")
        return answer

    async def _run(self, request: web.Request) -> web.Response:
        """What a run's jobs printed, as text."""
        run = self._state.collection("github.workflow_runs").get(request.match_info["run"])
        if run is None:
            raise web.HTTPNotFound(text="There is no such run.")
        jobs = run.get("jobs") or []
        head = [f"{run['name']} #{run['run_number']}: {run['conclusion'] or run['status']}", run["display_title"]]
        told = [f"\n== {job['name']}: {job['conclusion']}\n{job.get('log', '')}" for job in jobs]
        text = "\n".join([*head, run.get("message") or "", *told])
        return web.Response(text=masker(self._state, self._secrets).mask(text))

    async def _act(self, request: web.Request) -> web.Response:
        own = {f"http://127.0.0.1:{self._port}", f"http://localhost:{self._port}"}
        token = request.headers.get(TOKEN_HEADER, "")
        if request.headers.get("Origin") not in {None, *own} or not secrets.compare_digest(
            token.encode(), self._token.encode()
        ):
            return _said(403, "Only this page presses its buttons: reload it, then press again.")
        act = ACTIONS.get(request.match_info["action"])
        if act is None:
            return _said(404, f"There is no button {request.match_info['action']}.")
        try:
            asked = json.loads(await request.read())
        except ValueError:
            return _said(400, "The request is no JSON.")
        if not isinstance(asked, dict):
            return _said(400, "The request is no JSON object.")
        try:
            return _said(200, act(self._state, self._stacks, asked))
        except ActionError as error:
            return _said(409, str(error))


def _said(status: int, message: str) -> web.Response:
    return web.json_response({"message": message}, status=status)


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        # The port of last time is taken by now.
        listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    return listener


@contextlib.contextmanager
def served(page: Page) -> Iterator[str]:
    """Serve a page in a thread of its own; yields its address."""
    with background_loop("sandbox-page") as run:
        try:
            yield run(page.start())
        finally:
            run(page.stop())
