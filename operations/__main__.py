"""`python -m operations`: what this repository's workflows run, and what a person runs by hand."""

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from operations.accounts import real_stack
from operations.apply import REFRESH, ApplyError, Surroundings, is_healthy, refuse_superseded
from operations.apply import apply as apply_stack
from operations.github import GitHub, GitHubError, Written
from operations.markdown import LONGEST_COMMENT, code, headline, show_previews
from operations.operation import Resource
from operations.preview import Preview, PreviewError, preview_of
from operations.rehearsal import rehearse
from policies.rules import RULES
from sandbox.daemon import SandboxError
from sandbox.engine import engine_version, pinned_engine
from sandbox.go_tools import PULUMI, ToolError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

LONGEST_SUMMARY = 900_000
"""Characters; GitHub takes 1 MiB a step
(https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits)."""
COMMENT = "preview"
"""The mark of the comment."""

Stacks = Annotated[list[str], typer.Argument(help="`staging`, `production`, or both.")]
Files = Annotated[list[Path], typer.Argument(help="What `preview` wrote.")]


@app.command()
def engine() -> None:
    """Print the folder of the `pulumi` that the SDK belongs to, built from tools/go.mod where it is not installed."""
    installed = shutil.which("pulumi")
    fits = installed is not None and engine_version(Path(installed)) == PULUMI.version
    print(Path(installed).parent if installed and fits else pinned_engine().parent)  # noqa: T201  # for a step's PATH


@app.command()
def preview(
    stacks: Stacks,
    into: Annotated[Path, typer.Option(help="The folder for STACK.json, one each.")] = Path("previews"),
    sandbox: Annotated[
        Path | None, typer.Option(help="A sandbox's home: preview against it, not the accounts.")
    ] = None,
    refresh: Annotated[bool, typer.Option("--refresh", help="Read the accounts first, to find drift.")] = False,
) -> None:
    """Show what `up` would do; exit code 1 where a preview fails."""
    previews: list[Preview] = []
    for name in stacks:
        options: Mapping[str, Any] = REFRESH if refresh else {}
        operation = rehearse(sandbox, name) if sandbox else real_stack(name).run("preview", **options)
        made = preview_of(operation)
        made.write(into / f"{name}.json")
        previews.append(made)
        _tell(headline(made))
        for diagnostic in made.diagnostics:
            _tell(f"  {diagnostic}")
    _summarize(show_previews(previews, longest=LONGEST_SUMMARY))
    if len(previews) == 1:
        _output("digest", previews[0].digest)
        _output("changes", str(len(previews[0].changes)))
    if not all(made.succeeded for made in previews):
        raise typer.Exit(1)


@app.command()
def comment(files: Files) -> None:
    """Write previews into the one comment of the pull request whose event this is."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text())
    title = f"## What merging {code(event['pull_request']['head']['sha'][:7])} would do"
    known = {file: _read(file) for file in files}
    missing = [f"### {file.stem}: there is no preview, the run says why" for file in files if not known[file]]
    previews = [made for made in known.values() if made]
    room = LONGEST_COMMENT - len(title) - sum(map(len, missing)) - len(_run_link()) - 200
    shown = [show_previews(previews, longest=room)] if previews else []
    text = "\n\n".join([title, *shown, *missing, _run_link()])
    _tell_written(GitHub.from_environment(os.environ).comment(event["number"], COMMENT, text))


@app.command()
def apply(
    stack: Annotated[str, typer.Argument(help="Which.")],
    reviewed: Annotated[
        str | None, typer.Option(help="The digest of the plan that was reviewed; left out: none had to be.")
    ] = None,
) -> None:
    """`up`, from a preview that must be the reviewed one, and a second preview that must be empty.

    A workflow's job must be at main's newest commit; it asks with RUN_TOKEN, its own token.
    """
    refuse_superseded(os.environ)
    apply_stack(real_stack(stack), reviewed, Surroundings(tell=_tell, is_healthy=is_healthy), _tell_resource, RULES)


@app.command()
def drift(files: Files) -> None:
    """Open, update or close the issue about drift, from previews with --refresh.

    A stack whose preview failed or is not there is unknown: while there is one, no issue is closed, and the exit code
    is 1.
    """
    previews, unknown = _read_known(files)
    github = GitHub.from_environment(os.environ)
    if drifted := [made.stack for made in previews if made.changes]:
        shown = show_previews(previews, longest=LONGEST_COMMENT - 4000)
        text = "\n\n".join([_explanation(previews, unknown), shown, _run_link()])
        _tell_written(github.report_drift(f"Drift in {', '.join(drifted)}", text))
    elif not unknown:
        ended = github.end_drift(f"Gone: a refresh and a preview of every stack change nothing. {_run_link()}")
        _tell("No drift.") if ended is None else _tell_written(ended)
    if unknown:
        raise GitHubError(
            f"Whether {', '.join(unknown)} has drifted is not known: the preview failed, as its job says. The issue "
            "was not closed."
        )


def _read_known(files: Sequence[Path]) -> tuple[list[Preview], list[str]]:
    """The previews that succeeded, and the names of the stacks without one."""
    known = {file: _read(file) for file in files}
    previews = [made for made in known.values() if made and made.succeeded]
    return previews, [file.stem for file, made in known.items() if not made or not made.succeeded]


def _read(file: Path) -> Preview | None:
    """A preview; None where there is none, or something else in its place."""
    try:
        return Preview.read(file) if file.exists() else None
    except PreviewError as error:
        _tell(str(error))
        return None


def _explanation(previews: Sequence[Preview], unknown: Sequence[str]) -> str:
    """What differs by whose doing, and what to type either way."""
    lines = ["The accounts are not what `main` says. Nothing was changed; an `up` would do what is listed below."]
    for made in previews:
        names = [code(change.name) for change in made.changes if change.outside]
        if names:
            lines.append(f"- **{made.stack}: changed by hand** or by another program: {', '.join(names)}")
        if waiting := len(made.changes) - len(names):
            lines.append(f"- **{made.stack}: not applied yet**, or lost: {waiting}")
    lines += [f"- **{stack}: not known**: its preview failed, the run says why" for stack in unknown]
    lines.append(
        "To undo it: `gh workflow run apply.yml`. To keep it: change the program or the stack's configuration to match "
        "it, in a pull request. This issue is closed by the first night without drift."
    )
    return "\n".join(lines)


def _run_link() -> str:
    known = [os.environ.get(name, "") for name in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")]
    return f"[The run]({known[0]}/{known[1]}/actions/runs/{known[2]})" if all(known) else ""


def _tell(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a step's log


def _tell_resource(resource: Resource) -> None:
    if resource.failed or resource.operation != "same":
        done = "FAILED" if resource.failed else resource.operation
        _tell(f"  {done} {resource.type.rpartition(':')[2]} {resource.name}")


def _tell_written(written: Written) -> None:
    _tell(f"{written.what}: {written.url}")


def _summarize(text: str) -> None:
    _append("GITHUB_STEP_SUMMARY", text)


def _output(name: str, value: str) -> None:
    _append("GITHUB_OUTPUT", f"{name}={value}")


def _append(variable: str, text: str) -> None:
    """Add to a file that a workflow's step has; by hand there is none."""
    if file := os.environ.get(variable):
        with Path(file).open("a") as opened:
            opened.write(f"{text}\n")


def main() -> None:
    """Run a command; what the operator can mend ends it with a sentence instead of a traceback."""
    try:
        app()
    except ApplyError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(error.exit_code)
    except (GitHubError, SandboxError, ToolError) as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(1)


if __name__ == "__main__":
    main()
