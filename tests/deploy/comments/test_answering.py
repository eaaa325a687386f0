import re

import pytest
from hypothesis import given

from deploy.comments.answering import failure, plain, refusal, taken_up
from deploy.comments.catalogue import PREFIX
from deploy.comments.parsing import Command, RefusedError, parse
from deploy.errors import FailedError
from deploy.http_client import Call, CallFailedError
from tests.deploy.comments.hostile import TEXTS, UNSEEN
from tests.deploy.comments.test_markup import TEXT, spans

LIVE = re.compile(r"[@#][\w/]|\bgh-\d|://\w|www\.", re.IGNORECASE)
"""What GitHub makes a mention or a link of, outside code."""


def assert_harmless(markdown: str) -> None:
    shown = spans(f"Before {markdown} after")
    assert {kind for kind, _ in shown} <= {"text", "text_special", "code_inline", "softbreak"}, shown
    live = "".join("`" if kind == "code_inline" else text for kind, text in shown)
    assert LIVE.search(live) is None, live


@given(text=TEXT)
def test_nothing_in_a_sentence_is_alive_outside_code(text: str) -> None:
    assert_harmless(plain(text))


@pytest.mark.parametrize("text", [*TEXTS.values(), *UNSEEN.values()], ids=[*TEXTS, *UNSEEN])
@pytest.mark.parametrize("form", ["{}", "'{}' is `code`.", "`{}", "`{}`", "``{}`", "`a``{}`", "```{}`", "a\n\n{}\n# b"])
def test_a_hostile_text_is_only_shown(form: str, text: str) -> None:
    assert_harmless(plain(form.replace("{}", text)))


def test_a_sentences_own_code_stays_code() -> None:
    assert plain("write `@workflow:lock [environment] reason…`.") == "write `@workflow:lock [environment] reason…`."
    assert spans(plain("1 * 2 < 3 & [x]")) == spans(r"1 \* 2 \< 3 \& \[x\]")


@given(text=TEXT)
def test_a_refusal_says_what_to_write_and_repeats_nothing_alive(text: str) -> None:
    try:
        parse(f"{PREFIX}{text}")
    except RefusedError as error:
        what, following = refusal(error).removeprefix("⛔ Nothing was started. ").split("\n\nNext: ")
        assert_harmless(what)
        assert_harmless(following)


def test_what_is_taken_up_is_shown_as_it_is() -> None:
    shown = taken_up(Command(name="lock", environment="production", reason="<b>@octocat</b> `x`"))
    assert ("code_inline", "@workflow:lock production <b>@octocat</b> `x`") in spans(shown)


@pytest.mark.parametrize(("maybe_done", "said"), [(False, "Nothing was started."), (True, "may have been started")])
def test_a_failure_says_whether_something_may_have_been_started(maybe_done: bool, said: str) -> None:
    call = Call(name="GitHub: start production.yml", url="https://api.github.com")
    text = failure(
        CallFailedError(call, "answered 500 (<b>@all</b>\n\n# x)", maybe_done=maybe_done), "https://x/runs/1"
    )
    assert said in text
    assert "[What happened](https://x/runs/1)" in text
    assert "`@workflow:status`" in text
    assert "<b>" not in text.replace(r"\<", "")
    other = failure(FailedError("It broke.", state="Nothing was changed.", following="try again."), "")
    assert "It broke." in other
    assert "What happened." in other
