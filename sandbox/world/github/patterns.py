"""GitHub's two languages of name patterns."""

import re
from collections.abc import Sequence


def matches_ref_pattern(pattern: str, name: str) -> bool:
    """Whether a name matches a pattern of rulesets and deployment branch policies.

    That is Ruby's `File.fnmatch` with `FNM_PATHNAME`: `*` and `?` stop at a slash, `**/` does not.
    Source: https://docs.github.com/repositories/configuring-branches-and-merges-in-your-repository/managing-rulesets.
    """
    expression = ""
    position = 0
    while position < len(pattern):
        if pattern.startswith("**/", position):
            expression += "(?:.*/)?"
            position += 3
            continue
        character = pattern[position]
        end = pattern.find("]", position + 2) if character == "[" else -1
        if end > 0:
            inside = pattern[position + 1 : end]
            expression += f"[{'^' + inside[1:] if inside.startswith('!') else inside}]"
            position = end + 1
            continue
        expression += {"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character))
        position += 1
    return re.fullmatch(expression, name) is not None


def matches_filter(patterns: Sequence[str], name: str) -> bool:
    """Whether a name passes a workflow's filter: the last pattern that matches decides, `!` excludes.

    `*` stops at a slash, `**` does not, `?` and `+` repeat what stands before them.
    Source: https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax#filter-pattern-cheat-sheet.
    """
    passes = False
    for pattern in patterns:
        if re.fullmatch(_filter_expression(pattern.removeprefix("!")), name):
            passes = not pattern.startswith("!")
    return passes


def is_filter(pattern: str) -> bool:
    """Whether `matches_filter` takes a pattern: one may have nothing before a `?`, or a range that ends too early."""
    try:
        re.compile(_filter_expression(pattern.removeprefix("!")))
    except re.error:
        return False
    return True


def _filter_expression(pattern: str) -> str:
    parts = re.findall(r"\*\*/?|\*|\?|\+|\[[^\]]*\]|\\.|.", pattern)
    expression = ""
    for part in parts:
        if part == "**/":
            expression += "(?:.*/)?"
        elif part == "**":
            expression += ".*"
        elif part == "*":
            expression += "[^/]*"
        elif part in ("?", "+") or (part.startswith("[") and len(part) > 1):
            expression += part
        else:
            expression += re.escape(part.removeprefix("\\") or part)
    return expression
