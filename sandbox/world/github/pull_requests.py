"""A pull request as the world keeps it, and as GitHub shows it: https://docs.github.com/rest/pulls/pulls.

It is kept in `github.pulls` next to the issue of the same number. While it is open, its head and base follow their
branches: whoever asks for it gets it as they are then.
"""

from collections.abc import Iterator
from typing import Any

from sandbox.world.github import git_objects, history
from sandbox.world.github.access import author_association, find_repository
from sandbox.world.github.commits import line_counts
from sandbox.world.github.identifiers import html_url, node_id
from sandbox.world.github.repositories import repository_url, whole_repository
from sandbox.world.github.users import simple_user_of
from sandbox.world.service import Request
from sandbox.world.state import Document, State

MERGER = {"name": "GitHub", "email": "noreply@github.com"}


def pull_key(repository: Document, number: int | str) -> str:
    """The key of a pull request, and of its issue."""
    return f"{repository['full_name'].lower()}/{number}"


def find_pull(state: State, repository: Document, number: int | str) -> Document | None:
    """A pull request as its branches are now."""
    pull = state.collection("github.pulls").get(pull_key(repository, number))
    return follow_branches(state, repository, pull) if pull else None


def list_pulls(state: State, repository: Document) -> Iterator[Document]:
    """A repository's pull requests as their branches are now, oldest first."""
    for pull in state.collection("github.pulls").values():
        if pull["repository"] == repository["full_name"]:
            yield follow_branches(state, repository, pull)


def list_pulls_of_branch(state: State, source: Document, branch: str) -> list[Document]:
    """The open pull requests of all repositories whose head is that branch, as they were when last looked at."""
    return [
        pull
        for pull in state.collection("github.pulls").values()
        if (pull["state"], pull["head_repository"], pull["head_ref"]) == ("open", source["full_name"], branch)
    ]


def list_pulls_into(state: State, repository: Document, branch: str) -> list[Document]:
    """The open pull requests of a repository whose base is that branch, as they were when last looked at."""
    return [
        pull
        for pull in state.collection("github.pulls").values()
        if (pull["state"], pull["repository"], pull["base_ref"]) == ("open", repository["full_name"], branch)
    ]


def follow_branches(state: State, repository: Document, pull: Document) -> Document:
    """Bring an open pull request up to its branches, with `refs/pull/N/head` and the merge that GitHub tries out."""
    source = find_repository(state, *pull["head_repository"].split("/"))
    if pull["state"] != "open" or source is None:
        return pull
    head = history.find_ref(state, source, f"refs/heads/{pull['head_ref']}") or pull["head_sha"]
    base = history.find_ref(state, repository, f"refs/heads/{pull['base_ref']}") or pull["base_sha"]
    if (head, base) == (pull["head_sha"], pull["base_sha"]) and "mergeable" in pull:
        return pull
    history.copy_history(state, source, repository, head)
    merged = _merge(state, repository, head, base, f"Merge {head} into {base}")
    pull = {**pull, "head_sha": head, "base_sha": base, "mergeable": merged is not None}
    history.set_ref(state, repository, f"refs/pull/{pull['number']}/head", head)
    if merged is not None:
        pull["merge_commit_sha"] = merged
        history.set_ref(state, repository, f"refs/pull/{pull['number']}/merge", merged)
    state.collection("github.pulls")[pull_key(repository, pull["number"])] = pull
    return pull


def merge_base(state: State, repository: Document, head: str, base: str) -> Document | None:
    """The newest commit that both reach."""
    ours, theirs = (history.find_commit(state, repository, sha) for sha in (base, head))
    if ours is None or theirs is None:
        return None
    reached = {commit["sha"] for commit in history.log(state, repository, ours)}
    return next((commit for commit in history.log(state, repository, theirs) if commit["sha"] in reached), None)


def changed_files(state: State, repository: Document, pull: Document) -> list[Document]:
    """The files that a pull request changes, as commits have them."""
    common = merge_base(state, repository, pull["head_sha"], pull["base_sha"])
    head = _commit(state, repository, pull["head_sha"])
    return git_objects.compare_trees(state, common["tree"] if common else None, head["tree"])


