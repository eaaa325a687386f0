"""Outgoing calls: each with a timeout, bounded retries and a log line, and nothing sent again that may have been done.

Redirects are not followed: a credential would go along, and a health check that is sent elsewhere is not healthy.
"""

import base64
import functools
import http.client
import json
import math
import random
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

from deploy.clock import Clock
from deploy.console import Console

LARGEST_REPLY = 8 * 1024 * 1024
"""Bytes read of an answer."""
FIRST_PAUSE = 0.5
"""Seconds before the first retry, at most; doubled for each further one."""
LONGEST_PAUSE = 10.0
LONGEST_RETRY_AFTER = 60.0
"""Seconds that a service may make a call wait through `Retry-After`; what asks for more fails instead."""
READS = "GET"
"""The method that changes nothing, answered or not."""
NOT_DONE = (429,)
"""Statuses that say that nothing was done, whatever was asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request.

    Attributes:
        name: what it is for, for the log and for errors: `Vercel: promote`.
        url: where to; `https`, or this machine.
        method: the HTTP method.
        headers: beside content type and user agent.
        body: sent as JSON; None sends no body.
        repeatable: whether the service may be asked twice with the effect of once: a read, or one with an
            idempotency key.
        secret_url: whether the address is a credential, so that the log shows its host alone.
        attempts: how often it is tried, the first time included.
        timeout_seconds: how long one attempt may take, where that is less than the client's own.
    """

    name: str
    url: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    repeatable: bool = True
    secret_url: bool = False
    attempts: int = 4
    timeout_seconds: float = math.inf


@dataclass(frozen=True, slots=True)
class Reply:
    """A service's answer."""

    status: int
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    def json(self) -> Any:
        """The body as JSON. Raises ValueError where it is none."""
        return json.loads(self.body)


class CallFailedError(Exception):
    """A call that brought nothing.

    Attributes:
        status: the HTTP status, or None where no answer came.
        maybe_done: whether the service may have done what was asked all the same.
    """

    def __init__(self, call: Call, why: str, *, status: int | None = None, maybe_done: bool = False) -> None:
        super().__init__(f"{call.name}: {why}")
        self.why = why
        self.status = status
        self.maybe_done = maybe_done


@dataclass(frozen=True, slots=True)
class _Attempt:
    """How one attempt ended: with a reply, or with a reason and whether the request had left."""

    reply: Reply | None = None
    why: str = ""
    sent: bool = False


