"""A server on this machine that answers what a test says: for answers that the sandbox's world does not give."""

import json
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """What one request is answered."""

    status: int = 200
    body: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(document: Any, *, status: int = 200, **headers: str) -> Answer:
    """An answer in JSON; of a header's name, `_` becomes `-`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=status, body=json.dumps(document), headers=named)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One request; names of headers are in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    """A server that listens, and what it was asked."""

    port: int
    asked: list[Asked]

    @property
    def url(self) -> str:
        """Its address, without a path."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def elsewhere(self) -> str:
        """Its address under another host's name."""
        return f"http://localhost:{self.port}"


@contextmanager
def listening(answers: Sequence[Answer]) -> Generator[Listener]:
    """Serve.

    Args:
        answers: in order; the last one is given again and again.

    Yields:
        The server.
    """
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            given = answers[min(len(asked), len(answers) - 1)]
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked.append(Asked(method=self.command, path=self.path, headers=headers))
            self.rfile.read(int(headers.get("content-length", "0")))
            body = given.body.encode()
            self.send_response(given.status)
            for name, value in {**given.headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815 - the overridden method's name

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the overridden method's name for it
            """Tests print what they were told, not what was served."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Listener(port=server.server_port, asked=asked)
        finally:
            server.shutdown()
            thread.join()
