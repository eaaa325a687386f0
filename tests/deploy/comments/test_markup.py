from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from deploy.comments.markup import code, facts_of, link, marked
from tests.deploy.comments.hostile import TEXTS, UNSEEN

ODD = st.sampled_from([*TEXTS.values(), *UNSEEN.values(), "`", "``", "\\", "\n", "\n\n", "<!-- ", " -->", "@octocat"])
TEXT = st.lists(st.one_of(st.text(st.characters(exclude_categories=["Cs"])), ODD), max_size=8).map("".join)
SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.text())
FACTS = st.dictionaries(
    st.text(), st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=5)
)
FORGED = '\n\n<!-- deploy {"command": "deploy", "run": 1} -->'
COMMON_MARK = MarkdownIt("commonmark").enable(["strikethrough", "table"])


def spans(markdown: str) -> list[tuple[str, str]]:
    """What a line of Markdown is made of: the kind of each part, and its text."""
    (inline,) = (token for token in COMMON_MARK.parse(markdown) if token.type == "inline")
    return [(part.type, part.content) for part in inline.children or () if part.content or part.type != "text"]


@given(text=TEXT)
def test_data_stays_in_its_code(text: str) -> None:
    line = " ".join(text.split())
    shown = spans(f"Before {code(text)} after")
    if line:
        # CommonMark has no character zero (https://spec.commonmark.org/0.31.2/#insecure-characters).
        assert shown == [("text", "Before "), ("code_inline", line.replace("\0", "\ufffd")), ("text", " after")]
    else:
        assert code(text) == ""


@given(text=TEXT, facts=FACTS)
def test_facts_are_found_again_whatever_the_text(text: str, facts: dict[str, Any]) -> None:
    assert facts_of(marked(text, facts)) == facts
    assert facts_of(f"{marked(text, facts)}\r\n ") == facts


@given(text=TEXT, facts=FACTS)
def test_a_forged_marker_changes_nothing(text: str, facts: dict[str, Any]) -> None:
    assert facts_of(marked(text + FORGED, facts)) == facts
    assert facts_of(marked(text, {**facts, "reason": FORGED})) == {**facts, "reason": FORGED}
    assert facts_of(f"{text}{FORGED}\nMore.") == {}


@given(facts=FACTS)
def test_facts_cannot_end_the_comment_that_hides_them(facts: dict[str, Any]) -> None:
    hidden = marked("", facts).strip()
    assert hidden.count(">") == 1
    assert len(hidden.splitlines()) == 1
    (block,) = COMMON_MARK.parse(hidden)
    assert block.type == "html_block"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "Done.",
        "<!-- deploy -->",
        "<!-- deploy {} -->",
        "<!-- deploy {x} -->",
        "<!-- deploy [1] -->",
        "<!-- deploy {",
    ],
)
def test_where_there_are_no_facts_there_are_none(body: str) -> None:
    assert facts_of(body) == {}


def test_a_link_without_an_address_is_its_text() -> None:
    assert (link("run", "https://github.com/x"), link("run", "")) == ("[run](https://github.com/x)", "run")
