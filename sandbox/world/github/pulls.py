"""Pull requests and reviews of them.

https://docs.github.com/rest/pulls/pulls and https://docs.github.com/rest/pulls/reviews. People open, merge and review
them by the functions here.
"""

from typing import Literal

from sandbox.world.github import git_objects, history
from sandbox.world.github.access import author_association, find_repository, open_repository
from sandbox.world.github.errors import error, not_found
from sandbox.world.github.identifiers import html_url, next_number, node_id, timestamp
from sandbox.world.github.issues import open_issue
from sandbox.world.github.pages import found, select_page
from sandbox.world.github.pull_request_events import record_branch_push, record_pull_request
from sandbox.world.github.pull_requests import (
    find_pull,
    list_pulls,
    list_pulls_into,
    list_pulls_of_branch,
    merge_base,
    own_commits,
    pull_key,
    show_pull,
    show_pull_in_list,
)
from sandbox.world.github.repositories import add_repository, repository_url
from sandbox.world.github.users import add_user, commit_person, simple_user_of
from sandbox.world.service import Request, Response, Routes
from sandbox.world.state import Document, State

routes = Routes()

Verdict = Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED"]


def add_fork(state: State, repository: Document, owner: str) -> Document:
    """The fork that a user has of a repository, made when there is none, with its default branch."""
    known = find_repository(state, owner, repository["name"])
    if known is not None:
        return known
    add_user(state, owner)
    default = repository["default_branch"]
    made = add_repository(state, owner, repository["name"], default_branch=default)
    fork: Document = {**made, "private": repository["private"], "fork": True}
    state.collection("github.repositories")[fork["full_name"].lower()] = fork
    state.collection("github.collaborators")[f"{fork['full_name'].lower()}/{owner.lower()}"] = {"role_name": "admin"}
    sha = history.find_ref(state, repository, f"refs/heads/{default}")
    if sha is not None:
        history.copy_history(state, repository, fork, sha)
        history.set_ref(state, fork, f"refs/heads/{default}", sha, actor=owner)
    return fork


def open_pull_request(
    state: State,
    repository: Document,
    *,
    login: str,
    title: str,
    head: str,
    base: str,
    head_repository: str | None = None,
) -> int:
    """Open a pull request as a person would, with the runs that start by it; returns its number.

    Args:
        state: the world.
        repository: the base.
        login: the author.
        title: its title.
        head: the branch with the changes.
        base: the branch to merge them into.
        head_repository: the full name of the fork that has the head (`add_fork`).

    Raises:
        LookupError: a branch is not there.
    """
    name = head_repository or repository["full_name"]
    source = find_repository(state, *name.split("/"))
    head_sha = history.find_ref(state, source, f"refs/heads/{head}") if source else None
    base_sha = history.find_ref(state, repository, f"refs/heads/{base}")
    if source is None or head_sha is None or base_sha is None:
        raise LookupError(f"there is no branch {head} of {name}, or no branch {base} of {repository['full_name']}")
    number = open_issue(state, repository, login=login, title=title, pull_request=True)
    now = timestamp()
    state.collection("github.pulls")[pull_key(repository, number)] = {
        "id": next_number(state),
        "number": number,
        "repository": repository["full_name"],
        "title": title,
        "login": login,
        "state": "open",
        "head_repository": source["full_name"],
        "head_ref": head,
        "head_sha": head_sha,
        "base_ref": base,
        "base_sha": base_sha,
        "merged_by": None,
        "merged_at": None,
        "closed_at": None,
        "created_at": now,
        "updated_at": now,
    }
    record_pull_request(state, repository, _pull(state, repository, number), "opened", login=login)
    return number


def close_pull_request(state: State, repository: Document, number: int, *, login: str) -> None:
    """Close a pull request without merging it. Raises LookupError for one that is not open."""
    pull = _open_pull(state, repository, number)
    _close(state, repository, pull, login=login)


