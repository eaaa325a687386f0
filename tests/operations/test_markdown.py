"""What a reviewer reads."""

import re

import pytest
from markdown_it import MarkdownIt

from operations.markdown import fenced, show_previews
from operations.preview import Delivery
from tests.operations.previews import change, delivered, preview


def test_what_is_replaced_or_deleted_is_loud_and_stands_first() -> None:
    made = preview(change("create", "new"), change(), change("delete", "old"), change("replace", "app-project"))
    text = show_previews([made])
    assert text.startswith("### staging: 1 to be replaced, 1 to be deleted, 1 to be changed, 1 to be created, 60 unch")
    replaced = text.index("> [!CAUTION]\n> **REPLACED: deleted and made anew.** What only the old one holds is lost.\n")
    assert replaced < text.index("> - `ProjectDomain` `app-project` (`domain`)") < text.index("> **DELETED.**")
    assert text.index("> - `ProjectDomain` `old`") < text.index("To be changed: 1") < text.index("To be created: 1")
    assert "> - `ProjectDomain` `new`" not in text
    assert made.digest in text


def test_a_stack_that_stays_as_it_is_takes_one_line() -> None:
    assert show_previews([preview()]) == "### staging: 60 unchanged"


def test_a_preview_that_failed_says_why() -> None:
    text = show_previews([preview(change(), succeeded=False, diagnostics=["error: no token"])])
    assert text.startswith("### staging: the preview failed")
    assert "```text\nerror: no token\n```" in text
    assert "Digest" not in text


def test_a_delivered_file_is_shown_as_a_diff() -> None:
    text = show_previews([preview(delivered("a\nb\n", "a\nc\n"))])
    assert "Delivered file <code>.github/workflows/staging.yml</code>: +1 -1" in text
    assert "```diff\n--- a/.github/workflows/staging.yml\n+++ b/.github/workflows/staging.yml\n" in text
    assert "\n-b\n+c\n" in text


@pytest.mark.parametrize("inside", ["```", "`````"])
def test_a_file_cannot_end_the_block_that_shows_it(inside: str) -> None:
    first, *_, last = fenced(f"{inside}\n@everyone").splitlines()
    assert last == "`" * (len(inside) + 1)
    assert first == f"{last}text"


def test_a_name_cannot_break_out_of_its_code() -> None:
    assert "`@team a b`" in show_previews([preview(change("delete", "`@team` a\nb"))])


HOSTILE = [
    "@acme/everyone",
    "\n\n# Approved\n\n@acme/everyone",
    "\r\r## Approved\r\r",
    "` [merge](https://evil.example.com) `",
    "www.evil.example.com",
    "![seen](https://evil.example.com/pixel.png)",
    '</summary></details>\n\n<img src="https://evil.example.com/pixel.png"><!--',
    "</code>@acme/everyone<code>",
    "a\n\n> [!NOTE]\n> approved\n\n```",
    "",
]
"""What somebody could write where a preview has a name."""


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_preview_tells_becomes_markup_or_calls_somebody(text: str) -> None:
    file = Delivery(path=text, before=text, after=f"{text}\n{text}")
    hostile = [
        change(operation, name=text, type=f"a:b:{text}", changed=[text], delivery=file)
        for operation in ("replace", "delete", "update", "create")
    ]
    shown = show_previews([preview(*hostile, succeeded=False, diagnostics=[text])])
    written = MarkdownIt("commonmark").parse(shown)
    tokens = [inner for token in written for inner in (token, *(token.children or []))]
    assert [token.type for token in tokens].count("heading_open") == 1
    assert not {"link_open", "image", "html_inline"} & {token.type for token in tokens}
    for token in tokens:
        if token.type == "html_block":
            line = re.sub(r"<code>[^<>]*</code>", "", token.content)
            assert re.fullmatch(r"<details><summary>[\w :+-]*</summary>\n|</details>\n?", line), line
        elif token.type == "text":
            assert not re.search(r"@|evil|Approved|NOTE|everyone", token.content), token.content


def test_what_is_too_long_loses_its_diffs_and_then_its_end() -> None:
    long = preview(change("replace"), delivered("", "x\n" * 4000))
    text = show_previews([long], longest=2000)
    assert "Delivered file <code>.github/workflows/staging.yml</code>: +4000 -0" in text
    assert "REPLACED" in text
    assert "+x" not in text
    cut = show_previews([preview(*(change("delete", f"n-{number}") for number in range(200)))], longest=2000)
    assert 1500 < len(cut) <= 2000
    assert cut.endswith("the run's artifact `previews` has all of it.")
