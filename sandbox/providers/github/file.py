"""RepositoryFile: /repos/{owner}/{repo}/contents/{path}; every change is a commit of its own."""

import base64
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

from sandbox.providers.github.client import GitHub, build_id, parse_id
from sandbox.providers.github.repository_change import replaced_by_repository
from sandbox.providers.http_client import NOT_FOUND, CallError
from sandbox.providers.resource import Failure, Made, RefusedError, Resource, Traits, made, merged
from sandbox.providers.rules import needs
from sandbox.providers.values import Properties

_AUTOCREATE = "autocreateBranch"
_LEFT_OUT: Properties = {"overwriteOnCreate": False}
"""What the state says of inputs that are left out; the checked inputs do not."""


class RepositoryFile(Resource[GitHub]):
    """A text file on a branch."""

    pulumi_type: ClassVar[str] = "github:index/repositoryFile:RepositoryFile"
    traits: ClassVar[Traits] = Traits(
        replace_on=frozenset({"file", "branch"}),
        never_differs=frozenset({_AUTOCREATE, "autocreateBranchSourceBranch", "autocreateBranchSourceSha"}),
    )

    def check(self, inputs: Properties) -> Iterator[Failure]:
        """An author has a name and an address; a source makes sense only for a branch that is made."""
        yield from needs(inputs, "commitAuthor", ["commitEmail"])
        yield from needs(inputs, "commitEmail", ["commitAuthor"])
        yield from needs(inputs, "autocreateBranchSourceBranch", [_AUTOCREATE])
        yield from needs(inputs, "autocreateBranchSourceSha", [_AUTOCREATE])

    def plan(self, client: GitHub, resource_id: str | None, state: Properties, inputs: Properties) -> frozenset[str]:
        """Another repository needs another file."""
        del resource_id
        return replaced_by_repository(client, state, inputs)

    def create(self, client: GitHub, inputs: Properties) -> Made:
        """GET the repository, the branch and the file there, PUT the file, then read it back."""
        repository = client.repository(inputs["repository"])
        branch = inputs.get("branch") or repository["default_branch"]
        if "branch" in inputs:
            _ensure_branch(client, inputs)
        body = _body(inputs, "Add")
        existing = _contents(client, inputs, branch)
        if existing is not None:
            if not inputs.get("overwriteOnCreate"):
                raise RefusedError(
                    f"{inputs['file']} exists already on branch {branch} of {client.owner}/{inputs['repository']}, and "
                    "overwriteOnCreate is not set. Nothing was changed. Set it, or run `pulumi import`."
                )
            body["sha"] = existing["sha"]
        committed = client.http.put(_path(client, inputs), body)
        made_id = build_id(inputs["repository"], inputs["file"], branch)
        state = merged(
            {**_LEFT_OUT, **inputs}, branch=branch, repositoryId=repository["id"], commitSha=committed["commit"]["sha"]
        )
        with made(made_id, state):
            found = self.read(client, made_id, state)
        if found is None:
            raise RefusedError(f"{inputs['file']} was committed to {branch}, and is not there. Run `pulumi refresh`.")
        return found

    def identify(self, client: GitHub, resource_id: str) -> Made:
        """`<repository>:<file path>:<branch>`; an empty branch is the repository's default branch."""
        repository, file, branch = parse_id(resource_id, "repository", "file path", "branch")
        found = client.repository(repository)
        branch = branch or found["default_branch"]
        state = {
            "repository": repository,
            "file": file,
            "branch": branch,
            "repositoryId": found["id"],
            "overwriteOnCreate": False,
        }
        return Made(build_id(repository, file, branch), state)

    def read(self, client: GitHub, resource_id: str, state: Properties) -> Made | None:
        """GET the file and the commit that wrote it."""
        content = _contents(client, state, state["branch"])
        if content is None:
            return None
        ref = parse_qs(urlsplit(content["url"]).query)["ref"][0]
        commit = _commit(client, state, ref)
        seen: dict[str, Any] = {
            "content": base64.b64decode(content["content"]).decode(),
            "sha": content["sha"],
            "ref": ref,
            "commitSha": commit["sha"],
            "commitMessage": commit["commit"]["message"],
        }
        committer = commit["commit"].get("committer") or {}
        if "commitAuthor" in state and committer.get("name") != "GitHub":
            seen["commitAuthor"] = committer.get("name")
            seen["commitEmail"] = committer.get("email")
        return Made(resource_id, merged(state, **seen))

    def update(self, client: GitHub, resource_id: str, state: Properties, inputs: Properties) -> Properties:
        """PUT the file in place of the known blob, then read it back. A file that changed since is answered 409."""
        new = {**_LEFT_OUT, **inputs, "branch": inputs.get("branch") or state["branch"]}
        new.setdefault("commitMessage", state.get("commitMessage", f"Add {inputs['file']}"))
        body = _body(new, "Update")
        body["sha"] = state.get("sha") or (_contents(client, new, new["branch"]) or {}).get("sha")
        committed = client.http.put(_path(client, inputs), {key: value for key, value in body.items() if value})
        new |= {"repositoryId": state.get("repositoryId"), "commitSha": committed["commit"]["sha"]}
        found = self.read(client, resource_id, merged(new))
        return found.state if found else merged(new)

    def delete(self, client: GitHub, _resource_id: str, state: Properties) -> None:
        """DELETE the file with a commit; one that is gone already is an error, as with the real provider."""
        client.http.delete(_path(client, state), {**_body(state, "Delete"), "sha": state.get("sha")})


