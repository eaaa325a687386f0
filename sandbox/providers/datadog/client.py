"""Datadog's API as its provider calls it."""

from dataclasses import dataclass
from typing import Any

from sandbox.providers.http_client import NOT_FOUND, CallError, HttpClient


@dataclass(frozen=True, slots=True)
class Datadog:
    """A configured provider."""

    http: HttpClient

    def find(self, path: str, /, **query: str) -> Any:
        """The JSON body of a GET; None where nothing is."""
        try:
            return self.http.get(path, **query)
        except CallError as error:
            if error.status == NOT_FOUND:
                return None
            raise
