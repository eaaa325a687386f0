"""What happens in the repository: pushes, locks, workflow runs with their jobs, checks, issues and comments."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sandbox.page.snapshot import LOCKS, Snapshot
from sandbox.page.stacks import Stack
from sandbox.page.view.entry import Entry, ended, milliseconds
from sandbox.world.github.history import HEADS
from sandbox.world.state import Document

REACTIONS = {
    "+1": "👍",
    "-1": "👎",
    "laugh": "😄",
    "confused": "😕",
    "heart": "❤️",
    "hooray": "🎉",
    "rocket": "🚀",
    "eyes": "👀",
}
ABOUT_NO_BRANCH = ("issue_comment", "workflow_run")
"""Events whose runs are on the default branch, whatever they are about."""
_BEGUN = {"waiting": "is waiting for approval", "queued": "is queued", "pending": "waits for its turn"}
_COMMENT_OF_MARKUP = re.compile(r"<!--.*?-->", re.DOTALL)
_LINK = re.compile(r"\[([^\]]*)\]\((?:https?|mailto):[^)\s]*\)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!|<>~-])")


def github_entries(snapshot: Snapshot, stacks: Sequence[Stack]) -> Iterator[Entry]:
    """What happened in the stacks' repositories."""
    environments = {stack.branch: stack.name for stack in stacks}
    yield from _branch_entries(snapshot, environments)
    yield from _run_entries(snapshot, environments)
    for number, check in snapshot.all("github.check_runs").items():
        yield Entry(
            key=f"check {number}",
            at=milliseconds(check["completed_at"] or check["started_at"]),
            kind="check",
            title=f"{check['name']}: {check['conclusion'] or check['status']}",
            text=f"{check['app']['slug']} about {check['sha'][:7]}",
            outcome=ended(check["conclusion"]),
        )
    yield from _issue_entries(snapshot)
    yield from _record_entries(snapshot)


def environment_of_run(run: Document, environments: Mapping[str, str]) -> str:
    """The environment of a run, by its branch; empty where the branch says nothing."""
    return "" if run["event"] in ABOUT_NO_BRANCH else environments.get(run["head_branch"], "")


def plain_markdown(text: str) -> str:
    """A comment's text without what only a program reads, and links as their words."""
    shown = _LINK.sub(r"\1", _COMMENT_OF_MARKUP.sub("", text)).replace("**", "").replace("`", "")
    return _ESCAPED.sub(r"\1", shown).strip()


def run_title(run: Document) -> str:
    """A run by its workflow's name and its number."""
    return f"{run['name']} #{run['run_number']}"


def _branch_entries(snapshot: Snapshot, environments: Mapping[str, str]) -> Iterator[Entry]:
    for key, activity in snapshot.all("github.activities").items():
        branch = activity["ref"].removeprefix(HEADS)
        who = activity["actor"] or "somebody"
        at = milliseconds(activity["timestamp"])
        if branch.startswith(LOCKS):
            environment = branch.removeprefix(LOCKS)
            taken = activity["activity_type"] != "branch_deletion"
            title = f"{who} {'locked' if taken else 'unlocked'} {environment}"
            outcome = "waiting" if taken else "info"
            yield Entry(key=f"lock {key}", at=at, kind="push", environment=environment, title=title, outcome=outcome)
            continue
        message = snapshot.messages.get(activity["after"], "")
        if activity["activity_type"] in ("push", "force_push", "pr_merge") and "[skip ci]" not in message:
            verb = "merged into" if activity["activity_type"] == "pr_merge" else "pushed to"
            yield Entry(
                key=f"push {key}",
                at=at,
                kind="push",
                environment=environments.get(branch, ""),
                title=f"{who} {verb} {branch}: “{message}”",
                text=activity["after"][:7],
            )


