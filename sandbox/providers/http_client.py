"""Requests to a service as its real provider sends them: credentials, retries, and errors that can be acted on."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

import httpx2

NO_ANSWER = 0
UNAUTHORIZED = 401
FORBIDDEN = 403
NOT_FOUND = 404
NOT_MODIFIED = 304
TOO_MANY_REQUESTS = 429

_SECRET_FIELDS = frozenset({"value", "encrypted_value", "secret", "password", "content"})
_SHORTEST_SECRET = 6
_LONGEST_MESSAGE = 600


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered."""

    status: int
    body: Any
    headers: Mapping[str, str]
    """Names in lower case."""


class CallError(Exception):
    """A request that failed; says which, how, and what the service said, and never a secret."""

    def __init__(self, service: str, request: str, status: int, message: str, body: Any = None) -> None:
        super().__init__(f"{service}: {request}: {message}")
        self.status = status
        """The HTTP status; 0 when there was no answer."""
        self.body = body


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """Which answers are asked for again, how often, and after how long."""

    statuses: frozenset[int]
    retries: int
    delay: Callable[[int, Answer | None], float]
    """Seconds to wait, by the retry's number from 0 and the answer that was not good."""
    no_answer: bool = False
    """Whether a broken connection is tried again as well."""


class HttpClient:
    """One service, as one configured provider speaks to it. Safe to use from several threads."""

    def __init__(
        self,
        service: str,
        base_url: str,
        *,
        headers: Mapping[str, str],
        retry: RetryPolicy,
        one_at_a_time: bool = False,
        timeout: float = 30,
    ) -> None:
        """Speak to `base_url` with `headers`, which hold the credentials; `timeout` is in seconds."""
        self._service = service
        self._headers = dict(headers)
        self._retry = retry
        self._lock = threading.Lock() if one_at_a_time else nullcontext()
        self._client = httpx2.Client(base_url=base_url, headers=self._headers, timeout=timeout)

    def close(self) -> None:
        """Release the connections."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request with an optional JSON body, again where the policy says so.

        Raises:
            CallError: for any status from 300 on, and when there is no answer.
        """
        with self._lock:
            for number in range(self._retry.retries + 1):
                answer = self._send(method, path, body, query, headers, last=number == self._retry.retries)
                if answer is not None and (answer.status not in self._retry.statuses or number == self._retry.retries):
                    break
                time.sleep(self._retry.delay(number, answer))
        if answer is None or answer.status >= 300:  # noqa: PLR2004 - success ends at 299
            raise self._error(method, path, answer, body)
        return answer

    def get(self, path: str, /, **query: str) -> Any:
        """The JSON body of a GET."""
        return self.call("GET", path, query=query).body

    def post(self, path: str, body: Any) -> Any:
        """The JSON body of a POST's answer."""
        return self.call("POST", path, body).body

    def put(self, path: str, body: Any) -> Any:
        """The JSON body of a PUT's answer."""
        return self.call("PUT", path, body).body

    def patch(self, path: str, body: Any) -> Any:
        """The JSON body of a PATCH's answer."""
        return self.call("PATCH", path, body).body

    def delete(self, path: str, body: Any = None) -> None:
        """Send a DELETE."""
        self.call("DELETE", path, body)

    def _send(
        self,
        method: str,
        path: str,
        body: Any,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        *,
        last: bool,
    ) -> Answer | None:
        try:
            response = self._client.request(
                method, path, json=body, params=dict(query) if query else None, headers=dict(headers or {})
            )
        except httpx2.TransportError as error:
            if self._retry.no_answer and not last:
                return None
            kind = "no answer in time" if isinstance(error, httpx2.TimeoutException) else "the connection broke"
            raise CallError(
                self._service,
                f"{method} {path}",
                NO_ANSWER,
                f"{kind} ({type(error).__name__}). Whether the request took effect is unknown: run `pulumi refresh`, "
                "then `pulumi up` again.",
            ) from error
        return Answer(response.status_code, _body(response), {k.lower(): v for k, v in response.headers.items()})

    def _error(self, method: str, path: str, answer: Answer | None, sent: Any) -> CallError:
        if answer is None:
            raise AssertionError("the last try either answers or raises")
        message = _message(answer.body)
        for secret in sorted({*self._headers.values(), *_secrets(sent)}, key=len, reverse=True):
            bare = secret.removeprefix("Bearer ")
            if len(bare) >= _SHORTEST_SECRET:
                message = message.replace(bare, "[secret]")
        return CallError(self._service, f"{method} {path}", answer.status, f"{answer.status} {message}", answer.body)


@contextmanager
def closed_on_error(client: HttpClient) -> Iterator[HttpClient]:
    """Around what a client must be able to do before it is of use: a client that is not is closed."""
    try:
        yield client
    except BaseException:
        client.close()
        raise


def _body(response: httpx2.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        return response.text


def _message(body: Any) -> str:
    """The words of an error body, in each service's own shape."""
    text = body
    if isinstance(body, dict):
        error = body.get("error")
        if isinstance(error, dict):
            text = f"{error.get('code', '')} - {error.get('message', '')}"
        elif body.get("errors"):
            text = f"{body.get('message', '')} {body['errors']}".strip()
        else:
            text = body.get("message") or error or body
    return str(text if text is not None else "without a message")[:_LONGEST_MESSAGE]


def _secrets(sent: Any) -> Iterator[str]:
    """The texts of a request's body that must not come back in an error."""
    if isinstance(sent, dict):
        for name, value in sent.items():
            if name in _SECRET_FIELDS and isinstance(value, str):
                yield value
            elif name == "headers" and isinstance(value, dict):
                yield from (text for text in value.values() if isinstance(text, str))
            else:
                yield from _secrets(value)
    elif isinstance(sent, list):
        for item in sent:
            yield from _secrets(item)
