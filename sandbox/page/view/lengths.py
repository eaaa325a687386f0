"""How long what people wrote may be on the page: all of it is sent with every view."""

from collections.abc import Callable, Mapping
from typing import Any

LONGEST: Mapping[str, int] = {"title": 200, "message": 200, "about": 200, "reason": 200, "text": 4000}
"""The most characters by the key under which they are in a view."""


def bounded(shown: Any, mask: Callable[[str], str]) -> Any:
    """A view, or a part of one, without what is too long in it. Of an entry's title the whole begins its text.

    Args:
        shown: as JSON.
        mask: replaces secrets. It sees what is too long before that is cut: half a secret is not known for one.
    """
    if isinstance(shown, list):
        return [bounded(part, mask) for part in shown]
    if not isinstance(shown, dict):
        return shown
    parts = dict(shown)
    if "text" in parts and len(parts["title"]) > LONGEST["title"]:
        parts["text"] = f"{parts['title']}\n\n{parts['text']}".strip()
    return {
        name: _cut(part, LONGEST[name], mask) if name in LONGEST and isinstance(part, str) else bounded(part, mask)
        for name, part in parts.items()
    }


def _cut(text: str, most: int, mask: Callable[[str], str]) -> str:
    if len(text) <= most:
        return text
    masked = mask(text)
    return masked if len(masked) <= most else f"{masked[: most - 1].rstrip()}…"
