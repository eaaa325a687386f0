"""Locks: an environment that is held is not deployed to until somebody lets go of it. A rollback takes one.

A lock is a branch of the app's repository, `deploy-lock/production`, whose only file says who holds it and why. GitHub
creates a branch once, so two that lock at once cannot both succeed; and where everything else is down a person still
sees the branch, and deletes it.
"""

import base64
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from deploy.clients.github import UNPROCESSABLE, GitHub, unreadable
from deploy.http_client import CallFailedError

BRANCH = "deploy-lock/"
FILE = "lock.json"
_FIELDS = ("environment", "reason", "by", "since", "link")


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    """One held environment.

    Attributes:
        environment: its name.
        reason: why it is held.
        by: the login of whoever holds it.
        since: when it was taken, in ISO 8601.
        link: the comment or the run that took it; may be empty.
    """

    environment: str
    reason: str
    by: str
    since: str
    link: str = ""

    def __str__(self) -> str:
        return f"{self.environment} is locked by {self.by} since {self.since}: {self.reason}"


def said(moment: datetime) -> str:
    """A moment as `since` holds it."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def read(github: GitHub, environment: str) -> Lock | None:
    """The lock of an environment; None where nobody holds it.

    `GET /repos/{owner}/{repo}/contents/{path}`, `GET /repos/{owner}/{repo}/git/ref/{ref}`.

    Raises:
        CallFailedError: when GitHub does not tell, so that nobody knows.
    """
    found = _file(github, environment)
    if found is None:
        if not _exists(github, environment):
            return None
        # Taken between the two questions; or a branch without the file, made by hand, which holds all the same.
        found = _file(github, environment)
        if found is None:
            return _by_hand(environment)
    try:
        written = json.loads(base64.b64decode(found["content"]))
        return Lock(**{field: str(written[field]) for field in _FIELDS})
    except (KeyError, TypeError, ValueError, RecursionError):
        return _by_hand(environment)


def take(github: GitHub, lock: Lock) -> Lock:
    """Hold an environment, unless somebody does already.

    `POST /repos/{owner}/{repo}/git/trees`, `…/git/commits`, `…/git/refs`.

    Returns:
        The lock that holds it now: the given one, or the one that was there before.

    Raises:
        CallFailedError: when GitHub did not say that it is held.
    """
    held = read(github, lock.environment)
    if held is not None:
        return held
    content = json.dumps(asdict(lock), indent=2, ensure_ascii=False)
    entry = {"path": FILE, "mode": "100644", "type": "blob", "content": f"{content}\n"}
    name = f"lock {lock.environment}"
    # Trees and commits are named by their content: to make one twice is to make it once.
    tree = github.send(name, "POST", "/git/trees", {"tree": [entry]}, repeatable=True)
    message = f"Lock {lock.environment} [skip ci]\n\n{lock.reason}\n\nBy {lock.by}"
    try:
        body = {"message": message, "tree": tree["sha"], "parents": []}
        commit = github.send(name, "POST", "/git/commits", body, repeatable=True)
        reference = {"ref": f"refs/heads/{BRANCH}{lock.environment}", "sha": commit["sha"]}
    except (KeyError, TypeError):
        raise unreadable(name) from None
    try:
        github.send(name, "POST", "/git/refs", reference, repeatable=True)
    except CallFailedError as error:
        # Somebody was faster, or GitHub did what an unanswered try of this very call asked for.
        if error.status == UNPROCESSABLE and (held := read(github, lock.environment)) is not None:
            return held
        raise
    return lock


def let_go(github: GitHub, environment: str) -> Lock | None:
    """Let go of an environment. `DELETE /repos/{owner}/{repo}/git/refs/{ref}`.

    Returns:
        The lock that held it; None where none did.

    Raises:
        CallFailedError: when GitHub did not say that it is free.
    """
    held = read(github, environment)
    if held is None:
        return None
    try:
        github.send(f"unlock {environment}", "DELETE", f"/git/refs/heads/{BRANCH}{environment}", repeatable=True)
    except CallFailedError as error:
        # GitHub's word for a reference that is gone, perhaps since an unanswered try.
        if error.status != UNPROCESSABLE or read(github, environment) is not None:
            raise
    return held


def _file(github: GitHub, environment: str) -> Any:
    return github.find(f"read the lock of {environment}", f"/contents/{FILE}", dict, ref=f"{BRANCH}{environment}")


def _exists(github: GitHub, environment: str) -> bool:
    path = f"/git/ref/heads/{BRANCH}{environment}"
    return github.find(f"read the lock of {environment}", path, dict) is not None


def _by_hand(environment: str) -> Lock:
    return Lock(
        environment=environment,
        reason=f"the branch {BRANCH}{environment} is there, and says nothing that can be read",
        by="somebody",
        since="an unknown time",
    )
