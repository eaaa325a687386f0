"""Notices that a world has changed, and makes the page's view of it anew."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence

from sandbox.page import ledger
from sandbox.page.health_checks import HealthChecks
from sandbox.page.redaction import masker
from sandbox.page.snapshot import take
from sandbox.page.stacks import Stack
from sandbox.page.view.database import Ledgers
from sandbox.page.view.page import view
from sandbox.world.state import State

_LOGGER = logging.getLogger(__name__)

POLL_SECONDS = 0.2
LEDGER_SECONDS = 2.0
LONGEST_PAUSE = 60.0
"""Seconds between looks for a database that was not there, at the most: an unknown server's log is not filled."""
REST = 3
"""Making a view may take a quarter of the time: the world is served by the same process."""


class Watch:
    """The newest view of a world, for as many pages as are open. Nothing is read while none is."""

    def __init__(self, state: State, stacks: Sequence[Stack], secrets: Sequence[str] = (), site: str = "") -> None:
        """Prepare to watch.

        Args:
            state: the world.
            stacks: its environments.
            secrets: what must not be shown, beside what the world itself keeps secret.
            site: the address of the site service; without it nothing is linked to.
        """
        self._state = state
        self._stacks = stacks
        self._secrets = secrets
        self._site = site
        self._changed = asyncio.Condition()
        self._open = 0
        self._text = ""
        self._number = 0
        self._ledgers: Ledgers = {}
        self._checks = HealthChecks()
        self._tasks: list[asyncio.Task[None]] = []
        self._stopped = False

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._tasks = [asyncio.create_task(self._watch_world()), asyncio.create_task(self._watch_ledgers())]

    async def stop(self) -> None:
        """End, and let every open page know."""
        self._stopped = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        async with self._changed:
            self._changed.notify_all()

    async def views(self, patience: float) -> AsyncGenerator[str | None, None]:
        """Every view from now on as JSON, the present one first; None after `patience` seconds without a new one."""
        self._open += 1
        seen = 0
        try:
            while not self._stopped:
                number, text = await self._next(seen, patience)
                if not self._stopped:
                    yield text if number != seen else None
                seen = number
        finally:
            self._open -= 1

    async def _next(self, seen: int, patience: float) -> tuple[int, str]:
        """The number and the text of the view, once it is another than the one that was seen, or patience ends."""
        async with self._changed:
            with contextlib.suppress(TimeoutError):
                changed = self._changed.wait_for(lambda: self._stopped or self._number != seen)
                await asyncio.wait_for(changed, patience)
            return self._number, self._text

    def make(self) -> str:
        """The view as it is now, as JSON in which no secret is."""
        snapshot = take(self._state, self._stacks, self._checks)
        mask = masker(self._state, self._secrets).mask
        return mask(json.dumps(view(snapshot, self._stacks, self._ledgers, self._site, mask)))

    async def _watch_world(self) -> None:
        known: tuple[tuple[int, int], Ledgers] | None = None
        clock = asyncio.get_running_loop()
        while True:
            now = (self._state.version(), self._ledgers)
            if not self._open or now == known:
                await asyncio.sleep(POLL_SECONDS)
                continue
            began = clock.time()
            try:
                text = await asyncio.to_thread(self.make)
            except Exception:
                # A world that changes while it is read can be half of one: it is read again when it changes next.
                _LOGGER.exception("The page could not be made.")
            else:
                await self._tell(text)
            known = now
            await asyncio.sleep(max(POLL_SECONDS, REST * (clock.time() - began)))

    async def _tell(self, text: str) -> None:
        if text == self._text:
            return
        async with self._changed:
            self._text = text
            self._number += 1
            self._changed.notify_all()

    async def _watch_ledgers(self) -> None:
        pause = LEDGER_SECONDS
        while True:
            if self._open:
                self._ledgers = await asyncio.to_thread(self._read_ledgers)
                pause = LEDGER_SECONDS if self._ledgers else min(pause * 2, LONGEST_PAUSE)
            await asyncio.sleep(pause if self._open else LEDGER_SECONDS)

    def _read_ledgers(self) -> Ledgers:
        try:
            addresses: Mapping[str, str] = ledger.addresses(self._state, self._stacks)
        except Exception:
            _LOGGER.exception("The databases' addresses could not be read.")
            return {}
        found = {name: ledger.read(url) for name, url in addresses.items()}
        return {name: rows for name, rows in found.items() if rows is not None}