def merge_pull_request(state: State, repository: Document, number: int, *, login: str) -> str:
    """Merge a pull request with a merge commit, as a person does on its page; returns the commit's ID.

    Rules are not asked: whoever calls this means a merge that they let through.

    Raises:
        LookupError: it is not open, or its branches conflict.
    """
    pull = _open_pull(state, repository, number)
    head, base = (history.find_commit(state, repository, pull[name]) for name in ("head_sha", "base_sha"))
    if head is None or base is None:
        raise LookupError(f"a branch of pull request {number} points at no commit")
    common = merge_base(state, repository, head["sha"], base["sha"])
    tree = git_objects.merge_trees(state, common["tree"] if common else None, base["tree"], head["tree"])
    if tree is None:
        raise LookupError(f"pull request {number} has conflicts")
    person = commit_person(add_user(state, login))
    owner = pull["head_repository"].partition("/")[0]
    message = f"Merge pull request #{number} from {owner}/{pull['head_ref']}\n\n{pull['title']}"
    commit = history.write_commit(
        state,
        repository,
        tree=tree,
        parents=[base["sha"], head["sha"]],
        message=message,
        author=person,
        committer=person,
    )
    ref = f"refs/heads/{pull['base_ref']}"
    history.set_ref(state, repository, ref, commit["sha"], actor=login, activity="pr_merge")
    merged = {**pull, "merged_at": timestamp(), "merged_by": login, "merge_commit_sha": commit["sha"]}
    _close(state, repository, merged, login=login)
    record_branch_push(state, repository, pull["base_ref"], commit, before=base["sha"], login=login)
    return commit["sha"]


def settle_pulls_of_branch(state: State, repository: Document, branch: str, *, login: str) -> None:
    """End the open pull requests that a branch which has moved, or is gone, leaves nothing to do.

    One that is gone closes those from it and into it; one that has a pull request's head has merged it.

    Args:
        state: the world.
        repository: whose branch.
        branch: its name.
        login: who moved or deleted it.
    """
    head = history.find_ref(state, repository, f"refs/heads/{branch}")
    if head is None:
        for pull in list_pulls_of_branch(state, repository, branch):
            base = find_repository(state, *pull["repository"].split("/"))
            if base is not None:
                _close(state, base, pull, login=login)
    for pull in list_pulls_into(state, repository, branch):
        if head is None:
            _close(state, repository, pull, login=login)
        elif history.is_ancestor(state, repository, pull["head_sha"], head):
            merged = {**pull, "merged_at": timestamp(), "merged_by": login, "merge_commit_sha": head}
            _close(state, repository, merged, login=login)


def submit_review(
    state: State,
    repository: Document,
    number: int,
    login: str,
    verdict: Verdict,
    *,
    commit: str | None = None,
) -> int:
    """Review a pull request at a commit (its head, without one) as a person would; returns the review's number.

    Raises LookupError for a pull request that is not there.
    """
    pull = _pull(state, repository, number)
    add_user(state, login)
    review = {
        "id": next_number(state),
        "pull": pull_key(repository, number),
        "login": login,
        "state": verdict,
        "commit": commit or pull["head_sha"],
        "submitted_at": timestamp(),
    }
    state.collection("github.reviews")[str(review["id"])] = review
    return review["id"]


@routes.add("GET", "/repos/{owner}/{repo}/pulls")
def list_all(request: Request) -> Response:
    """The open pull requests, or those in `state`, of a `head` (`owner:branch`) or into a `base`; newest first."""
    repository = open_repository(request, "pulls/pulls#list-pull-requests", permission="pull_requests:read")
    wanted = request.query.get("state", "open")
    owner, colon, branch = request.query.get("head", "").partition(":")
    pulls = [
        pull
        for pull in list_pulls(request.state, repository)
        if wanted in ("all", pull["state"])
        and request.query.get("base", pull["base_ref"]) == pull["base_ref"]
        # GitHub ignores a head without its owner.
        and (
            not colon
            or (owner.lower(), branch) == (pull["head_repository"].partition("/")[0].lower(), pull["head_ref"])
        )
    ]
    if request.query.get("direction", "desc") == "desc":
        pulls.reverse()
    return _listed(request, repository, pulls)


