"""The processes that run functions: one for each function of a deployment, from its first request to the world's end.

This stands in for Vercel's launcher for Node.js. Which version of Node.js a function asks for makes no difference here:
it runs with the one that is on this machine. What a function prints is kept beside it, as `….func.log`.
"""

import asyncio
import selectors
import shutil
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import aiohttp
import yarl

from sandbox.world.site.build_output import BuildOutput, Function
from sandbox.world.site.functions import environment_of, why_not, write_function

MOST = 8
"""How many run at a time in one world; the one that was idle for longest makes room."""
START_SECONDS = 60
LONGEST_SECONDS = 60
"""How long a function may take, unless its `maxDuration` says less."""
_LAUNCHER = Path(__file__).with_name("launcher.cjs")


class FunctionError(Exception):
    """A function gave no answer.

    Attributes:
        status: what Vercel answers then.
        code: Vercel's name for it (https://vercel.com/docs/errors); empty where the sandbox is what fails.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """What a function is asked.

    Attributes:
        method: in capital letters.
        target: path and query, percent-encoded.
        headers: of the request.
        body: of the request.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What a function answered: of headers that came more than once, all values, except for cookies' last."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(slots=True)
class _Launcher:
    """One function's process."""

    process: subprocess.Popen[bytes]
    port: int
    used: float = 0.0
    busy: int = 0


@dataclass
class Launchers:
    """All functions of one world that run.

    Attributes:
        folder: where their files are written; it is deleted in the end.
    """

    folder: Path
    _running: dict[str, _Launcher] = field(default_factory=dict)
    _starting: dict[str, asyncio.Lock] = field(default_factory=dict)
    _on_their_way: int = 0
    _stopped: bool = False

    async def call(self, output: BuildOutput, function: Function, call: Call) -> Answer:
        """Ask a function, which is started when it does not run.

        Raises:
            FunctionError: it cannot be run here, or gave no answer.
        """
        reason = why_not(function)
        if reason is not None:
            raise FunctionError(HTTPStatus.NOT_IMPLEMENTED, "", reason)
        launcher = await self._launcher(output, function)
        launcher.busy += 1
        launcher.used = time.monotonic()
        limit = min(function.configuration.get("maxDuration") or LONGEST_SECONDS, LONGEST_SECONDS)
        try:
            return await _ask(launcher.port, call, limit)
        except TimeoutError as error:
            self._drop(launcher)
            text = f"The function gave no answer within {limit} seconds."
            raise FunctionError(HTTPStatus.GATEWAY_TIMEOUT, "FUNCTION_INVOCATION_TIMEOUT", text) from error
        except aiohttp.ClientError as error:
            self._drop(launcher)
            raise _failed("The function ended without an answer.") from error
        finally:
            launcher.busy -= 1

    async def _launcher(self, output: BuildOutput, function: Function) -> _Launcher:
        key = f"{output.deployment['id']}/{function.folder}"
        async with self._starting.setdefault(key, asyncio.Lock()):
            launcher = self._running.get(key)
            if launcher is not None and launcher.process.poll() is None:
                return launcher
            self._make_room()
            self._on_their_way += 1
            try:
                launcher = await asyncio.to_thread(self._start, output, function)
            finally:
                self._on_their_way -= 1
            if self._stopped:
                _end(launcher)
                raise _failed("The sandbox stops.")
            self._running[key] = launcher
            return launcher

    def _drop(self, launcher: _Launcher) -> None:
        """End a process that gave no answer: the next request starts another."""
        self._running = {key: other for key, other in self._running.items() if other is not launcher}
        _end(launcher)

    def _make_room(self) -> None:
        for key in [key for key, launcher in self._running.items() if launcher.process.poll() is not None]:
            _end(self._running.pop(key))
        if len(self._running) + self._on_their_way < MOST:
            return
        idle = [key for key, launcher in self._running.items() if not launcher.busy]
        if not idle:
            text = f"{MOST} functions are busy already."
            raise FunctionError(HTTPStatus.SERVICE_UNAVAILABLE, "FUNCTION_THROTTLED", text)
        _end(self._running.pop(min(idle, key=lambda key: self._running[key].used)))

    def _start(self, output: BuildOutput, function: Function) -> _Launcher:
        node = shutil.which("node")
        if node is None:
            text = "There is no Node.js on this machine to run functions with: install it, then ask again."
            raise FunctionError(HTTPStatus.NOT_IMPLEMENTED, "", text)
        root = self.folder / output.deployment["id"]
        try:
            handler = write_function(output, function, root)
        except ValueError as error:
            raise FunctionError(HTTPStatus.NOT_IMPLEMENTED, "", str(error)) from error
        log = root / f"{function.folder}.log"
        with log.open("ab") as written:
            process = subprocess.Popen(
                [node, str(_LAUNCHER), str(handler)],
                cwd=root / function.folder,
                env=environment_of(output.state, output.deployment, function.configuration),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=written,
            )
        port = _first_line(process)
        if not port:
            process.kill()
            _end(_Launcher(process, 0))
            raise _failed(f"The function did not start; {log} says why.")
        return _Launcher(process, int(port))

    def stop(self) -> None:
        """End every process and delete what was written."""
        self._stopped = True
        for launcher in self._running.values():
            _end(launcher)
        self._running.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


def _failed(text: str) -> FunctionError:
    return FunctionError(HTTPStatus.INTERNAL_SERVER_ERROR, "FUNCTION_INVOCATION_FAILED", text)


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    """What the launcher announces; nothing where it ends first or takes too long."""
    if process.stdout is None:
        return b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        return process.stdout.readline().strip() if selector.select(START_SECONDS) else b""


def _end(launcher: _Launcher) -> None:
    process = launcher.process
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


async def _ask(port: int, call: Call, limit: float) -> Answer:
    timeout = aiohttp.ClientTimeout(total=limit)
    # The body goes on as it came, so that its Content-Encoding stays true.
    async with (
        aiohttp.ClientSession(
            timeout=timeout,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
        ) as session,
        session.request(
            call.method,
            yarl.URL(f"http://127.0.0.1:{port}{call.target}", encoded=True),
            headers=call.headers,
            data=call.body or None,
            allow_redirects=False,
        ) as answer,
    ):
        headers = {name: ", ".join(answer.headers.getall(name)) for name in answer.headers}
        if "Set-Cookie" in answer.headers:
            headers["Set-Cookie"] = answer.headers.getall("Set-Cookie")[-1]
        return Answer(answer.status, headers, await answer.read())