def _run_entries(snapshot: Snapshot, environments: Mapping[str, str]) -> Iterator[Entry]:
    for run in snapshot.all("github.workflow_runs").values():
        environment = environment_of_run(run, environments)
        link = f"/runs/{run['id']}"
        named = run_title(run)
        yield Entry(
            key=f"run {run['id']}",
            at=milliseconds(run["created_at"]),
            kind="run",
            environment=environment,
            title=f"{named} {_BEGUN.get(run['status'], 'started')}",
            text=f"{run['event'].replace('_', ' ')} by {run['actor']} · {run['display_title']}",
            outcome="waiting" if run["status"] == "waiting" else "info" if run["conclusion"] else "running",
            link=link,
        )
        for number, review in enumerate(run["approvals"]):
            yield Entry(
                key=f"review {run['id']} {number}",
                # Worlds that were made before reviews bore a time are kept.
                at=milliseconds(review.get("at") or run["updated_at"]),
                kind="run",
                environment=environment,
                title=f"{review['login']} {review['state']} {named} for {review['environment']}",
                text=review["comment"],
                outcome="success" if review["state"] == "approved" else "failure",
                link=link,
            )
        yield from _job_entries(run, environment)
        if run["status"] == "completed":
            failed = [job["name"] for job in run["jobs"] if ended(job["conclusion"]) == "failure"]
            yield Entry(
                key=f"run {run['id']} ended",
                at=milliseconds(run["updated_at"]),
                kind="run",
                environment=environment,
                title=f"{named} ended: {run['conclusion']}",
                text=run.get("message") or (f"failed: {', '.join(failed)}" if failed else ""),
                outcome=ended(run["conclusion"]),
                link=link,
            )


def _job_entries(run: Document, environment: str) -> Iterator[Entry]:
    """Those that did not succeed one by one; those that did in one entry, which is another one when there are more."""
    done = [job for job in run["jobs"] if job["conclusion"] not in (None, "skipped") and job["completed_at"]]
    passed = [job for job in done if job["conclusion"] == "success"]
    for job in done:
        if job["conclusion"] != "success":
            yield Entry(
                key=f"job {run['id']} {job['id']}",
                at=milliseconds(job["completed_at"]),
                kind="check",
                environment=environment,
                title=f"{job['name']}: {job['conclusion']}",
                text=f"{run_title(run)} at {run['head_sha'][:7]}",
                outcome=ended(job["conclusion"]),
                link=f"/runs/{run['id']}",
            )
    if passed:
        number = f"{len(passed)} job{'s' if len(passed) > 1 else ''}"
        yield Entry(
            key=f"jobs {run['id']} {len(passed)}",
            at=max(milliseconds(job["completed_at"]) for job in passed),
            kind="check",
            environment=environment,
            title=f"{run_title(run)}: {number} passed",
            text=", ".join(job["name"] for job in passed),
            outcome="success",
            link=f"/runs/{run['id']}",
        )


def _issue_entries(snapshot: Snapshot) -> Iterator[Entry]:
    for issue in snapshot.all("github.issues").values():
        kind = "pull request" if issue["pull_request"] else "issue"
        yield Entry(
            key=f"issue {issue['id']}",
            at=milliseconds(issue["created_at"]),
            kind="comment",
            title=f"{issue['login']} opened {kind} #{issue['number']}: {issue['title']}",
            number=issue["id"],
        )
    for number, comment in snapshot.all("github.comments").items():
        first, _, rest = plain_markdown(comment["body"]).partition("\n")
        given = dict.fromkeys(REACTIONS.get(reaction["content"], "") for reaction in comment["reactions"])
        yield Entry(
            key=f"comment {number}",
            at=milliseconds(comment["created_at"]),
            kind="comment",
            title=f"{comment['login']} on #{comment['issue']}: {first} {''.join(given)}".strip(),
            text=rest.strip(),
            number=comment["id"],
        )


def _record_entries(snapshot: Snapshot) -> Iterator[Entry]:
    """What releases and rollbacks recorded as serving."""
    for number, record in snapshot.all("github.deployments").items():
        payload = record["payload"]
        if record["task"] != "serve" or not isinstance(payload, dict):
            continue
        yield Entry(
            key=f"record {number}",
            at=milliseconds(record["created_at"]),
            kind="traffic",
            environment=record["environment"],
            title=f"GitHub has on record that {_recorded(payload)} serves",
            text=f"through a {payload.get('kind', 'move')} by {payload.get('by', record['creator'])}",
        )


def _recorded(payload: Mapping[str, Any]) -> str:
    """What serves, by its commit where the record names one, as it is named elsewhere on the page."""
    return str(payload.get("commit") or "")[:7] or str(payload.get("deployment", "something"))
