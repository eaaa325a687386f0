"""Whatever the release can say is in the runbook, to be found by its words."""

import ast
import re

import pytest

from sandbox.paths import PROJECT

PACKAGE = PROJECT / "app_repository/.github/deploy/deploy"
DOCUMENTS = ("runbook.md", "migrations.md")
RUNBOOK = re.sub(r"[`\s]+", " ", "".join((PROJECT / "docs" / name).read_text() for name in DOCUMENTS))
ENDS = {"FailedError", "NeedsPersonError", "WrongUsageError", "CommandLineError", "_failed", "warn"}


def _constant(message: ast.expr) -> str:
    """The longest part of a message that is always the same; empty where all of it comes from elsewhere."""
    parts = [node.value for node in ast.walk(message) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return max((re.sub(r"[`\s]+", " ", part).strip(" .:") for part in parts), key=len, default="")


def _messages() -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            words = _constant(node.args[0]) if name in ENDS else ""
            if " " in words:
                found.append((f"{path.relative_to(PACKAGE)}:{node.lineno}", words))
    return found


MESSAGES = _messages()


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 50


@pytest.mark.parametrize(("place", "words"), MESSAGES, ids=[place for place, _ in MESSAGES])
def test_a_message_is_in_the_runbook(place: str, words: str) -> None:
    assert words in RUNBOOK, f"no document says what to do when {place} says {words!r}"
