"""How the jobs of a release ended, as GitHub's `needs` tells it to the job that reports."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from deploy.errors import WrongUsageError

ENDED_BADLY = ("failure", "cancelled")
RESULTS = ("success", "skipped", *ENDED_BADLY)
"""What GitHub says of a job in `needs.<job_id>.result`
(https://docs.github.com/actions/reference/workflows-and-actions/contexts#needs-context)."""
ADMISSION = "admission"
"""The job that lets a release start: within the window, on what is not locked, with what staging has verified. Where it
alone ended badly, nothing is wrong."""
AWAITING_APPROVAL = "awaiting_approval"
"""The job that only says that an approval is asked for. Nothing waits for it: its end is not the release's."""
MIGRATIONS = "migrations"
STAGED_TESTS = "staged_tests"
WAITING = "waiting"
"""The output of `awaiting_approval`: the attempt of the run in which Datadog was told."""
ORDER = (
    *(ADMISSION, "audit", "build", "backup", "stage", STAGED_TESTS, AWAITING_APPROVAL, MIGRATIONS, "promote"),
    *("domain_tests", "settle"),
)
"""The jobs as the workflows have them: GitHub promises no order in `needs`."""


@dataclass(frozen=True, slots=True)
class Jobs:
    """The jobs of one run.

    Attributes:
        results: how each ended, by its name.
        waiting: the attempt of the run in which Datadog was told that an approval is asked for; empty where it was not.
    """

    results: Mapping[str, str]
    waiting: str

    @property
    def ended_badly(self) -> list[str]:
        """Those that make the release a failure, in the order of the workflow."""
        names = [name for name, end in self.results.items() if end in ENDED_BADLY and name != AWAITING_APPROVAL]
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))

    @property
    def did_not_start(self) -> bool:
        """Whether the release was not let in, which is no failure."""
        return self.ended_badly == [ADMISSION]

    @property
    def asks_for_approval(self) -> bool:
        """Whether the workflow has an approval before its migrations."""
        return AWAITING_APPROVAL in self.results

    def migration(self, attempt: str) -> str:
        """How the migrations ended: `success`, `failure`, or empty where they were not begun and nobody was asked.

        Args:
            attempt: the attempt of the run.
        """
        ended = self.results.get(MIGRATIONS, "skipped")
        # A cancelled run may call a job cancelled that had never begun.
        if self.results.get(STAGED_TESTS, "success") != "success":
            return ""
        if ended == "skipped":
            return "failure" if self.waiting == attempt else ""
        return "success" if ended == "success" else "failure"


def parse(text: str) -> Jobs:
    """The jobs of a run.

    Args:
        text: GitHub's `needs` as JSON.

    Raises:
        WrongUsageError: when it is something else.
    """
    wrong = WrongUsageError("--jobs is not what GitHub calls `needs`.", "pass ${{ toJSON(needs) }}.")
    try:
        jobs = json.loads(text)
        results = {name: job["result"] for name, job in jobs.items()}
        waiting = (jobs.get(AWAITING_APPROVAL, {}).get("outputs") or {}).get(WAITING, "")
    except (ValueError, AttributeError, TypeError, KeyError):
        raise wrong from None
    if any(result not in RESULTS for result in results.values()):
        raise wrong
    return Jobs(results, waiting)