def show_pull(request: Request, repository: Document, pull: Document) -> Document:
    """A pull request in full (schema `pull-request`)."""
    state = request.state
    files = changed_files(state, repository, pull)
    counts = [line_counts(state, change["before"], change["after"]) for change in files]
    comments = [
        comment
        for comment in state.collection("github.comments").values()
        if (comment["repository"], comment["issue"]) == (repository["full_name"], pull["number"])
    ]
    is_open = pull["state"] == "open"
    return {
        **show_pull_in_list(request, repository, pull),
        "merged": pull["merged_at"] is not None,
        "mergeable": pull.get("mergeable") if is_open else None,
        "rebaseable": pull.get("mergeable") if is_open else None,
        "mergeable_state": ("clean" if pull.get("mergeable") else "dirty") if is_open else "unknown",
        "merged_by": simple_user_of(request, pull["merged_by"]),
        "comments": len(comments),
        "review_comments": 0,
        "maintainer_can_modify": False,
        "commits": len(own_commits(state, repository, pull)),
        "additions": sum(added for added, _ in counts),
        "deletions": sum(removed for _, removed in counts),
        "changed_files": len(files),
    }


def own_commits(state: State, repository: Document, pull: Document) -> list[Document]:
    """The commits of a pull request that its base does not have without it, newest first."""
    reached = {commit["sha"] for commit in history.log(state, repository, _commit(state, repository, pull["base_sha"]))}
    head = _commit(state, repository, pull["head_sha"])
    return [commit for commit in history.log(state, repository, head) if commit["sha"] not in reached]


def show_pull_in_list(request: Request, repository: Document, pull: Document) -> Document:
    """A pull request as lists show it (schema `pull-request-simple`)."""
    link = repository_url(request, repository, f"/pulls/{pull['number']}")
    issue = repository_url(request, repository, f"/issues/{pull['number']}")
    page = html_url(request, f"/{repository['full_name']}/pull/{pull['number']}")
    links = {
        "self": link,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{link}/comments",
        "review_comment": repository_url(request, repository, "/pulls/comments{/number}"),
        "commits": f"{link}/commits",
        "statuses": repository_url(request, repository, f"/statuses/{pull['head_sha']}"),
    }
    source = find_repository(request.state, *pull["head_repository"].split("/")) or repository
    return {
        "url": link,
        "id": pull["id"],
        "node_id": node_id("PullRequest", pull["id"]),
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        **{f"{name}_url": links[name] for name in ("commits", "review_comments", "review_comment", "comments")},
        "statuses_url": links["statuses"],
        "number": pull["number"],
        "state": pull["state"],
        "locked": False,
        "title": pull["title"],
        "user": simple_user_of(request, pull["login"]),
        "body": None,
        "labels": [],
        "milestone": None,
        "draft": False,
        "assignee": None,
        "assignees": [],
        "requested_reviewers": [],
        "requested_teams": [],
        **{name: pull[name] for name in ("created_at", "updated_at", "closed_at", "merged_at")},
        "merge_commit_sha": pull.get("merge_commit_sha"),
        "head": _end(request, source, pull["head_ref"], pull["head_sha"]),
        "base": _end(request, repository, pull["base_ref"], pull["base_sha"]),
        "_links": {name: {"href": target} for name, target in links.items()},
        "author_association": author_association(request.state, repository, pull["login"]),
        "auto_merge": None,
    }


def show_pulls_of_branch(request: Request, repository: Document, source: Document, branch: str) -> list[Document]:
    """The open pull requests of a branch in the few fields that runs and checks show; none where it is a fork's."""
    if source["full_name"] != repository["full_name"]:
        return []
    pulls = list_pulls_of_branch(request.state, source, branch)
    place = {"id": repository["id"], "url": repository_url(request, repository), "name": repository["name"]}
    return [
        {
            "id": pull["id"],
            "number": pull["number"],
            "url": repository_url(request, repository, f"/pulls/{pull['number']}"),
            "head": {"ref": pull["head_ref"], "sha": pull["head_sha"], "repo": place},
            "base": {"ref": pull["base_ref"], "sha": pull["base_sha"], "repo": place},
        }
        for pull in (follow_branches(request.state, repository, known) for known in pulls)
    ]


def _end(request: Request, repository: Document, ref: str, sha: str) -> dict[str, Any]:
    whole = whole_repository(request, repository)
    return {
        "label": f"{repository['owner']}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": whole["owner"],
        "repo": whole,
    }


def _merge(state: State, repository: Document, head: str, base: str, message: str) -> str | None:
    """A commit that merges the head into the base; None where they conflict."""
    common = merge_base(state, repository, head, base)
    ours, theirs = _commit(state, repository, base), _commit(state, repository, head)
    tree = git_objects.merge_trees(state, common["tree"] if common else None, ours["tree"], theirs["tree"])
    if tree is None:
        return None
    merged = history.write_commit(
        state, repository, tree=tree, parents=[base, head], message=message, author=MERGER, committer=MERGER
    )
    return merged["sha"]


def _commit(state: State, repository: Document, sha: str) -> Document:
    commit = history.find_commit(state, repository, sha)
    if commit is None:
        raise LookupError(f"{repository['full_name']} has no commit {sha}")
    return commit
