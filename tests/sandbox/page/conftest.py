import contextlib
import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from sandbox.page.server import TOKEN_HEADER, Page, served
from sandbox.world.server import running
from tests.sandbox.page.story import STACKS, Story

PATIENCE_SECONDS = 20
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Clients of plain ports need no certificates, which take their time to read."""


@dataclass(frozen=True, slots=True)
class ServedPage:
    """The page of a story while it is served."""

    story: Story
    url: str
    http: httpx2.Client

    @property
    def token(self) -> str:
        """What the page holds to press its buttons."""
        found = re.search(r'name="page-token" content="([^"]+)"', self.http.get(self.url).text)
        assert found is not None
        return found[1]

    def press(self, action: str, **asked: Any) -> httpx2.Response:
        """Press a button as the page does; numbers may be such as are no JSON, which Python reads all the same."""
        headers = {TOKEN_HEADER: self.token, "Origin": self.url}
        return self.http.post(f"{self.url}/actions/{action}", content=json.dumps(asked), headers=headers)


@contextlib.contextmanager
def views(page: ServedPage) -> Iterator[Iterator[Any]]:
    """The events of the page: its token first, then every view."""
    with (
        httpx2.Client(trust_env=False, verify=NO_TLS, timeout=PATIENCE_SECONDS) as http,
        http.stream("GET", f"{page.url}/events") as answer,
    ):
        assert answer.headers["content-type"] == "text/event-stream"
        yield (json.loads(line.removeprefix("data: ")) for line in answer.iter_lines() if line.startswith("data: "))


@contextlib.contextmanager
def serving(story: Story) -> Iterator[str]:
    """Serve the page of a story's world in the background; yields its address."""
    page = Page(story.state, STACKS, [story.accounts.database_password], site=story.urls["site"])
    with served(page) as address:
        yield address


@contextlib.contextmanager
def told(home: Path) -> Iterator[Story]:
    """A world in which the accounts are open, and nothing else has happened."""
    with running(home / "world.db") as (state, urls), httpx2.Client(trust_env=False, verify=NO_TLS) as http:
        yield Story(state, urls, http, home)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    with told(tmp_path) as made:
        yield made


@pytest.fixture
def page(story: Story) -> Iterator[ServedPage]:
    with serving(story) as url:
        yield ServedPage(story, url, story.http)
