"""All that the page shows, as one JSON document."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sandbox.page.snapshot import Snapshot
from sandbox.page.stacks import Stack
from sandbox.page.view.database import Ledgers, database_view
from sandbox.page.view.entry import KINDS
from sandbox.page.view.environment import environment_view
from sandbox.page.view.lengths import bounded
from sandbox.page.view.timeline import timeline
from sandbox.world.state import Document


def view(
    snapshot: Snapshot,
    stacks: Sequence[Stack],
    ledgers: Ledgers,
    site: str = "",
    mask: Callable[[str], str] = str,
) -> dict[str, Any]:
    """What the page shows of a world.

    Args:
        snapshot: the world.
        stacks: its environments, in the order in which they are shown.
        ledgers: what their databases say.
        site: the address of the site service; without it nothing is linked to.
        mask: replaces secrets in what is cut; the rest is as it was written.
    """
    made = {
        "environments": [
            {**environment_view(snapshot, stack, site), "database": database_view(ledgers.get(stack.name))}
            for stack in stacks
        ],
        "timeline": [asdict(entry) for entry in timeline(snapshot, stacks, ledgers)],
        "kinds": KINDS,
        "faults": [_fault(fault) for fault in snapshot.all("faults").values()],
        "issues": [
            {"number": issue["number"], "title": issue["title"], "pull_request": issue["pull_request"]}
            for issue in reversed(list(snapshot.all("github.issues").values()))
        ],
        "people": [{"login": login, "role": role} for login, role in snapshot.people.items()],
    }
    return bounded(made, mask)


def _fault(fault: Document) -> str:
    """An armed fault in words."""
    what = {
        "status": f"answer {fault['status']}",
        "slow": f"are answered {fault['seconds']:g} s late",
        "timeout": "are never answered",
        "reset": "are cut off",
        "broken": "get half an answer",
        "refused": "find a closed door",
    }[fault["kind"]]
    service = "any service" if fault["service"] == "*" else fault["service"]
    where = f" at {fault['path']}" if fault["path"] else ""
    calls = "the next call" if fault["times"] == 1 else f"the next {fault['times']} calls"
    return f"{calls} to {service}{where}: {what}"
