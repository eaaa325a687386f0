"""Whether a commit's checks are green and its review approved, where the branch's rules ask for it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy.clients.github import GitHub, unreadable

_GREEN = ("success", "neutral", "skipped")
"""Conclusions of a check that let a merge through."""
_COUNT = ("OWNER", "MEMBER", "COLLABORATOR")
"""Whose reviews count, by how GitHub says that they belong to the repository."""
_DECIDES = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_PAGE = "100"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a branch's rules ask of a pull request."""

    checks: Sequence[str] = field(default_factory=tuple)
    approvals: int = 0


def faults(github: GitHub, branch: str, commit: str) -> list[str]:
    """What is missing before a commit of a branch may be released.

    Its own pull request is looked at, for checks run on that one's head, and a merge makes another commit. A commit
    without one was pushed by somebody whom the rules let through, and has only to be without a failed check.

    Args:
        github: the repository.
        branch: whose rules count.
        commit: on that branch.

    Returns:
        A sentence for each thing that is missing; empty where nothing is.

    Raises:
        CallFailedError: when GitHub does not tell.
    """
    try:
        asked = _asked(github.get("the branch's rules", f"/rules/branches/{branch}", list, per_page=_PAGE))
        pull = _pull_of(github.get("the commit's pull request", f"/commits/{commit}/pulls", list), branch)
        own = _conclusions(github, commit)
        failed = {name for name, conclusion in own.items() if conclusion not in ("", *_GREEN)}
        red = sorted(failed.intersection(asked.checks))
        found = [f"the check {name} failed on {commit[:12]}" for name in red]
        if pull is None:
            return found
        green = {name: conclusion for name, conclusion in own.items() if conclusion in _GREEN}
        reached = {**_conclusions(github, pull["head"]["sha"]), **green}
        missing = [name for name in asked.checks if reached.get(name) not in _GREEN and name not in red]
        found += [f"the check {name} of #{pull['number']} is not green" for name in missing]
        if asked.approvals:
            found += _review_faults(github, pull, asked.approvals)
    except (KeyError, TypeError, AttributeError):
        raise unreadable("the commit's checks and reviews") from None
    return found


def _asked(rules: Iterable[Mapping[str, Any]]) -> Asked:
    checks: dict[str, None] = {}
    approvals = 0
    for rule in rules:
        parameters = rule.get("parameters") or {}
        if rule["type"] == "required_status_checks":
            checks |= dict.fromkeys(check["context"] for check in parameters["required_status_checks"])
        elif rule["type"] == "pull_request":
            approvals = max(approvals, parameters["required_approving_review_count"])
    return Asked(tuple(checks), approvals)


def _pull_of(pulls: Iterable[Mapping[str, Any]], branch: str) -> Mapping[str, Any] | None:
    merged = [pull for pull in pulls if pull.get("merged_at") and pull["base"]["ref"] == branch]
    return merged[0] if merged else None


def _conclusions(github: GitHub, commit: str) -> dict[str, str]:
    """How each check on a commit ended, by its name; empty where it has not. Statuses count as checks."""
    runs = github.get("the commit's checks", f"/commits/{commit}/check-runs", dict, per_page=_PAGE)
    statuses = github.get("the commit's statuses", f"/commits/{commit}/status", dict, per_page=_PAGE)
    found: dict[str, str] = {}
    # A check that ran again, in another run of its workflow, is listed twice: the newest counts.
    for run in sorted(runs["check_runs"], key=lambda run: run["started_at"] or "~", reverse=True):
        found.setdefault(run["name"], run["conclusion"] or "")
    for status in statuses["statuses"]:
        found[status["context"]] = "" if status["state"] == "pending" else status["state"]
    return found


def _review_faults(github: GitHub, pull: Mapping[str, Any], approvals: int) -> list[str]:
    number = pull["number"]
    reviews = github.get("the pull request's reviews", f"/pulls/{number}/reviews", list, per_page=_PAGE)
    # The last word of each reviewer counts; a comment is none.
    last = {
        review["user"]["login"]: review["state"]
        for review in reviews
        if review["state"] in _DECIDES and review["user"] and review["author_association"] in _COUNT
    }
    found = [f"{login} asked for changes in #{number}" for login, state in last.items() if state == "CHANGES_REQUESTED"]
    approved = sum(state == "APPROVED" for state in last.values())
    if approved < approvals:
        found.append(f"#{number} has {approved} of the {approvals} approvals that {pull['base']['ref']} asks for")
    return found
