"""Previews as GitHub shows them: in a pull request's comment, a run's summary, an issue."""

import difflib
import html
import re
from collections.abc import Sequence

from operations.preview import Change, Delivery, Preview

LONGEST_COMMENT = 65_000
"""Characters; GitHub takes 65,536 (https://docs.github.com/rest/issues/comments answers 422 beyond)."""

PAST = {"replace": "replaced", "delete": "deleted", "update": "changed", "create": "created"}
LOUD = {
    "replace": "**REPLACED: deleted and made anew.** What only the old one holds is lost.",
    "delete": "**DELETED.**",
}


def show_previews(previews: Sequence[Preview], *, longest: int = LONGEST_COMMENT) -> str:
    """Every preview, each under its stack's name. Where it is too long, diffs are left out, then its end.

    Args:
        previews: in the order in which they are to be read.
        longest: characters.
    """
    for with_diffs in (True, False):
        text = "\n\n".join(_preview(preview, with_diffs=with_diffs) for preview in previews)
        if len(text) <= longest:
            return text
    end = "\n\n… and more than a comment holds: the run's artifact `previews` has all of it."
    return text[: longest - len(end)].rpartition("\n")[0] + end


def headline(preview: Preview) -> str:
    """The stack and what would happen, in a line: `staging: 1 to be replaced, 2 to be changed, 60 unchanged`."""
    counted = [f"{number} to be {PAST[name]}" for name, number in preview.counts().items()]
    if not preview.succeeded:
        return f"{preview.stack}: the preview failed"
    return f"{preview.stack}: {', '.join([*counted, f'{preview.unchanged} unchanged'])}"


def _preview(preview: Preview, *, with_diffs: bool) -> str:
    parts = [f"### {headline(preview)}"]
    for operation, sentence in LOUD.items():
        if changes := [change for change in preview.changes if change.operation == operation]:
            listed = "\n".join(f"> - {_line(change)}" for change in changes)
            parts.append(f"> [!CAUTION]\n> {sentence}\n{listed}")
    for operation in ("update", "create"):
        if changes := [change for change in preview.changes if change.operation == operation]:
            listed = "\n".join(f"- {_line(change)}" for change in changes)
            parts.append(_folded(f"To be {PAST[operation]}: {len(changes)}", listed))
    parts.extend(_file(change.delivery, with_diff=with_diffs) for change in preview.changes if change.delivery)
    if preview.diagnostics:
        parts.append(fenced("\n".join(preview.diagnostics)))
    if preview.succeeded and preview.changes:
        parts.append(f"Digest of this plan: `{preview.digest}`")
    return "\n\n".join(parts)


def _line(change: Change) -> str:
    kind = code(change.type.rsplit(":", 1)[-1])
    changed = f" ({', '.join(code(name) for name in change.changed)})" if change.changed else ""
    return f"{kind} {code(change.name)}{changed}"


def _file(delivery: Delivery, *, with_diff: bool) -> str:
    lines = list(
        difflib.unified_diff(
            delivery.before.splitlines(),
            delivery.after.splitlines(),
            f"a/{delivery.path}" if delivery.before else "/dev/null",
            f"b/{delivery.path}" if delivery.after else "/dev/null",
            lineterm="",
        )
    )
    added = sum(line.startswith("+") for line in lines[2:])
    removed = sum(line.startswith("-") for line in lines[2:])
    path = html.escape(" ".join(delivery.path.split()))
    title = f"Delivered file <code>{path}</code>: +{added} -{removed}"
    return _folded(title, fenced("\n".join(lines), "diff") if with_diff else "Too long to be shown here.")


def _folded(title: str, content: str) -> str:
    """Content below a title of HTML. The title is a line: an empty one within it would let Markdown begin again."""
    return f"<details><summary>{' '.join(title.split())}</summary>\n\n{content}\n\n</details>"


def code(text: str) -> str:
    """Text as code in one line, which holds no markup and calls nobody by name."""
    return f"`{' '.join(text.replace('`', '').split()) or ' '}`"


def fenced(text: str, language: str = "text") -> str:
    """A block of code whose fence the text cannot close."""
    longest = max((len(run) for run in re.findall(r"`{3,}", text)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"
