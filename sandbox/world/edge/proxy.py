"""A forward proxy that knows one method, CONNECT (RFC 9110, 9.3.6), and leads every tunnel to one local listener."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from enum import StrEnum, auto

_CHUNK = 64 * 1024
_ANSWERS = {
    200: b"HTTP/1.1 200 Connection established\r\n\r\n",
    400: b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    405: b"HTTP/1.1 405 Method Not Allowed\r\nAllow: CONNECT\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    502: b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}


class Verdict(StrEnum):
    """What becomes of a CONNECT."""

    OPEN = auto()
    UNKNOWN = auto()
    """As when the name does not resolve."""
    REFUSED = auto()
    """As when nothing listens there: the connection is closed without a word."""


class Proxy:
    """The proxy, once started, on a port of loopback."""

    def __init__(self, upstream: tuple[str, int], judge: Callable[[str], Verdict]) -> None:
        """Lead tunnels to `upstream`, an address and port, if `judge` opens the `host:port`, which is in lower case."""
        self._upstream = upstream
        self._judge = judge
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket) -> None:
        """Serve on a bound socket."""
        self._server = await asyncio.start_server(self._accept, sock=listener)

    async def stop(self) -> None:
        """Close the port and every tunnel."""
        if self._server is None:
            return
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        await self._server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(connection)
        connection.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            # A client may be gone at any moment; nobody is left to be told of it.
            with contextlib.suppress(OSError, asyncio.IncompleteReadError):
                await self._connect(reader, writer)
                writer.close()
                await writer.wait_closed()
        finally:
            writer.transport.abort()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            writer.write(_ANSWERS[400])
            return
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        if method != "CONNECT":
            writer.write(_ANSWERS[405])
            return
        verdict = self._judge(rest.partition(" ")[0].lower())
        if verdict is Verdict.UNKNOWN:
            writer.write(_ANSWERS[502])
        elif verdict is Verdict.OPEN:
            upstream_reader, upstream_writer = await asyncio.open_connection(*self._upstream)
            try:
                writer.write(_ANSWERS[200])
                await _tunnel((reader, writer), (upstream_reader, upstream_writer))
            finally:
                upstream_writer.transport.abort()


_Side = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _tunnel(client: _Side, upstream: _Side) -> None:
    """Carry bytes both ways until the upstream ends. Whichever side breaks, the other sees it break too."""
    asking = asyncio.create_task(_pump(client[0], upstream[1]))
    try:
        await _pump(upstream[0], client[1])
    except OSError:
        _reset(client[1])
    finally:
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        writer.write_eof()
    except OSError:
        _reset(writer)
        raise


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close so that the other end sees a reset, not an orderly end."""
    connection = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
