"""Starting a planned workflow, and what is answered until it has ended."""

from deploy.clients.github import GitHub, unreadable
from deploy.comments.markup import code, link
from deploy.comments.plan import Plan


def start(github: GitHub, plan: Plan, author: str, answer: int | None) -> tuple[int, str]:
    """Start it. `POST /repos/{owner}/{repo}/actions/workflows/{workflow}/dispatches`.

    Args:
        github: the repository.
        plan: what to start.
        author: the login of whoever asks.
        answer: the number of the comment that is to say how it ended; None where a terminal asks.

    Returns:
        The run's number and its page.

    Raises:
        CallFailedError: when GitHub did not say that it started. It is not asked twice: two runs could come of it.
    """
    name = f"start {plan.workflow}"
    # From a terminal the run is the person's own.
    inputs = {**plan.inputs, **({"answer": str(answer), "asked_by": author} if answer is not None else {})}
    body = {"ref": plan.ref, "inputs": inputs, "return_run_details": True}
    made = github.send(name, "POST", f"/actions/workflows/{plan.workflow}/dispatches", body)
    try:
        return int(made["workflow_run_id"]), str(made["html_url"])
    except (KeyError, TypeError, ValueError):
        raise unreadable(name, maybe_done=True) from None


def queued(plan: Plan, run: str) -> str:
    """What is answered while it runs."""
    where = f"commit {code(plan.commit[:12])}" if plan.commit else f"to {code(plan.command.target)}"
    reason = f" Reason: {code(plan.command.reason)}." if plan.command.reason else ""
    lines = [
        f"⏳ **{plan.title}** of {plan.command.environment}, {where}: {link('queued', run)}.{reason}",
        *(remark for remark in plan.remarks if remark),
        "This comment says how it ends.",
    ]
    return "\n\n".join(lines)
