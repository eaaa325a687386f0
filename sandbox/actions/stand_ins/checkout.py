"""Stands in for actions/checkout: https://github.com/actions/checkout."""

import base64
import os
import re
import shutil
import subprocess
from pathlib import Path

from sandbox.actions.stand_ins.protocol import (
    JobSettings,
    StandInError,
    flag_input,
    list_input,
    run_stand_in,
    set_output,
    text_input,
    workspace,
)

SHA = re.compile(r"[0-9a-f]{40}")


def main(settings: JobSettings) -> None:
    """Check the asked commit out into the workspace, or a folder below it."""
    _refuse_unknown(settings)
    root = workspace()
    folder = (root / text_input("path")).resolve()
    if not folder.is_relative_to(root.resolve()):
        raise StandInError(f"Repository path '{folder}' is not under '{root}'")
    ref, sha = _resolve(settings)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / ".git").exists():
        # As the real one does, whatever stands in the way of a new clone is removed.
        for entry in folder.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        _git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / ".git/objects/info").mkdir(parents=True, exist_ok=True)
    (folder / ".git/objects/info/alternates").write_text(f"{settings.bare / 'objects'}\n")
    _set_history(settings, folder, ref, sha)
    _configure(settings, folder)
    patterns = list_input("sparse-checkout")
    if patterns:
        cone = "--cone" if flag_input("sparse-checkout-cone-mode") else "--no-cone"
        _git(folder, "sparse-checkout", "set", cone, *patterns)
    if ref.startswith("refs/heads/"):
        branch = ref.removeprefix("refs/heads/")
        _git(folder, "checkout", "--quiet", "--force", "-B", branch, f"refs/remotes/origin/{branch}")
    else:
        _git(folder, "checkout", "--quiet", "--force", "--detach", sha)
    if flag_input("clean"):
        _git(folder, "clean", "-ffdxq")
    set_output("ref", ref if not SHA.fullmatch(ref) else "")
    set_output("commit", sha)
    print(f"{settings.repository} is at {sha} in {folder}")  # noqa: T201  # a step's output


def _refuse_unknown(settings: JobSettings) -> None:
    if text_input("repository").lower() != settings.repository.lower():
        raise StandInError(f"The sandbox has no repository {text_input('repository')} to check out")
    for name, harmless in (("ssh-key", ""), ("lfs", "false"), ("submodules", "false"), ("filter", "")):
        if text_input(name) != harmless:
            raise StandInError(f"The sandbox's checkout does not know `{name}: {text_input(name)}`")


def _resolve(settings: JobSettings) -> tuple[str, str]:
    """The full ref (or the ID itself) and the commit that the step asks for."""
    asked = text_input("ref")
    if not asked:
        return settings.ref, settings.sha
    if SHA.fullmatch(asked):
        return asked, asked
    refs = _refs(settings.bare)
    for ref in (asked, f"refs/heads/{asked}", f"refs/tags/{asked}"):
        if ref in refs:
            return ref, refs[ref]
    raise StandInError(f"A branch or tag with the name '{asked}' could not be found")


def _refs(bare: Path) -> dict[str, str]:
    lines = (bare / "packed-refs").read_text().splitlines()
    return {name: sha for sha, _, name in (line.partition(" ") for line in lines if not line.startswith("#"))}


def _set_history(settings: JobSettings, folder: Path, ref: str, sha: str) -> None:
    depth = text_input("fetch-depth")
    refs = {ref: sha}
    if depth == "0":
        refs = {**_refs(settings.bare), **({} if SHA.fullmatch(ref) else refs)}
    elif depth.isdecimal():
        last = _ancestors(settings.bare, sha, int(depth) - 1)
        if last:
            (folder / ".git/shallow").write_text("".join(f"{commit}\n" for commit in last))
    else:
        raise StandInError(f"`fetch-depth: {depth}` is no number of commits")
    for name, commit in refs.items():
        if not SHA.fullmatch(name):
            local = name.replace("refs/heads/", "refs/remotes/origin/", 1)
            path = folder / ".git" / local.replace("refs/pull/", "refs/remotes/pull/", 1)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{commit}\n")


def _ancestors(bare: Path, sha: str, generations: int) -> list[str]:
    """The commits at which a history is cut off after so many generations; none where it ends before."""
    last = [sha]
    for _ in range(generations):
        parents = [_git(bare, "rev-parse", f"{commit}^@").split() for commit in last]
        last = sorted({parent for known in parents for parent in known})
    return last


def _configure(settings: JobSettings, folder: Path) -> None:
    server = os.environ["GITHUB_SERVER_URL"]
    config = (
        f'[remote "origin"]\n\turl = {server}/{settings.repository}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
        "[gc]\n\tauto = 0\n"
    )
    if flag_input("persist-credentials"):
        credential = base64.b64encode(f"x-access-token:{text_input('token')}".encode()).decode()
        config += f'[http "{server}/"]\n\textraheader = AUTHORIZATION: basic {credential}\n'
    with (folder / ".git/config").open("a") as file:
        file.write(config)


def _git(folder: Path, *arguments: str) -> str:
    result = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if result.returncode:
        raise StandInError(f"git {arguments[0]} failed: {result.stderr.strip()}")
    return result.stdout


if __name__ == "__main__":
    run_stand_in(main)
