"""Markdown in which data is only ever shown: no mention, no link, no tag comes of it."""

import json
import re
from collections.abc import Mapping
from typing import Any

_MARKER = re.compile(r"<!-- deploy (\{[^\n]*\}) -->")


def code(text: str) -> str:
    """Data as inline code, which Markdown shows as it is (https://spec.commonmark.org/0.31.2/#code-spans)."""
    line = " ".join(text.split())
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    padding = " " if longest else ""
    return f"{fence}{padding}{line}{padding}{fence}" if line else ""


def link(text: str, url: str) -> str:
    """A link, where there is an address; the text alone where there is none."""
    return f"[{text}]({url})" if url else text


def marked(text: str, facts: Mapping[str, Any]) -> str:
    """An answer with what this program has to find in it again, unseen by people."""
    # `>` could end the comment early.
    written = json.dumps(facts, sort_keys=True).replace(">", "\\u003e")
    return f"{text}\n\n<!-- deploy {written} -->"


def facts_of(body: str) -> dict[str, Any]:
    """What `marked` wrote, which is the last line; empty where it is not there."""
    found = _MARKER.fullmatch(body.rstrip().rpartition("\n")[2].strip())
    try:
        facts = json.loads(found[1]) if found else {}
    except ValueError:
        return {}
    return facts if isinstance(facts, dict) else {}
