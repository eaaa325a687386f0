"""Taking a lock without making anybody wait: a short timeout, and again later, within a budget.

Whoever asks for a strong lock makes every later session queue behind it, for as long as it waits: so a writer stalls
for at most the lock timeout (and for what the statement does once it has the lock, which is bounded as well).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import sqlalchemy as sa

from deploy.clock import Clock
from deploy.console import Console
from deploy.errors import FailedError
from deploy.migrations.blockers import Blockers
from deploy.migrations.database import brief, sqlstate

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0
NOT_AVAILABLE = "55P03"
DEADLOCK = "40P01"
AGAIN = (NOT_AVAILABLE, DEADLOCK)


@dataclass(frozen=True, kw_only=True, slots=True)
class LockBudget:
    """How locks are asked for.

    Attributes:
        timeout: how long one attempt waits for a lock, in seconds.
        seconds: how long it is tried in all; 0 is once.
        clock: waits between attempts.
        console: is told who blocks.
        blockers: finds that out.
        jitter: makes the pauses differ, so that two runs do not meet again and again.
    """

    timeout: float
    seconds: float
    clock: Clock
    console: Console
    blockers: Blockers
    jitter: random.Random = field(default_factory=random.SystemRandom)

    def run(self, what: str, connection: sa.Connection, attempt: Callable[[], None]) -> int:
        """Try until it is done.

        Args:
            what: what is done, for people.
            connection: the one that the attempt uses; its transaction is rolled back before the next attempt.
            attempt: does it, or raises what PostgreSQL raised.

        Returns:
            How many attempts it took.

        Raises:
            FailedError: when the budget has ended.
            DBAPIError: any other error of the attempt.
        """
        deadline = self.clock.monotonic() + self.seconds
        number = 0
        while True:
            number += 1
            try:
                with self.blockers.watch(connection):
                    attempt()
            except sa.exc.DBAPIError as error:
                if sqlstate(error) not in AGAIN:
                    raise
                pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(number, 8)) * self.jitter.uniform(0.5, 1)
                blocked = "; ".join(self.blockers.seen) or brief(error)
                if self.clock.monotonic() + pause > deadline:
                    raise self._ended(what, number, blocked) from error
                self.console.log(
                    f"{what}: attempt {number} did not get its lock, again in {pause:.1f} s. Blocked by {blocked}"
                )
                self.clock.sleep(pause)
            else:
                return number

    def _ended(self, what: str, attempts: int, blocked: str) -> FailedError:
        return FailedError(
            f"{what} did not get its lock in {attempts} attempts over {self.seconds:.0f} s. Blocked by {blocked}.",
            state="The database is as it was.",
            following="run the same again when those transactions have ended, or give it longer with --lock-budget.",
        )
