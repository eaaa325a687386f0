"""The team's own webhooks: each has an address and a token, and takes an idempotency key."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit

from deploy.http_client import Call, HttpClient, Reply
from deploy.settings import Settings


class Webhook:
    """One webhook: `BACKUP` is reached at `BACKUP_WEBHOOK` with the token `BACKUP_TOKEN`."""

    def __init__(self, http: HttpClient, settings: Settings, name: str) -> None:
        """Take address and token from the settings, which must have both.

        Args:
            http: makes the calls.
            settings: the environment variables.
            name: the beginning of both variables' names.
        """
        self._http = http
        self._name = name.lower().replace("_", " ")
        self._url = settings[f"{name}_WEBHOOK"]
        self._headers = {"authorization": f"Bearer {settings[f'{name}_TOKEN']}"}

    def post(self, body: Mapping[str, Any], *, key: str) -> Reply:
        """Ask for something once, however often the request has to be sent.

        Args:
            body: what is asked for.
            key: the same key asks for the same thing
                (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/).

        Raises:
            CallFailedError: when it refused or did not answer.
        """
        headers = {**self._headers, "idempotency-key": key}
        return self._http.send(
            Call(
                name=f"Webhook: {self._name}",
                url=self._url,
                method="POST",
                headers=headers,
                body=body,
                secret_url=True,
            ),
            check_json=True,
        )

    def follow(self, location: str) -> Reply | None:
        """Look at what an answer's `Location` names.

        Args:
            location: an address, or a reference relative to the webhook's own.

        Returns:
            The answer; None where that is on another host, which must not see the token, or no address at all.

        Raises:
            CallFailedError: when it refused or did not answer.
        """
        here = urlsplit(self._url)
        try:
            url = urljoin(self._url, location)
            there = urlsplit(url)
        except ValueError:
            return None
        if (here.scheme, here.netloc) != (there.scheme, there.netloc) or not url.isascii():
            return None
        return self._http.send(
            Call(name=f"Webhook: {self._name}, status", url=url, headers=self._headers, secret_url=True),
            check_json=True,
        )