@routes.add("GET", "/repos/{owner}/{repo}/pulls/{pull_number}")
def get(request: Request) -> Response:
    """A pull request."""
    repository, pull = _named(request, "pulls/pulls#get-a-pull-request")
    return found(request, show_pull(request, repository, pull))


@routes.add("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/reviews")
def list_reviews(request: Request) -> Response:
    """The reviews of a pull request, oldest first."""
    repository, pull = _named(request, "pulls/reviews#list-reviews-for-a-pull-request")
    reviews = [
        review
        for review in request.state.collection("github.reviews").values()
        if review["pull"] == pull_key(repository, pull["number"])
    ]
    page, headers = select_page(request, reviews)
    return found(request, [_review(request, repository, pull, review) for review in page], headers)


@routes.add("GET", "/repos/{owner}/{repo}/commits/{commit_sha}/pulls")
def list_of_commit(request: Request) -> Response:
    """The pull requests that brought a commit, or would: the open ones and the merged ones."""
    documentation = "commits/commits#list-pull-requests-associated-with-a-commit"
    repository = open_repository(request, documentation, permission="pull_requests:read")
    commit = history.resolve(request.state, repository, request.parameters["commit_sha"])
    if commit is None:
        raise error(422, f"No commit found for SHA: {request.parameters['commit_sha']}", documentation)
    sha = commit["sha"]
    pulls = [
        pull
        for pull in list_pulls(request.state, repository)
        if (pull["state"] == "open" or pull["merged_at"] is not None)
        and (
            (pull["merged_at"] is not None and pull["merge_commit_sha"] == sha)
            or sha in [own["sha"] for own in own_commits(request.state, repository, pull)]
        )
    ]
    return _listed(request, repository, pulls)


def _listed(request: Request, repository: Document, pulls: list[Document]) -> Response:
    page, headers = select_page(request, pulls)
    return found(request, [show_pull_in_list(request, repository, pull) for pull in page], headers)


def _named(request: Request, documentation: str) -> tuple[Document, Document]:
    repository = open_repository(request, documentation, permission="pull_requests:read")
    pull = find_pull(request.state, repository, request.parameters["pull_number"])
    if pull is None:
        raise not_found(documentation)
    return repository, pull


def _pull(state: State, repository: Document, number: int) -> Document:
    pull = find_pull(state, repository, number)
    if pull is None:
        raise LookupError(f"{repository['full_name']} has no pull request {number}")
    return pull


def _open_pull(state: State, repository: Document, number: int) -> Document:
    pull = _pull(state, repository, number)
    if pull["state"] != "open":
        raise LookupError(f"pull request {number} of {repository['full_name']} is {pull['state']}")
    return pull


def _close(state: State, repository: Document, pull: Document, *, login: str) -> None:
    now = timestamp()
    closed = {**pull, "state": "closed", "closed_at": now, "updated_at": now}
    state.collection("github.pulls")[pull_key(repository, pull["number"])] = closed
    record_pull_request(state, repository, closed, "closed", login=login)


def _review(request: Request, repository: Document, pull: Document, review: Document) -> Document:
    link = repository_url(request, repository, f"/pulls/{pull['number']}")
    number = review["id"]
    page = html_url(request, f"/{repository['full_name']}/pull/{pull['number']}#pullrequestreview-{number}")
    return {
        "id": number,
        "node_id": node_id("PullRequestReview", number),
        "user": simple_user_of(request, review["login"]),
        "body": "",
        "state": review["state"],
        "html_url": page,
        "pull_request_url": link,
        "author_association": author_association(request.state, repository, review["login"]),
        "_links": {"html": {"href": page}, "pull_request": {"href": link}},
        "submitted_at": review["submitted_at"],
        "commit_id": review["commit"],
    }
