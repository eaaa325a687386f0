"""What holds for every test: its sandboxes are the example's, and are held to the services' own OpenAPI documents."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from sandbox.openapi.conformance import documents_of, violations
from sandbox.openapi.documents import SOURCES
from sandbox.paths import OTHER_CONFIGURATION
from sandbox.world import exchanges
from sandbox.world.exchanges import Exchange
from tests.example import EXAMPLE


def pytest_configure() -> None:
    """Let every sandbox here, also of processes that tests start, take the example's stack files."""
    os.environ[OTHER_CONFIGURATION] = str(EXAMPLE)


@pytest.fixture(scope="session", autouse=True)
def documents_are_here() -> None:
    """Fetch and read the documents before a client waits for an answer."""
    for service in SOURCES:
        documents_of(service)


@pytest.fixture(autouse=True)
def answers_hold_to_the_services_documents() -> Iterator[list[str]]:
    """Collects what an exchange of this process does that its service's document forbids; none may."""
    found: list[str] = []

    def observe(exchange: Exchange) -> None:
        if exchange.known and not exchange.injected:
            found.extend(violations(exchange))

    exchanges.observers.append(observe)
    yield found
    exchanges.observers.remove(observe)
    assert sorted(set(found)) == []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases the tests went through that are generated and not written out."""
    figures: Counter[str] = Counter()
    for report in terminalreporter.getreports("passed"):
        figures.update({name: value for name, value in report.user_properties if isinstance(value, int)})
    for name, value in figures.items():
        terminalreporter.write_line(f"{name}: {value}")