def _path(client: GitHub, properties: Properties) -> str:
    return f"{client.repository_path(properties['repository'])}/contents/{quote(properties['file'])}"


def _contents(client: GitHub, properties: Properties, branch: str) -> Any:
    """The file on a branch; None when it is not there."""
    try:
        return client.http.get(_path(client, properties), ref=branch)
    except CallError as error:
        if error.status == NOT_FOUND:
            return None
        raise


def _commit(client: GitHub, state: Properties, ref: str) -> Any:
    """The commit that is known to have written the file, or else the last one that touched it."""
    commits = f"{client.repository_path(state['repository'])}/commits"
    sha = state.get("commitSha")
    if not sha:
        sha = client.http.get(commits, path=state["file"], sha=ref)[0]["sha"]
    return client.http.get(f"{commits}/{sha}")


def _body(properties: Properties, verb: str) -> dict[str, Any]:
    """A commit: GitHub's words for it when the program has none."""
    file = properties["file"]
    message = properties.get("commitMessage") or f"Add {file}"
    body: dict[str, Any] = {
        "message": f"{verb} {file}" if message == f"Add {file}" else message,
        "content": base64.b64encode(properties["content"].encode()).decode(),
    }
    if "branch" in properties:
        body["branch"] = properties["branch"]
    if "commitAuthor" in properties and "commitEmail" in properties:
        author = {"name": properties["commitAuthor"], "email": properties["commitEmail"]}
        body |= {"author": author, "committer": author}
    return body


def _ensure_branch(client: GitHub, inputs: Properties) -> None:
    """GET the branch; make it from another where the program asks for that."""
    repository = client.repository_path(inputs["repository"])
    branch = inputs["branch"]
    try:
        client.http.get(f"{repository}/branches/{quote(branch, safe='')}")
    except CallError as error:
        if error.status != NOT_FOUND:
            raise
        if not inputs.get(_AUTOCREATE):
            raise RefusedError(
                f"Branch {branch} is not in repository {client.owner}/{inputs['repository']}, or the token cannot read "
                f"it. Nothing was changed. Push the branch, then run `pulumi up` again."
            ) from error
        sha = inputs.get("autocreateBranchSourceSha")
        if not sha:
            source = inputs.get("autocreateBranchSourceBranch", "main")
            sha = client.http.get(f"{repository}/git/ref/heads/{quote(source)}")["object"]["sha"]
        client.http.post(f"{repository}/git/refs", {"ref": f"refs/heads/{branch}", "sha": sha})