class HttpClient:
    """Makes calls."""

    def __init__(self, console: Console, clock: Clock, *, timeout_seconds: float = 20.0) -> None:
        """Prepare.

        Args:
            console: where each attempt leaves its line.
            clock: what pauses.
            timeout_seconds: how long one attempt may take from connecting to the last byte.
        """
        self._console = console
        self._clock = clock
        self._timeout = timeout_seconds

    def send(self, call: Call, *, check_json: bool = False) -> Reply:
        """The answer of a call that was accepted.

        Args:
            call: what to send.
            check_json: whether an answer whose body is not JSON counts as none.

        Returns:
            A reply with a 2xx status.

        Raises:
            CallFailedError: when the service refused, or did not answer within the attempts.
        """
        for attempt in range(1, call.attempts + 1):
            ended = self._try(call, check_json=check_json)
            reply = ended.reply
            if reply is not None and reply.status // 100 == 2:  # noqa: PLR2004 - the class of success
                return reply
            pause = self._pause(call, ended, attempt)
            if pause is None or attempt == call.attempts:
                raise _failure(call, ended, attempt)
            self._clock.sleep(pause)
        raise AssertionError("a call is tried at least once")

    def probe(self, call: Call) -> Reply:
        """The answer of one attempt, whatever its status.

        Raises:
            CallFailedError: when no answer came.
        """
        ended = self._try(call, check_json=False)
        if ended.reply is None:
            raise _failure(call, ended, 1)
        return ended.reply

    def _try(self, call: Call, *, check_json: bool) -> _Attempt:
        parts = urlsplit(call.url)
        shown = parts.hostname if call.secret_url else f"{parts.hostname}{parts.path}"
        started = self._clock.monotonic()
        ended = self._exchange(call)
        if ended.reply is not None and check_json and ended.reply.status // 100 == 2 and not _is_json(ended.reply):  # noqa: PLR2004 - the class of success
            ended = _Attempt(why="the answer is not JSON", sent=True)
        result = ended.why if ended.reply is None else str(ended.reply.status)
        took = self._clock.monotonic() - started
        self._console.log(f"{call.name}: {call.method} {shown} → {result} ({took:.2f} s)")
        return ended

    def _exchange(self, call: Call) -> _Attempt:
        timeout = min(call.timeout_seconds, self._timeout)
        deadline = self._clock.monotonic() + timeout
        connection = self._connection(call.url, timeout)
        try:
            connection.connect()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            return _Attempt(why=f"no connection ({_reason(error)})")
        try:
            headers = {"user-agent": "ai-tools-deploy", "accept": "application/json", **call.headers}
            body = None
            if call.body is not None:
                headers["content-type"] = "application/json"
                body = json.dumps(call.body).encode()
            parts = urlsplit(call.url)
            target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
            connection.request(call.method, target, body=body, headers=headers)
            response = connection.getresponse()
            return _Attempt(reply=self._read(connection, response, deadline), sent=True)
        except (OSError, http.client.HTTPException) as error:
            return _Attempt(why=f"no answer ({_reason(error)})", sent=True)
        finally:
            connection.close()

    def _connection(self, url: str, timeout: float) -> http.client.HTTPConnection:
        """A connection to the address's host, through the proxy that the environment names for it, if any."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=timeout)
        proxy = getproxies().get("https")
        if proxy and not proxy_bypass(host):
            via = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
            secure = http.client.HTTPSConnection(
                via.hostname or "", via.port or 80, timeout=timeout, context=self._context
            )
            account = f"{unquote(via.username or '')}:{unquote(via.password or '')}"
            login = {"Proxy-Authorization": f"Basic {base64.b64encode(account.encode()).decode()}"}
            secure.set_tunnel(host, port or 443, headers=login if via.username else None)
        else:
            secure = http.client.HTTPSConnection(host, port, timeout=timeout, context=self._context)
        return secure

    @functools.cached_property
    def _context(self) -> ssl.SSLContext:
        """Checks certificates against the machine's authorities; `SSL_CERT_FILE` names others."""
        return ssl.create_default_context()

    def _read(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, deadline: float
    ) -> Reply:
        """The whole answer. A timeout of the socket alone would let a trickle go on for ever."""
        chunks: list[bytes] = []
        size = 0
        while chunk := response.read1(65536):
            chunks.append(chunk)
            size += len(chunk)
            left = deadline - self._clock.monotonic()
            if left <= 0:
                raise TimeoutError("timed out while the answer came in")
            if size > LARGEST_REPLY:
                raise http.client.HTTPException("the answer is too long")
            if connection.sock is not None:
                connection.sock.settimeout(left)
        if response.length:
            raise http.client.IncompleteRead(b"".join(chunks), response.length)
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Reply(response.status, headers, b"".join(chunks))

    def _pause(self, call: Call, ended: _Attempt, attempt: int) -> float | None:
        """Seconds until the call is tried again; None where it must not be."""
        # Full jitter: https://aws.amazon.com/builders-library/timeouts-retries-and-backoff-with-jitter/.
        ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (attempt - 1))
        pause = random.uniform(0, ceiling)  # noqa: S311 - spreads retries, keeps no secret
        if ended.reply is None:
            return pause if call.repeatable or not ended.sent else None
        status = ended.reply.status
        if status not in NOT_DONE and not (status >= 500 and call.repeatable):  # noqa: PLR2004 - the class of server errors
            return None
        asked = self._retry_after(ended.reply)
        if asked is not None and asked > LONGEST_RETRY_AFTER:
            return None
        return pause if asked is None else asked + pause

    def _retry_after(self, reply: Reply) -> float | None:
        """Seconds that the service asks for: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after."""
        value = reply.headers.get("retry-after", "")
        if value.isdecimal():
            return float(value)
        try:
            return max(0.0, (parsedate_to_datetime(value) - self._clock.now()).total_seconds())
        except (ValueError, TypeError):
            return None


def _failure(call: Call, ended: _Attempt, attempt: int) -> CallFailedError:
    tries = "" if attempt == 1 else f" ({attempt} attempts)"
    reply = ended.reply
    if reply is None:
        return CallFailedError(call, f"{ended.why}{tries}", maybe_done=ended.sent and call.method != READS)
    why = f"answered {reply.status}{_explanation(reply)}{tries}"
    if reply.headers.get("retry-after"):
        why += f"; it asks to wait {reply.headers['retry-after']}"
    maybe_done = reply.status >= 500 and call.method != READS  # noqa: PLR2004 - the class of server errors
    return CallFailedError(call, why, status=reply.status, maybe_done=maybe_done)


def _explanation(reply: Reply) -> str:
    """What the service says is wrong, in the shapes of Vercel, GitHub, Datadog and plain text."""
    try:
        said = reply.json()
    except (ValueError, RecursionError):
        return ""
    if not isinstance(said, dict):
        return ""
    found = said.get("error", said.get("message", said.get("errors")))
    if isinstance(found, dict):
        found = found.get("message", found.get("code"))
    return f" ({str(found)[:300]})" if found else ""


def _reason(error: Exception) -> str:
    if isinstance(error, socket.timeout):
        return "timed out"
    return str(error) or type(error).__name__


def _is_json(reply: Reply) -> bool:
    try:
        reply.json()
    except (ValueError, RecursionError):
        return False
    return True
