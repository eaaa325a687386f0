"""What a run's jobs are told of its event: https://docs.github.com/webhooks/webhook-events-and-payloads."""

from typing import Any
from urllib.parse import quote

from sandbox.world.github import history
from sandbox.world.github.organizations import find_organization
from sandbox.world.github.users import add_user, find_user
from sandbox.world.state import Document, State

SERVER_URL = "https://github.com"
API_URL = "https://api.github.com"
NO_COMMIT = "0" * 40


def payload(state: State, repository: Document, run: Document, commit: Document) -> dict[str, Any]:
    """The event of a run, in the fields that workflows read; what the run was recorded with comes on top."""
    event: dict[str, Any] = {
        "repository": _repository(state, repository),
        "sender": _user(state, run["actor"]),
    }
    organization = find_organization(state, repository["owner"])
    if organization is not None:
        event["organization"] = {"login": organization["login"], "id": organization["id"]}
    if run["event"] == "push":
        event |= _push(state, repository, run, commit)
    elif run["event"] == "workflow_dispatch":
        event |= {"inputs": run["inputs"] or None, "ref": run["ref"], "workflow": run["path"]}
    return {**event, **run.get("payload", {})}


def github_context(repository: Document, run: Document, state: State, event: dict[str, Any]) -> dict[str, Any]:
    """The `github` context of a run, without what only a job's own steps have."""
    ref_kind = "tag" if run["ref"].startswith("refs/tags/") else "branch"
    pull_request = event.get("pull_request") or {}
    return {
        "event": event,
        "event_name": run["event"],
        "workflow": run["name"],
        "run_id": str(run["id"]),
        "run_number": str(run["run_number"]),
        "run_attempt": str(run["run_attempt"]),
        "actor": run["actor"],
        "repository": repository["full_name"],
        "repository_owner": repository["owner"],
        "ref": run["ref"],
        "ref_name": run["ref"].removeprefix("refs/heads/").removeprefix("refs/tags/").removeprefix("refs/pull/"),
        "ref_type": "" if run["ref"].startswith("refs/pull/") else ref_kind,
        "sha": run["sha"],
        "head_ref": (pull_request.get("head") or {}).get("ref", ""),
        "base_ref": (pull_request.get("base") or {}).get("ref", ""),
        "server_url": SERVER_URL,
        "api_url": API_URL,
        "graphql_url": f"{API_URL}/graphql",
        "retention_days": "90",
        **more_context(repository, run, state),
    }


def more_context(repository: Document, run: Document, state: State) -> dict[str, Any]:
    """The part of the `github` context that act does not know."""
    workflow_ref = f"{repository['full_name']}/{run['path']}@{run['ref']}"
    owner = find_organization(state, repository["owner"]) or find_user(state, repository["owner"]) or {"id": 0}
    return {
        "triggering_actor": run["actor"],
        "actor_id": str(add_user(state, run["actor"])["id"]),
        "repository_id": str(repository["id"]),
        "repository_owner_id": str(owner["id"]),
        "repository_visibility": "private" if repository["private"] else "public",
        "repositoryurl": f"git://github.com/{repository['full_name']}.git",
        "workflow_ref": workflow_ref,
        "workflow_sha": run["sha"],
        "secret_source": "Actions",
    }


def _push(state: State, repository: Document, run: Document, commit: Document) -> dict[str, Any]:
    before = run["before"]
    pushed = _commit(repository, commit)
    known = history.find_commit(state, repository, before) if before else None
    new = [found for sha in run["pushed"] if (found := history.find_commit(state, repository, sha)) is not None]
    compared = f"{before[:12]}...{commit['sha'][:12]}" if before else commit["sha"][:12]
    return {
        "ref": run["ref"],
        "before": before or NO_COMMIT,
        "after": commit["sha"],
        "created": before is None,
        "deleted": False,
        "forced": known is not None and not history.is_ancestor(state, repository, known["sha"], commit["sha"]),
        "base_ref": None,
        "compare": f"{SERVER_URL}/{repository['full_name']}/compare/{compared}",
        "commits": [_commit(repository, one) for one in reversed(new)],
        "head_commit": pushed,
        "pusher": {"name": run["actor"], "email": None},
    }


def _commit(repository: Document, commit: Document) -> dict[str, Any]:
    changed = {
        status: [change["path"] for change in commit["files"] if change["status"] == status]
        for status in ("added", "removed", "modified")
    }
    return {
        "id": commit["sha"],
        "tree_id": commit["tree"],
        "distinct": True,
        "message": commit["message"],
        "timestamp": commit["committer"]["date"],
        "url": f"{SERVER_URL}/{repository['full_name']}/commit/{commit['sha']}",
        "author": {name: commit["author"][name] for name in ("name", "email")},
        "committer": {name: commit["committer"][name] for name in ("name", "email")},
        **changed,
    }


def _repository(state: State, repository: Document) -> dict[str, Any]:
    owner = find_organization(state, repository["owner"])
    return {
        "id": repository["id"],
        "name": repository["name"],
        "full_name": repository["full_name"],
        "private": repository["private"],
        "owner": {"login": repository["owner"], "type": "Organization" if owner else "User"},
        "html_url": f"{SERVER_URL}/{repository['full_name']}",
        "url": f"{API_URL}/repos/{repository['full_name']}",
        "default_branch": repository["default_branch"],
        "visibility": "private" if repository["private"] else "public",
    }


def _user(state: State, login: str) -> dict[str, Any]:
    user = add_user(state, login)
    return {
        "login": user["login"],
        "id": user["id"],
        "type": user["type"],
        "url": f"{API_URL}/users/{quote(user['login'])}",
        "html_url": f"{SERVER_URL}/{user['login']}",
    }
