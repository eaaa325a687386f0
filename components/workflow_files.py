"""Delivers `app_repository/` to the stack's branch of the app's repository, each file exactly as it stands here."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_github as github

_REFUSED = frozenset("%#?")
_LEFT_BY_TOOLS = frozenset({"__pycache__", "node_modules", ".DS_Store"})
_INSTALLED_BY_HAND = ".github/deploy/packages"
"""Where `deploy migrate` says that pip shall put what it needs (app_repository/.github/deploy)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkflowFilesArgs:
    """What WorkflowFiles are made from."""

    repository: str
    branch: str
    """An existing branch."""
    root: Path
    """The folder whose files are delivered, at the same paths below it."""


class WorkflowFiles(pulumi.ComponentResource):
    """Every file below a folder, committed to one branch.

    GitHub's contents API makes a commit per file (PUT /repos/{owner}/{repo}/contents/{path}); two at once on one branch
    conflict (409), so the files are chained. A push would start the very workflows that are half delivered, so every
    commit says `[skip ci]` (https://docs.github.com/actions/how-tos/manage-workflow-runs/skip-workflow-runs).
    """

    digests: Mapping[str, str]
    """SHA-256 of each delivered file, in hexadecimal, by path."""

    def __init__(self, name: str, args: WorkflowFilesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ai-tools:index:WorkflowFiles", name, None, opts)
        contents = read_files(args.root)
        previous: list[pulumi.Resource] = []
        for path, content in contents.items():
            file = github.RepositoryFile(
                f"{name}-{path}",
                repository=args.repository,
                branch=args.branch,
                file=path,
                content=content,
                commit_message=f"Deliver {path} [skip ci]",
                overwrite_on_create=True,
                opts=pulumi.ResourceOptions(parent=self, depends_on=previous),
            )
            previous = [file]
        self.digests = {path: hashlib.sha256(content.encode()).hexdigest() for path, content in contents.items()}
        self.register_outputs({"digests": self.digests})


def read_files(root: Path) -> dict[str, str]:
    """Every file below a folder, in order, by POSIX path relative to it, without what Python, pip and npm leave behind.

    Raises:
        pulumi.RunError: if the folder holds no file, or one that is not UTF-8 text or cannot be named in a URL.
    """
    contents: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        if not path.is_file() or _LEFT_BY_TOOLS.intersection(path.parts):
            continue
        if path.is_relative_to(root / _INSTALLED_BY_HAND):
            continue
        if _REFUSED.intersection(str(path.relative_to(root))):
            raise pulumi.RunError(
                f"{path}: GitHub's provider cannot deliver a name that holds one of {' '.join(sorted(_REFUSED))}. "
                "Nothing was delivered. Rename it, then run `pulumi up` again."
            )
        try:
            contents[path.relative_to(root).as_posix()] = path.read_bytes().decode()
        except UnicodeDecodeError as error:
            raise pulumi.RunError(
                f"{path} is not UTF-8 text, so GitHub's contents API would change it. Nothing was delivered. "
                "Remove the file, then run `pulumi up` again."
            ) from error
    if not contents:
        raise pulumi.RunError(
            f"{root} holds no file to deliver. Run `git status`: the folder belongs to this repository."
        )
    return contents
